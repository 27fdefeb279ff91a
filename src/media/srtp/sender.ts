import type { SrtpSenderState } from './state.ts';
import type { PacketPlace, SrtpTransform } from './transform.ts';

/** RFC 3711 §9.2: so many packets may be sent under one master key. */
const rtpLimit = 2 ** 48;
const rtcpLimit = 2 ** 31;

/** Protects the packets that a leg sends: one stream, whose sequence numbers rise by one. */
export class SrtpSender {
  readonly #transform: SrtpTransform;
  #ssrc: number;
  #index: number;
  #rtcpIndex: number;

  constructor(transform: SrtpTransform, state: SrtpSenderState) {
    this.#transform = transform;
    this.#ssrc = state.ssrc;
    this.#index = state.index;
    this.#rtcpIndex = state.rtcpIndex;
  }

  get state(): SrtpSenderState {
    return { ssrc: this.#ssrc, index: this.#index, rtcpIndex: this.#rtcpIndex };
  }

  /** Another stream under the same key: its SSRC is another one, and with it every initialization vector. */
  begin(state: SrtpSenderState): void {
    if (state.ssrc === this.#ssrc) return;
    this.#ssrc = state.ssrc;
    this.#index = state.index;
    this.#rtcpIndex = state.rtcpIndex;
  }

  /**
   * Protects the RTP packet of `length` bytes at the start of `packet`, in place; gives its new length, or 0 where it
   * must not be sent: the keys are used up, or the sequence number is not the one due.
   */
  protectRtp(packet: Uint8Array, headerLength: number, length: number): number {
    const sequence = ((packet[2] ?? 0) << 8) | (packet[3] ?? 0);
    if (this.#index >= rtpLimit || sequence !== this.#index % 0x10000) return 0;
    const at: PacketPlace = { ssrc: this.#ssrc, index: this.#index };
    this.#index += 1;
    return this.#transform.protectRtp(packet, headerLength, length, at);
  }

  /** The same for a compound RTCP packet. */
  protectRtcp(packet: Uint8Array, length: number): number {
    if (this.#rtcpIndex >= rtcpLimit) return 0;
    const at: PacketPlace = { ssrc: this.#ssrc, index: this.#rtcpIndex };
    this.#rtcpIndex += 1;
    return this.#transform.protectRtcp(packet, length, at);
  }

  close(): void {
    this.#transform.close();
  }
}
