import { frameLength, silentFrame, silentWideFrame, type Frame, type PcmRate } from './audio/frame.ts';
import { longestPayload, type LegEncoder } from './codec/leg-codec.ts';
import type { AgreedSrtp, LegSnapshot } from './leg-state.ts';
import { rtpHeaderLength, writeRtpHeader } from './rtp/packet.ts';
import type { RandomInt } from './rtp/port.ts';
import type { SrtpSession } from './srtp/session.ts';
import type { SrtpSenderState } from './srtp/state.ts';
import { longestTrailer } from './srtp/suite.ts';

/** The RTP stream that a leg sends: numbers, times, encoding, protection. Where it goes is the leg's affair. */
export interface LegSenderOptions {
  readonly encoder: LegEncoder;
  readonly payloadType: number;
  readonly randomInt: RandomInt;
  readonly snapshot: Pick<LegSnapshot, 'ssrc' | 'sequence' | 'timestamp' | 'sent'> | null;
}

/** Frames that the owner may hand in before the system has sent the first of them. */
const sendBuffers = 8;
const roomOfPacket = rtpHeaderLength + longestPayload + longestTrailer;

export class LegSender {
  readonly #randomInt: RandomInt;
  readonly #out = Array.from({ length: sendBuffers }, () => Buffer.alloc(roomOfPacket));
  /** Of the packets in them, where they are as long as the ones before: mostly. */
  readonly #views = [...this.#out];
  #encoder: LegEncoder;
  #payloadType: number;
  #ssrc: number;
  #sequence: number;
  #timestamp: number;
  /** RFC 3551 §4.1: the first packet after a silence. */
  #marker: boolean;
  #nextBuffer = 0;
  #packets: number;
  #octets: number;

  constructor({ encoder, payloadType, randomInt, snapshot }: LegSenderOptions) {
    this.#encoder = encoder;
    this.#payloadType = payloadType;
    this.#randomInt = randomInt;
    // RFC 3550 §5.1: all three start at random values; RFC 3711 §3.3.1: the sequence number in the lower half, so that
    // no receiver that misses the first packets is wrong about the rollover counter.
    this.#ssrc = snapshot?.ssrc ?? randomInt(2 ** 32);
    this.#sequence = snapshot?.sequence ?? randomInt(2 ** 15);
    this.#timestamp = snapshot?.timestamp ?? randomInt(2 ** 32);
    this.#marker = snapshot === null;
    this.#packets = snapshot?.sent?.packets ?? 0;
    this.#octets = snapshot?.sent?.octets ?? 0;
  }

  get rate(): PcmRate {
    return this.#encoder.rate;
  }

  get state(): Required<Pick<LegSnapshot, 'ssrc' | 'sequence' | 'timestamp' | 'sent'>> {
    const sent = { packets: this.#packets, octets: this.#octets };
    return { ssrc: this.#ssrc, sequence: this.#sequence, timestamp: this.#timestamp, sent };
  }

  /** Another codec was agreed on. A stream whose clock changes its pace is another one (RFC 7160 §4.1). */
  retune(encoder: LegEncoder, payloadType: number): void {
    const sameClock = encoder.clockRate === this.#encoder.clockRate;
    this.#encoder.close();
    this.#encoder = encoder;
    this.#payloadType = payloadType;
    this.#marker = true;
    if (!sameClock) this.#begin();
  }

  /** Where a session of SRTP begins on this stream. */
  srtpStart(): SrtpSenderState {
    return { ssrc: this.#ssrc, index: this.#sequence, rtcpIndex: 0 };
  }

  /** Keys have changed: `SrtpSession.rekey` says why the stream may have to begin anew. */
  rekey(session: SrtpSession, parameters: AgreedSrtp, nowMs: number): void {
    if (session.changesSending(parameters) && session.rollovers > 0) this.#begin();
    session.rekey(parameters, this.srtpStart(), nowMs);
  }

  /** The packet of the next 20 ms, valid until `turn` has been called eight times; null where nothing may be sent. Null as `pcm` is silence. */
  packet(pcm: Frame | null, srtp: SrtpSession | null): Buffer | null {
    const place = this.#nextBuffer;
    const packet = this.#out[place] ?? Buffer.alloc(roomOfPacket);
    const timestamp = this.#timestamp;
    this.#advance(1);
    const { rate } = this.#encoder;
    const silence = rate === 8_000 ? silentFrame : silentWideFrame;
    const frame = pcm?.length === frameLength(rate) ? pcm : silence;
    const octets = this.#encoder.encode(frame, packet, rtpHeaderLength);
    if (octets === 0) return null;
    writeRtpHeader(packet, {
      payloadType: this.#payloadType,
      marker: this.#marker,
      sequence: this.#sequence,
      timestamp,
      ssrc: this.#ssrc,
    });
    const plain = rtpHeaderLength + octets;
    const length = srtp === null ? plain : srtp.protectRtp(packet, rtpHeaderLength, plain);
    if (length === 0) return null;
    this.#marker = false;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#packets += 1;
    this.#octets += octets;
    const known = this.#views[place];
    if (known?.length === length) return known;
    return (this.#views[place] = packet.subarray(0, length));
  }

  /** The system still has the packet: the next one goes into other memory. */
  turn(): void {
    this.#nextBuffer = (this.#nextBuffer + 1) % sendBuffers;
  }

  /** A tick without a packet: on hold. */
  pass(): void {
    this.#advance(1);
    this.#marker = true;
  }

  /** Ticks that never happened: time went on for the caller all the same. */
  skip(ticks: number): void {
    this.#advance(ticks);
  }

  close(): void {
    this.#encoder.close();
  }

  #advance(ticks: number): void {
    this.#timestamp = (this.#timestamp + (ticks * this.#encoder.clockRate) / 50) >>> 0;
  }

  #begin(): void {
    this.#ssrc = this.#randomInt(2 ** 32);
    this.#sequence = this.#randomInt(2 ** 15);
    this.#timestamp = this.#randomInt(2 ** 32);
    this.#packets = 0;
    this.#octets = 0;
    this.#marker = true;
  }
}
