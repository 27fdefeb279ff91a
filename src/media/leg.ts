import type { Socket } from 'node:dgram';
import type { Clock, Milliseconds } from '../base/clock.ts';
import type { LegId } from '../base/ids.ts';
import type { Frame, PcmRate } from './audio/frame.ts';
import { AudioStream } from './audio-stream.ts';
import { createDecoder, createEncoder } from './codec/leg-codecs.ts';
import type { OpusCodec } from './codec/opus.ts';
import { LegKeys, type KeySource } from './leg-keys.ts';
import { LegRtcp } from './leg-rtcp.ts';
import { LegSender } from './leg-sender.ts';
import type {
  AgreedCodec,
  AgreedSrtp,
  LegCounts,
  LegMedia,
  LegSnapshot,
  MediaAddress,
  NetworkQuality,
  RtpFacts,
} from './leg-state.ts';
import { meanOpinion, transmissionRating } from './quality.ts';
import type { DirectUdp } from './rtp/direct-udp.ts';
import { LegSocket } from './rtp/leg-socket.ts';
import { isRtcp, parseRtp, type RtpPacket } from './rtp/packet.ts';
import type { RandomInt } from './rtp/port.ts';
import { ReceiveCount } from './rtp/receive-count.ts';
import { RtpSource } from './rtp/source.ts';
import { RtpTrace } from './rtp/trace.ts';
import { forgetKeys, SrtpSession } from './srtp/session.ts';

/**
 * One phone leg's media: a bound UDP socket, and PCM on this side of it.
 *
 *   socket -> SRTP -> parse -> source check -> digits | stream: order, decode, conceal -> pullFromCaller
 *   sendToCaller -> encode -> SRTP -> socket
 *
 * It decides nothing: what goes to the caller and where the caller's voice goes is its owner's affair, and where the
 * owner says nothing, that is silence. Where SRTP was agreed on, nothing leaves in clear and nothing else is believed.
 */
export interface MediaLegOptions {
  readonly legId: LegId;
  readonly media: LegMedia;
  /** Bound; owned by the leg from here until `release` or `close`. */
  readonly socket: Socket;
  /** Left out: by dgram. Read by `pullFromCaller`. */
  readonly udp?: DirectUdp | null;
  readonly clock: Clock;
  readonly randomInt: RandomInt;
  /** Asked for where the leg speaks Opus. */
  readonly opus: () => OpusCodec;
  /** Of the leg in the process that it comes from. */
  readonly snapshot?: LegSnapshot;
  /** Whether facts of its RTP are kept for `takeTrace`. */
  readonly traced?: boolean;
  /** Each key press once on each of the two ways that it may come. */
  readonly onDigit: (digit: string, source: KeySource) => void;
}

/** The largest datagram looked at: a longer one is no telephone's. */
const longestDatagram = 2_048;
/** Comfort noise (RFC 3389): it says that there is nothing to hear. */
const comfortNoiseType = 13;
/** Before the network is known: room for 20 ms of jitter, and for the tick that is up to 20 ms away. */
const initialDelayMs = 40;
/** What a frame takes on our side: its packet, the jitter buffer, the tick. */
const ownDelayMs = 60;

export class MediaLeg {
  readonly legId: LegId;
  readonly #socket: Socket;
  readonly #wire: LegSocket;
  readonly #clock: Clock;
  readonly #opus: () => OpusCodec;
  readonly #source: RtpSource;
  readonly #sender: LegSender;
  readonly #rtcp: LegRtcp;
  readonly #received = new ReceiveCount();
  readonly #base: LegCounts;
  readonly #keys: LegKeys;
  readonly #trace: RtpTrace | null;
  #stream: AudioStream;
  #srtp: SrtpSession | null = null;
  #media: LegMedia;
  #open = true;
  #concealedBefore = 0;
  #sent = 0;
  #invalid = 0;
  #lastHeardMs: Milliseconds;
  /** When the caller was heard in this tick: time enough for all that is as coarse as a tick, without asking again. */
  #tickMs: Milliseconds;

  /** @throws Error where the codec has no room for another stream, or SRTP's keys have the wrong length */
  constructor(options: MediaLegOptions) {
    const { media, snapshot, randomInt, opus } = options;
    this.legId = options.legId;
    this.#media = media;
    this.#socket = options.socket;
    this.#wire = new LegSocket({
      ...{ socket: options.socket, udp: options.udp ?? null, clock: options.clock },
      onDatagram: (datagram, from, atMs) => this.#receive(datagram, from, atMs),
    });
    this.#clock = options.clock;
    this.#opus = opus;
    this.#lastHeardMs = options.clock.monoMs();
    this.#tickMs = this.#lastHeardMs;
    this.#source = new RtpSource(media.remote, snapshot?.pinned ?? null, this.#lastHeardMs);
    this.#base = snapshot?.counts ?? noCounts;
    this.#trace = options.traced === true ? new RtpTrace() : null;
    this.#stream = streamOf(media.codec, opus);
    this.#sender = new LegSender({
      encoder: createEncoder(media.codec, opus),
      payloadType: media.codec.payloadType,
      ...{ randomInt, snapshot: snapshot ?? null },
    });
    this.#keys = new LegKeys({
      ...{ events: media.events, rate: this.#stream.rate, onDigit: options.onDigit },
      lastTimestamp: snapshot?.lastDtmfTimestamp ?? null,
    });
    if (media.srtp !== null) this.#srtp = this.#session(media.srtp, snapshot);
    this.#rtcp = new LegRtcp({
      ...{ clock: options.clock, randomInt, socket: options.socket },
      srtp: () => this.#srtp,
      pinned: () => this.#source.pinned,
      ssrc: () => this.#sender.state.ssrc,
    });
  }

  get media(): LegMedia {
    return this.#media;
  }

  get local(): MediaAddress {
    const { address, port } = this.#socket.address();
    return { address, port };
  }

  /** Of the frames in both directions: it changes where signalling agrees on another codec. */
  get rate(): PcmRate {
    return this.#sender.rate;
  }

  /** How long nothing has come from the caller although it should send. */
  get silentForMs(): number {
    return this.#media.receive ? Math.max(0, this.#tickMs - this.#lastHeardMs) : 0;
  }

  /** How long nothing at all has come, not even a report: a muted phone may send no audio, but it reports. */
  get deadForMs(): number {
    const lastMs = Math.max(this.#lastHeardMs, this.#rtcp.lastHeardMs);
    return this.#media.receive ? Math.max(0, this.#tickMs - lastMs) : 0;
  }

  /** How long the caller has reported that nothing of ours arrives, although we send. */
  get unheardForMs(): number {
    return this.#media.send ? (this.#rtcp.farSide?.unheardForMs ?? 0) : 0;
  }

  get quality(): NetworkQuality {
    const { codec } = this.#media;
    const { received, lost, jitter } = this.#received;
    const { late } = this.#stream.counts;
    const lossIn = Math.min(1, (lost + late) / Math.max(1, received + lost));
    const { loss = null, roundTripMs = null } = this.#rtcp.farSide ?? {};
    const delayMs = (roundTripMs ?? 0) / 2 + ownDelayMs;
    return {
      mos: meanOpinion(transmissionRating({ codec: codec.name, loss: lossIn, delayMs })),
      ...{ lossIn, lossOut: loss, roundTripMs, jitterMs: (jitter * 1_000) / codec.clockRate },
    };
  }

  get counts(): LegCounts {
    const base = this.#base;
    return {
      packetsReceived: base.packetsReceived + this.#received.received,
      packetsSent: base.packetsSent + this.#sent,
      packetsLost: base.packetsLost + this.#received.lost,
      concealedFrames: base.concealedFrames + this.#concealedBefore + this.#stream.counts.concealedFrames,
      invalidPackets: base.invalidPackets + this.#invalid,
    };
  }

  /** What came since the call before; null where nothing is kept. */
  takeTrace(): RtpFacts | null {
    const { late } = this.#stream.counts;
    return this.#trace?.take({ lost: this.#received.lost, late, jitterMs: this.quality.jitterMs }) ?? null;
  }

  /** Starts to listen. */
  start(): void {
    this.#wire.start();
    this.#rtcp.agree(this.#media.rtcp);
  }

  /** Signalling agreed on something else. @throws Error as the constructor; the leg then goes on as before */
  update(media: LegMedia): void {
    const before = this.#media;
    if (!sameCodec(before.codec, media.codec)) this.#retune(media.codec);
    this.#media = media;
    this.#source.resignal(media.remote);
    this.#reprotect(media.srtp);
    this.#rtcp.agree(media.rtcp);
    if (!before.send && media.send) this.#rtcp.restart();
    this.#keys.retune(media.events, this.#stream.rate);
    if (!before.receive && media.receive) this.#lastHeardMs = this.#clock.monoMs();
    if (!media.receive) this.#stream.reset();
    if (before.srtp !== null && before.srtp !== media.srtp) forgetKeys(before.srtp);
  }

  /** The caller's next 20 ms, or null where there is nothing to hear. Valid until the next call. */
  pullFromCaller(): Frame | null {
    const nowMs = this.#clock.monoMs();
    this.#tickMs = nowMs;
    this.#wire.read(nowMs);
    const frame = this.#stream.pull(nowMs);
    if (frame === null || !this.#media.receive) return null;
    return this.#keys.withoutTones(frame, nowMs);
  }

  /** Sends 20 ms at the leg's rate to the caller; null is silence, so that the stream never pauses. */
  sendToCaller(pcm: Frame | null): void {
    this.#report();
    const to = this.#source.destination;
    if (!this.#open || !this.#media.send || !this.#wire.reaches(to)) {
      this.#sender.pass();
      return;
    }
    const packet = this.#sender.packet(pcm, this.#srtp);
    if (packet === null) return;
    this.#sent += 1;
    if (!this.#wire.send(packet, to)) this.#sender.turn();
  }

  #report(): void {
    if (!this.#open || !this.#rtcp.isDueAt(this.#tickMs)) return;
    const { ssrc, timestamp, sent } = this.#sender.state;
    const peer = this.#source.pinned;
    const received = peer === null ? null : { ssrc: peer.ssrc, count: this.#received };
    this.#rtcp.tick(this.#media.rtcp, { ssrc, timestamp, ...sent, received });
  }

  /** Ticks that never happened: time went on for the caller all the same. */
  skip(ticks: number): void {
    this.#sender.skip(ticks);
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
      ...this.#sender.state,
      ...(this.#srtp === null ? {} : { srtp: this.#srtp.state }),
      pinned: this.#source.pinned,
      lastDtmfTimestamp: this.#keys.lastTimestamp,
      counts: this.counts,
    };
    this.#open = false;
    this.#rtcp.close();
    this.#wire.stop();
    return { snapshot, socket: this.#socket };
  }

  /** After `release`, when the snapshot has left the process. */
  forget(): void {
    this.#end();
  }

  /** Idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#wire.stop();
    this.#socket.close();
    this.#rtcp.close();
    this.#end();
  }

  #end(): void {
    this.#stream.close();
    this.#sender.close();
    this.#srtp?.close();
    this.#srtp = null;
    if (this.#media.srtp !== null) forgetKeys(this.#media.srtp);
  }

  #session(agreed: AgreedSrtp, snapshot?: LegSnapshot): SrtpSession {
    const state = snapshot?.srtp;
    return new SrtpSession(agreed, state?.sender ?? this.#sender.srtpStart(), state?.receiver ?? null);
  }

  #reprotect(agreed: AgreedSrtp | null): void {
    if (agreed === null) {
      this.#srtp?.close();
      this.#srtp = null;
    } else if (this.#srtp === null) this.#srtp = this.#session(agreed);
    else this.#sender.rekey(this.#srtp, agreed, this.#clock.monoMs());
  }

  #retune(codec: AgreedCodec): void {
    const stream = streamOf(codec, this.#opus);
    let encoder;
    try {
      encoder = createEncoder(codec, this.#opus);
    } catch (error) {
      stream.close();
      throw error;
    }
    this.#concealedBefore += this.#stream.counts.concealedFrames;
    this.#stream.close();
    this.#stream = stream;
    this.#sender.retune(encoder, codec.payloadType);
    this.#srtp?.begin(this.#sender.srtpStart());
  }

  /** `nowMs`: when the datagram came. */
  #receive(datagram: Buffer, from: MediaAddress, nowMs: Milliseconds): void {
    if (isRtcp(datagram)) {
      if (this.#media.rtcp.mux) this.#rtcp.receive(datagram, from);
      return;
    }
    const plain = datagram.length > longestDatagram ? null : this.#unprotected(datagram, nowMs);
    const parsed = plain === null ? null : parseRtp(plain);
    if (parsed === null || !parsed.ok) {
      this.#refuse(plain === null && this.#srtp !== null ? 'unauthentic' : 'refused');
      return;
    }
    const packet = parsed.value;
    const { ssrc, sequence } = packet;
    const verdict = this.#source.check({ from, ssrc, sequence, nowMs });
    if (verdict === 'probation' || verdict === 'foreign') {
      this.#refuse('refused');
      return;
    }
    if (verdict === 'new-stream') this.#startStream();
    this.#received.count(sequence);
    this.#lastHeardMs = nowMs;
    const isEvent = packet.payloadType === this.#media.events?.payloadType;
    this.#trace?.packet(packet, isEvent);
    if (isEvent) this.#keys.event(packet, nowMs, this.#media.receive);
    else this.#audio(packet, nowMs);
  }

  #refuse(why: 'refused' | 'unauthentic'): void {
    this.#invalid += 1;
    this.#trace?.count(why);
  }

  /** The packet in clear; null where it must be protected and is not. */
  #unprotected(datagram: Buffer, nowMs: Milliseconds): Uint8Array | null {
    if (this.#srtp === null) return datagram;
    const opened = this.#srtp.unprotectRtp(datagram, nowMs);
    return opened.ok ? opened.value : null;
  }

  #startStream(): void {
    this.#trace?.count('sources');
    this.#stream.reset();
    this.#keys.reset();
    this.#received.restart();
    this.#rtcp.restart();
  }

  #audio(packet: RtpPacket, nowMs: Milliseconds): void {
    const { sequence, timestamp, payload, payloadType } = packet;
    if (!this.#stream.accepts(payloadType)) {
      if (payloadType !== comfortNoiseType) this.#invalid += 1;
      return;
    }
    this.#received.time(timestamp, (nowMs * this.#media.codec.clockRate) / 1_000);
    // An empty packet keeps a NAT open (RFC 6263 §4.1).
    if (!this.#media.receive || payload.length === 0) return;
    this.#stream.push({ sequence, timestamp, payload: { payloadType, bytes: payload } }, nowMs);
  }
}

const noCounts: LegCounts = {
  packetsReceived: 0,
  packetsSent: 0,
  packetsLost: 0,
  concealedFrames: 0,
  invalidPackets: 0,
};

/** @throws Error where the codec has no room for another stream */
function streamOf(codec: AgreedCodec, opus: () => OpusCodec): AudioStream {
  return new AudioStream({ decoder: createDecoder(codec, opus), initialDelayMs });
}

function sameCodec(a: AgreedCodec, b: AgreedCodec): boolean {
  return a.name === b.name && a.payloadType === b.payloadType && a.fmtp === b.fmtp;
}
