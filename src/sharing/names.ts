import { createHmac, hkdfSync } from 'node:crypto';

/** Of a caller or an address, as the shared database has it. */
export type HiddenName = (name: string) => string;

/**
 * HMAC-SHA-256 under a key that follows (HKDF, RFC 5869) from the meeting server's API secret: all connectors of a group have that
 * one, the database has not. A plain hash of a telephone number is turned back by trying all numbers.
 */
export function hiddenNames(apiSecret: string): HiddenName {
  const key = Buffer.from(hkdfSync('sha256', apiSecret, '', 'latchkey/1/shared-names', 32));
  return (name) => createHmac('sha256', key).update(name).digest('base64url');
}
