import type { RemoteInfo, Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { Clock } from '../base/clock.ts';
import type { LegId } from '../base/ids.ts';
import { samplesPerFrame, silentFrame, type Frame } from './audio/frame.ts';
import { encodeG711, type G711Law } from './codec/g711.ts';
import { G711Stream } from './codec/g711-stream.ts';
import { DtmfDetector } from './dtmf/detector.ts';
import type { LegCounts, LegMedia, LegSnapshot, MediaAddress } from './leg-state.ts';
import { parseRtp, rtpHeaderLength, writeRtpHeader, type RtpPacket } from './rtp/packet.ts';
import type { RandomInt } from './rtp/port.ts';
import { ReceiveCount } from './rtp/receive-count.ts';
import { RtpSource } from './rtp/source.ts';

/**
 * One phone leg's media: a bound UDP socket, and PCM on this side of it.
 *
 *   socket -> parse -> source check -> digits | jitter buffer -> decode, conceal -> pullFromCaller
 *   sendToCaller -> encode -> socket
 *
 * It decides nothing: what goes to the caller and where the caller's voice goes is its owner's affair, and where the
 * owner says nothing, that is silence.
 */
export interface MediaLegOptions {
  readonly legId: LegId;
  readonly media: LegMedia;
  /** Bound; owned by the leg from here until `release` or `close`. */
  readonly socket: Socket;
  readonly clock: Clock;
  readonly randomInt: RandomInt;
  /** Of the leg in the process that it comes from. */
  readonly snapshot?: LegSnapshot;
  /** Each key press once. */
  readonly onDigit: (digit: string) => void;
}

/** The largest datagram looked at: a longer one is no telephone's. */
const longestDatagram = 2_048;
/** Comfort noise (RFC 3389): it says that there is nothing to hear. */
const comfortNoiseType = 13;
/** Frames that the owner may hand in before the system has sent the first of them. */
const sendBuffers = 8;
/** No event packet for so long: the key's end packets were lost. A sender repeats an event at least every 50 ms. */
const keyLostMs = 150;
/** A key's tone stays out of the audio until what was buffered with it has been played. */
const keyTailMs = 120;

const lawOfType: Readonly<Record<number, G711Law>> = { 0: 'PCMU', 8: 'PCMA' };

export class MediaLeg {
  readonly legId: LegId;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #onDigit: (digit: string) => void;
  readonly #source: RtpSource;
  readonly #detector: DtmfDetector;
  readonly #stream = new G711Stream();
  readonly #received = new ReceiveCount();
  readonly #base: LegCounts;
  readonly #out = Array.from({ length: sendBuffers }, () => Buffer.alloc(rtpHeaderLength + samplesPerFrame));
  readonly #ssrc: number;
  #media: LegMedia;
  #open = true;
  #sequence: number;
  #timestamp: number;
  /** RFC 3551 §4.1: the first packet after a silence. */
  #marker: boolean;
  #nextBuffer = 0;
  #sent = 0;
  #invalid = 0;
  #lastHeardMs: number;
  #lastEventMs = -Infinity;

  readonly #listener = (datagram: Buffer, from: RemoteInfo): void => this.#receive(datagram, from);

  constructor(options: MediaLegOptions) {
    const { snapshot, randomInt } = options;
    this.legId = options.legId;
    this.#media = options.media;
    this.#socket = options.socket;
    this.#clock = options.clock;
    this.#onDigit = options.onDigit;
    this.#lastHeardMs = options.clock.monoMs();
    this.#source = new RtpSource(options.media.remote, snapshot?.pinned ?? null, this.#lastHeardMs);
    this.#detector = new DtmfDetector(snapshot?.lastDtmfTimestamp ?? null);
    this.#base = snapshot?.counts ?? noCounts;
    // RFC 3550 §5.1: all three start at random values.
    this.#ssrc = snapshot?.ssrc ?? randomInt(2 ** 32);
    this.#sequence = snapshot?.sequence ?? randomInt(2 ** 16);
    this.#timestamp = snapshot?.timestamp ?? randomInt(2 ** 32);
    this.#marker = snapshot === undefined;
  }

  get media(): LegMedia {
    return this.#media;
  }

  get local(): MediaAddress {
    const { address, port } = this.#socket.address();
    return { address, port };
  }

  /** How long nothing has come from the caller although it should send. */
  get silentForMs(): number {
    return this.#media.receive ? this.#clock.monoMs() - this.#lastHeardMs : 0;
  }

  get counts(): LegCounts {
    const base = this.#base;
    return {
      packetsReceived: base.packetsReceived + this.#received.received,
      packetsSent: base.packetsSent + this.#sent,
      packetsLost: base.packetsLost + this.#received.lost,
      concealedFrames: base.concealedFrames + this.#stream.counts.concealedFrames,
      invalidPackets: base.invalidPackets + this.#invalid,
    };
  }

  /** Starts to listen. */
  start(): void {
    this.#socket.on('message', this.#listener);
    // Without a listener an error of the network would end the process; sends count their own.
    this.#socket.on('error', this.#failed);
  }

  /** Signalling agreed on something else. */
  update(media: LegMedia): void {
    const before = this.#media;
    this.#media = media;
    this.#source.resignal(media.remote);
    if (!before.receive && media.receive) this.#lastHeardMs = this.#clock.monoMs();
    if (!media.receive) this.#stream.reset();
    if (!before.send && media.send) this.#marker = true;
  }

  /** The caller's next 20 ms, or null where there is nothing to hear. Valid until the next call. */
  pullFromCaller(): Frame | null {
    const frame = this.#stream.pull();
    if (frame === null || !this.#media.receive) return null;
    // RFC 4733 §2.1: the tone may come as audio as well. Whoever hears it has the digit.
    return this.#keyDown() ? null : frame;
  }

  /** Sends 20 ms to the caller; null is silence, so that the stream never pauses. */
  sendToCaller(pcm: Frame | null): void {
    const timestamp = this.#timestamp;
    this.#timestamp = (timestamp + samplesPerFrame) >>> 0;
    const to = this.#source.destination;
    if (!this.#open || !this.#media.send || to.port === 0 || isIP(to.address) === 0) {
      this.#marker = true;
      return;
    }
    const packet = this.#out[this.#nextBuffer] ?? Buffer.alloc(rtpHeaderLength + samplesPerFrame);
    this.#nextBuffer = (this.#nextBuffer + 1) % sendBuffers;
    writeRtpHeader(packet, {
      payloadType: this.#media.codec.payloadType,
      marker: this.#marker,
      sequence: this.#sequence,
      timestamp,
      ssrc: this.#ssrc,
    });
    encodeG711(this.#media.codec.name, pcm ?? silentFrame, packet, rtpHeaderLength);
    this.#marker = false;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#sent += 1;
    this.#socket.send(packet, 0, packet.length, to.port, to.address, this.#failed);
  }

  /** Ticks that never happened: time went on for the caller all the same. */
  skip(ticks: number): void {
    this.#timestamp = (this.#timestamp + ticks * samplesPerFrame) >>> 0;
  }

  /**
   * Stops, and hands out the socket with all that another process needs to go on (docs/media.md, hand-over). The caller
   * of this closes the socket once it has left the process.
   */
  release(): { readonly snapshot: LegSnapshot; readonly socket: Socket } {
    const snapshot: LegSnapshot = {
      legId: this.legId,
      media: this.#media,
      local: this.local,
      ssrc: this.#ssrc,
      sequence: this.#sequence,
      timestamp: this.#timestamp,
      pinned: this.#source.pinned,
      lastDtmfTimestamp: this.#detector.lastTimestamp,
      counts: this.counts,
    };
    this.#open = false;
    this.#socket.off('message', this.#listener);
    return { snapshot, socket: this.#socket };
  }

  /** Idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#socket.off('message', this.#listener);
    this.#socket.close();
  }

  /** A packet that could not be sent is a lost packet: the far end conceals it, and the next tick tries again. */
  readonly #failed = (): void => undefined;

  #receive(datagram: Buffer, from: RemoteInfo): void {
    const parsed = datagram.length > longestDatagram ? null : parseRtp(datagram);
    if (parsed === null || !parsed.ok) {
      if (parsed?.reason !== 'rtcp') this.#invalid += 1;
      return;
    }
    const packet = parsed.value;
    const nowMs = this.#clock.monoMs();
    const { ssrc, sequence } = packet;
    const verdict = this.#source.check({ from, ssrc, sequence, nowMs });
    if (verdict === 'probation' || verdict === 'foreign') {
      this.#invalid += 1;
      return;
    }
    if (verdict === 'new-stream') this.#startStream();
    this.#received.count(sequence);
    this.#lastHeardMs = nowMs;
    if (packet.payloadType === this.#media.events?.payloadType) this.#event(packet, nowMs);
    else this.#audio(packet);
  }

  #startStream(): void {
    this.#stream.reset();
    this.#detector.reset();
    this.#received.restart();
  }

  #event(packet: RtpPacket, nowMs: number): void {
    const digit = this.#detector.push(packet.timestamp, packet.payload);
    this.#lastEventMs = nowMs;
    if (digit !== null && this.#media.receive) this.#onDigit(digit);
  }

  #audio(packet: RtpPacket): void {
    const law = lawOfType[packet.payloadType];
    if (law === undefined) {
      if (packet.payloadType !== comfortNoiseType) this.#invalid += 1;
      return;
    }
    // An empty packet keeps a NAT open (RFC 6263 §4.1).
    if (!this.#media.receive || packet.payload.length === 0) return;
    const { sequence, timestamp, payload } = packet;
    this.#stream.push({ sequence, timestamp, payload: { law, code: payload } });
  }

  #keyDown(): boolean {
    const sinceMs = this.#clock.monoMs() - this.#lastEventMs;
    if (this.#detector.pressed && sinceMs > keyLostMs) this.#detector.release();
    return this.#detector.pressed || sinceMs < keyTailMs;
  }
}

const noCounts: LegCounts = {
  packetsReceived: 0,
  packetsSent: 0,
  packetsLost: 0,
  concealedFrames: 0,
  invalidPackets: 0,
};
