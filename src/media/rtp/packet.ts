import { ok, refuse, type Result } from '../../base/result.ts';

/**
 * RFC 3550 §5.1
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                           timestamp                           |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                             SSRC                              |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |               CSRC (0 to 15), extension, payload              |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface RtpHeader {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
}

export interface RtpPacket extends RtpHeader {
  /** A view into the datagram: without CSRCs, extension and padding. */
  readonly payload: Uint8Array;
}

export type RtpRefusal =
  'too-short' | 'wrong-version' | 'rtcp' | 'csrc-overrun' | 'extension-overrun' | 'bad-padding';

export const rtpHeaderLength = 12;

const byte = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;
const u16 = (bytes: Uint8Array, at: number): number => (byte(bytes, at) << 8) | byte(bytes, at + 1);
const u32 = (bytes: Uint8Array, at: number): number => ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0;

/** RFC 5761 §4: with the marker bit, payload types 64 to 95 are RTCP packet types 192 to 223. */
export function isRtcp(datagram: Uint8Array): boolean {
  const second = byte(datagram, 1);
  return second >= 192 && second <= 223;
}

/** Where the payload begins: behind CSRCs and extension. SRTP encrypts from there on. */
export function rtpPayloadStart(datagram: Uint8Array): Result<number, RtpRefusal> {
  const length = datagram.length;
  if (length < rtpHeaderLength) return refuse('too-short');
  const first = byte(datagram, 0);
  if (first >> 6 !== 2) return refuse('wrong-version');
  if (isRtcp(datagram)) return refuse('rtcp');

  let start = rtpHeaderLength + 4 * (first & 0x0f);
  if (start > length) return refuse('csrc-overrun');
  if ((first & 0x10) !== 0) {
    // RFC 3550 §5.3.1: 16 bits of profile, 16 bits of length in 32-bit words.
    if (start + 4 > length) return refuse('extension-overrun');
    start += 4 + 4 * u16(datagram, start + 2);
    if (start > length) return refuse('extension-overrun');
  }
  return ok(start);
}

export function parseRtp(datagram: Uint8Array): Result<RtpPacket, RtpRefusal> {
  const payloadStart = rtpPayloadStart(datagram);
  if (!payloadStart.ok) return payloadStart;
  const start = payloadStart.value;
  const first = byte(datagram, 0);
  const second = byte(datagram, 1);
  let end = datagram.length;
  if ((first & 0x20) !== 0) {
    // The last octet counts the padding, itself included.
    const padding = byte(datagram, end - 1);
    if (padding === 0 || start + padding > end) return refuse('bad-padding');
    end -= padding;
  }
  return ok({
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequence: u16(datagram, 2),
    timestamp: u32(datagram, 4),
    ssrc: u32(datagram, 8),
    payload: datagram.subarray(start, end),
  });
}

/** Writes the 12 bytes of a header without CSRCs and extension to the start of `out`. */
export function writeRtpHeader(out: Uint8Array, header: RtpHeader): void {
  out[0] = 0x80;
  out[1] = (header.marker ? 0x80 : 0) | (header.payloadType & 0x7f);
  out[2] = header.sequence >>> 8;
  out[3] = header.sequence;
  out[4] = header.timestamp >>> 24;
  out[5] = header.timestamp >>> 16;
  out[6] = header.timestamp >>> 8;
  out[7] = header.timestamp;
  out[8] = header.ssrc >>> 24;
  out[9] = header.ssrc >>> 16;
  out[10] = header.ssrc >>> 8;
  out[11] = header.ssrc;
}

/** How far `to` is ahead of `from` on the 16-bit circle, -32768 to 32767. */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}

/** How far `to` is ahead of `from` on the 32-bit circle. */
export function timestampDistance(from: number, to: number): number {
  return (to - from) | 0;
}
