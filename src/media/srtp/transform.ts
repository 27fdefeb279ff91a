/**
 * What a suite does to one packet, without any memory of packets before it. All of it works in place: `packet` has room
 * for the trailer behind `length`.
 *
 *   SRTP    header | payload, encrypted | tag                       (RFC 3711 §3.1)
 *   SRTCP   header, 8 bytes | rest, encrypted | E, index | tag      (§3.4; with AEAD the tag stands before E, index)
 */
export interface PacketPlace {
  readonly ssrc: number;
  /** SRTP: rollover counter * 2^16 + sequence number, 48 bits. SRTCP: 31 bits. */
  readonly index: number;
}

export interface SrtpTransform {
  /** `length`: of header and payload. Gives the length of the protected packet. */
  protectRtp(packet: Uint8Array, headerLength: number, length: number, at: PacketPlace): number;
  /** The length of header and payload, or null where the tag is wrong; `packet` is unchanged then. */
  unprotectRtp(packet: Uint8Array, headerLength: number, at: PacketPlace): number | null;
  protectRtcp(packet: Uint8Array, length: number, at: PacketPlace): number;
  unprotectRtcp(packet: Uint8Array, at: PacketPlace): number | null;
  /** Overwrites the session keys. Nothing can be protected or opened afterwards. */
  close(): void;
}

/** Of every RTCP packet (RFC 3550 §6.4): it is not encrypted. */
export const rtcpHeaderLength = 8;
/** E flag and index. */
export const rtcpIndexLength = 4;
export const encryptedFlag = 0x80000000;

export function writeU32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

/** XORs the 32 bits of `value` into `out`. */
export function xorU32(out: Uint8Array, at: number, value: number): void {
  out[at] = (out[at] ?? 0) ^ (value >>> 24);
  out[at + 1] = (out[at + 1] ?? 0) ^ ((value >>> 16) & 0xff);
  out[at + 2] = (out[at + 2] ?? 0) ^ ((value >>> 8) & 0xff);
  out[at + 3] = (out[at + 3] ?? 0) ^ (value & 0xff);
}
