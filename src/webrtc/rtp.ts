import { ok, refuse, type Result } from '../base/result.ts';

/**
 * RTP (RFC 3550 §5.1) as it comes out of SRTP on a WebRTC track:
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *   |                           timestamp                           |
 *   |                             SSRC                              |
 *   |                CSRC list (CC entries of 4 bytes)              |
 *   |  extension profile (if X)     |   length in 32-bit words      |
 *   |                     extension, payload, padding (if P)        |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface RtpPacket {
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  /** A view into the packet, without extension and padding. */
  readonly payload: Buffer;
  /** The body of the header extension and its profile; null without one. */
  readonly extension: { readonly profile: number; readonly body: Buffer } | null;
}

export type RtpRefusal = 'short' | 'version' | 'rtcp' | 'extension' | 'padding';

const fixedLength = 12;

export function parseRtp(packet: Buffer): Result<RtpPacket, RtpRefusal> {
  if (packet.length < fixedLength) return refuse('short');
  const first = packet.readUInt8(0);
  const second = packet.readUInt8(1);
  if (first >> 6 !== 2) return refuse('version');
  if (second >= 192 && second <= 223) return refuse('rtcp'); // RFC 5761 §4
  let at = fixedLength + (first & 0x0f) * 4;
  let extension: RtpPacket['extension'] = null;
  if ((first & 0x10) !== 0) {
    if (packet.length < at + 4) return refuse('extension');
    const bodyAt = at + 4;
    const bodyEnd = bodyAt + packet.readUInt16BE(at + 2) * 4;
    if (packet.length < bodyEnd) return refuse('extension');
    extension = { profile: packet.readUInt16BE(at), body: packet.subarray(bodyAt, bodyEnd) };
    at = bodyEnd;
  }
  if (packet.length < at) return refuse('short');
  let end = packet.length;
  if ((first & 0x20) !== 0) {
    const padding = packet.readUInt8(end - 1);
    if (padding === 0 || end - padding < at) return refuse('padding');
    end -= padding;
  }
  return ok({
    marker: (second & 0x80) !== 0,
    payloadType: second & 0x7f,
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    payload: packet.subarray(at, end),
    extension,
  });
}

export interface RtpHeader {
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
}

/** A packet without CSRCs, extension and padding. */
export function writeRtp(header: RtpHeader, payload: Uint8Array): Buffer {
  const packet = Buffer.allocUnsafe(fixedLength + payload.length);
  packet[0] = 0x80;
  packet[1] = (header.marker ? 0x80 : 0) | header.payloadType;
  packet.writeUInt16BE(header.sequence, 2);
  packet.writeUInt32BE(header.timestamp, 4);
  packet.writeUInt32BE(header.ssrc, 8);
  packet.set(payload, fixedLength);
  return packet;
}

/** Where `writeRtp` puts the SSRC, for a forwarder that sends one packet to many receivers. */
export const ssrcOffset = 8;

/**
 * The client-to-mixer audio level (RFC 6464 §3) in a header extension of one-byte elements (RFC 8285 §4.2): 0 is the
 * loudest, 127 silence. Null where the packet carries none.
 */
export function audioLevel(packet: RtpPacket, elementId: number): number | null {
  if (packet.extension?.profile !== 0xbede) return null;
  const { body } = packet.extension;
  for (let at = 0; at < body.length;) {
    const head = body.readUInt8(at);
    if (head === 0) {
      at++; // padding between elements
      continue;
    }
    const id = head >> 4;
    const length = (head & 0x0f) + 1;
    if (id === 15 || at + 1 + length > body.length) return null;
    if (id === elementId) return body.readUInt8(at + 1) & 0x7f;
    at += 1 + length;
  }
  return null;
}
