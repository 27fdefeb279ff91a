import { fromBase64url, toBase64url } from '../../base/bytes.ts';

/** A co-host's device code: the raw Ed25519 key in base64url, as it stands in a registration. No secret. */
export function coHostCode(publicKey: Uint8Array): string {
  return toBase64url(publicKey);
}

/** The key behind a code that somebody pasted, with the blanks that come along when one copies; null: it is none. */
export function keyOfCode(text: string): Uint8Array<ArrayBuffer> | null {
  const key = fromBase64url(text.replace(/\s/g, ''));
  return key?.length === 32 ? key : null;
}
