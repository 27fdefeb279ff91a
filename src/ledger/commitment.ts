import { hash } from 'node:crypto';
import { lengthPrefixed, toBase64url, utf8 } from '../base/bytes.ts';

/** Equal to the one in consent's table of labels, which this folder may not import; a test compares them. */
export const personalLabel = 'latchkey ledger personal v1';

/** What a leaf holds in place of a personal value: SHA-256 over label, 128-bit salt and value, each length-prefixed. */
export function personalCommitment(salt: Uint8Array, value: string): string {
  return toBase64url(hash('sha256', lengthPrefixed(utf8(personalLabel), salt, utf8(value)), 'buffer'));
}
