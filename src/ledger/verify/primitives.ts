/**
 * What the verifier needs of its surroundings. In Node it is node:crypto (node.ts); in a page it is whatever the page has.
 * This folder imports nothing from outside itself: it is a second implementation of the formats in docs/ledger.md, and
 * shares no code with what wrote the log.
 */
export interface Primitives {
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  /** Pure Ed25519 (RFC 8032) with a raw public key. The key has passed `isSoundKey`. */
  readonly verifyEd25519: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const bytesOfText = (text: string): Uint8Array => encoder.encode(text);

/** The text, or null where the bytes are not UTF-8. */
export function textOfBytes(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const all = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** Each part behind its length as 32 bits, big-endian. */
export function prefixed(...parts: readonly Uint8Array[]): Uint8Array {
  return join(
    ...parts.flatMap((part) => {
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, part.length);
      return [length, part];
    }),
  );
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const values = new Int8Array(128).fill(-1);
for (let i = 0; i < alphabet.length; i++) values[alphabet.charCodeAt(i)] = i;

/** base64url without padding (RFC 4648 §5), in its one canonical spelling: unused bits are zero. Otherwise null. */
export function fromBase64url(text: string): Uint8Array | null {
  const rest = text.length % 4;
  if (rest === 1) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const value = values[text.charCodeAt(i)] ?? -1;
    if (value < 0) return null;
    bits = (bits << 6) | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at++] = (bits >> held) & 0xff;
      bits &= (1 << held) - 1;
    }
  }
  return bits === 0 ? bytes : null;
}

export function toBase64url(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0x3fff;
    held += 8;
    while (held >= 6) {
      held -= 6;
      text += alphabet[(bits >> held) & 0x3f] ?? '';
    }
  }
  return held > 0 ? text + (alphabet[(bits << (6 - held)) & 0x3f] ?? '') : text;
}

/** base64 with padding (RFC 4648 §4), canonical. */
export function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  return fromBase64url(text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''));
}

// Curve25519's p = 2^255 - 19, little-endian, and the y of the points whose order divides 8 (RFC 7748 §6, RFC 8032 §5.1).
const fieldPrime = 2n ** 255n - 19n;
const smallOrderY: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  fieldPrime - 1n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
]);

/**
 * Whether these are the canonical bytes of a point that is not of small order. For such a point one signature fits any
 * message, and node:crypto would accept it.
 */
export function isSoundKey(key: Uint8Array): boolean {
  if (key.length !== 32) return false;
  let y = 0n;
  for (let i = 31; i >= 0; i--) y = (y << 8n) | BigInt(i === 31 ? (key[i] ?? 0) & 0x7f : (key[i] ?? 0));
  return y < fieldPrime && !smallOrderY.has(y);
}
