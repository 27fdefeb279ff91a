import { fromBase64url, toBase64url, utf8, utf8Text } from '../../base/bytes.ts';
import { ok, refuse, type Result } from '../../base/result.ts';

/**
 * What crosses the data channel: one signed message, and beside it what may not be part of a signed payload, because the
 * ledger keeps payloads for ever and these must be erasable or cannot cover themselves.
 *
 *   packet = JWS *( "~" base64url )        US-ASCII, at most 15,000 bytes
 *
 * What travels beside is believed only after a check against the signed part (a commitment, a hash, a MAC).
 */
export interface Packet {
  readonly jws: string;
  readonly beside: readonly Uint8Array<ArrayBuffer>[];
}

export const maxPacketLength = 15_000;
const maxBeside = 2;

export function parsePacket(bytes: Uint8Array): Result<Packet, 'packet-too-long' | 'packet-form'> {
  if (bytes.length > maxPacketLength) return refuse('packet-too-long');
  const text = utf8Text(bytes);
  if (text === null) return refuse('packet-form');
  const [jws, ...rest] = text.split('~', maxBeside + 2);
  if (jws === undefined || jws === '' || rest.length > maxBeside) return refuse('packet-form');
  const beside: Uint8Array<ArrayBuffer>[] = [];
  for (const part of rest) {
    const decoded = fromBase64url(part);
    if (decoded === null || decoded.length === 0) return refuse('packet-form');
    beside.push(decoded);
  }
  return ok({ jws, beside });
}

/** Throws where the packet would not fit: callers keep their lists within the limits of the catalog. */
export function packetBytes(jws: string, ...beside: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = utf8([jws, ...beside.map(toBase64url)].join('~'));
  if (bytes.length > maxPacketLength) throw new RangeError('the packet is too long');
  return bytes;
}
