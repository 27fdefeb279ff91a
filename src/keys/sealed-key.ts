import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hkdfSync, scryptSync } from 'node:crypto';
import { fromBase64url, lengthPrefixed, toBase64url, utf8, wipe } from '../base/bytes.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { labels } from '../consent/messages/labels.ts';

/**
 * A private key at rest, sealed under a passphrase or a key file. Four lines of US-ASCII, each ended by a line feed:
 *
 *   latchkey sealed key v1
 *   public <base64url, 32 bytes>                    so that the key can be named without opening it
 *   scrypt <log2 N> 8 1 <base64url salt, 16 bytes>  or  key-file <base64url salt, 16 bytes>
 *   <base64url nonce, 24 bytes> <base64url of XChaCha20-Poly1305 of the PKCS#8 DER>
 *
 * The first three lines are additional data: neither the public key nor the cost can be changed unseen. The sealing key is
 * scrypt of the passphrase (RFC 7914), or HKDF-SHA-256 of a key file's 32 random bytes.
 */
export interface SealedKey {
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly by: SealSecret['kind'];
  readonly head: string;
  readonly logN: number;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly nonce: Uint8Array<ArrayBuffer>;
  readonly box: Uint8Array<ArrayBuffer>;
}

/** The bytes are their owner's to wipe. */
export interface SealSecret {
  readonly kind: 'passphrase' | 'key-file';
  readonly bytes: Uint8Array;
}

export type SealedRefusal = 'sealed-form' | 'sealed-otherwise' | 'wrong-secret';

/** 128 MiB and a third of a second for each guess. */
const defaultLogN = 17;
const lowestLogN = 14;
/** A file may not make its reader take gigabytes. */
const highestLogN = 20;
const form =
  /^(latchkey sealed key v1\npublic ([\w-]{43})\n(?:scrypt (\d\d) 8 1|key-file) ([\w-]{22})\n)([\w-]{32}) ([\w-]{80,200})\n$/;

export function parseSealedKey(text: string): Result<SealedKey, 'sealed-form'> {
  const [, head, publicText, logText, saltText, nonceText, boxText] = form.exec(text) ?? [];
  if (head === undefined) return refuse('sealed-form');
  const [publicKey, salt, nonce, box] = [publicText, saltText, nonceText, boxText].map((part) =>
    fromBase64url(part ?? '!'),
  );
  if (publicKey == null || salt == null || nonce == null || box == null) return refuse('sealed-form');
  const logN = logText === undefined ? 0 : Number(logText);
  if (logText !== undefined && (logN < lowestLogN || logN > highestLogN)) return refuse('sealed-form');
  const by = logText === undefined ? 'key-file' : 'passphrase';
  return ok({ publicKey, by, head, logN, salt, nonce, box });
}

/** The DER is the caller's to wipe. */
export function openSealedKey(
  sealed: SealedKey,
  secret: SealSecret,
): Result<Uint8Array<ArrayBuffer>, SealedRefusal> {
  if (sealed.by !== secret.kind) return refuse('sealed-otherwise');
  const key = sealingKey(secret, sealed.salt, sealed.logN);
  try {
    return ok(Uint8Array.from(xchacha20poly1305(key, sealed.nonce, utf8(sealed.head)).decrypt(sealed.box)));
  } catch {
    return refuse('wrong-secret');
  } finally {
    wipe(key);
  }
}

export interface SealParts {
  readonly publicKey: Uint8Array;
  readonly der: Uint8Array;
  readonly random: (length: number) => Uint8Array<ArrayBuffer>;
  readonly logN?: number;
}

/** The file's text. */
export function sealKey(secret: SealSecret, parts: SealParts): string {
  const { publicKey, der, random, logN = defaultLogN } = parts;
  const salt = random(16);
  const nonce = random(24);
  const way = secret.kind === 'passphrase' ? `scrypt ${logN} 8 1` : 'key-file';
  const head = `latchkey sealed key v1\npublic ${toBase64url(publicKey)}\n${way} ${toBase64url(salt)}\n`;
  const key = sealingKey(secret, salt, logN);
  try {
    const box = xchacha20poly1305(key, nonce, utf8(head)).encrypt(der);
    return `${head}${toBase64url(nonce)} ${toBase64url(box)}\n`;
  } finally {
    wipe(key);
  }
}

function sealingKey(secret: SealSecret, salt: Uint8Array, logN: number): Uint8Array {
  const input = lengthPrefixed(utf8(labels.keyAtRest), salt);
  if (secret.kind === 'key-file') {
    return new Uint8Array(hkdfSync('sha256', secret.bytes, salt, utf8(labels.keyAtRest), 32));
  }
  const N = 2 ** logN;
  return scryptSync(secret.bytes, input, 32, { N, r: 8, p: 1, maxmem: 130 * 8 * N + (1 << 20) });
}
