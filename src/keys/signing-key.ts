import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { fromBase64url, wipe } from '../base/bytes.ts';

/** An Ed25519 key that signs; the private half stays inside a KeyObject, or in a token. */
export interface SigningKey {
  /** Raw, 32 bytes. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  sign(bytes: Uint8Array): Uint8Array<ArrayBuffer>;
}

/** The keys of a connector. `operator`: of the embedded default alone, where nobody keeps one offline. */
export const keyNames = ['identity', 'ledger', 'operator'] as const;
export type KeyName = (typeof keyNames)[number];

/** Null where the key is not Ed25519. */
export function signingKey(key: KeyObject): SigningKey | null {
  if (key.asymmetricKeyType !== 'ed25519') return null;
  const raw = fromBase64url(createPublicKey(key).export({ format: 'jwk' }).x ?? '');
  return raw === null ? null : { publicKey: raw, sign: (bytes) => sign(null, bytes, key) };
}

/** A new key, and its PKCS#8 DER (RFC 8410), which is the caller's to wipe. */
export function newPrivateKey(): { readonly key: KeyObject; readonly der: Buffer } {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { key: privateKey, der: privateKey.export({ format: 'der', type: 'pkcs8' }) };
}

/** Takes the DER over: it is wiped. Null where it holds no Ed25519 key. */
export function privateKeyOf(der: Uint8Array): KeyObject | null {
  const bytes = Buffer.from(der);
  wipe(der);
  try {
    const key = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null;
  } finally {
    wipe(bytes);
  }
}
