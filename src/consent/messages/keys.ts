import { ed25519 } from '@noble/curves/ed25519.js';
import { toBase64url } from '../../base/bytes.ts';

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** base64url of SHA-256 of the raw 32-byte Ed25519 public key: the name of a key for people and lists. */
export async function thumbprint(rawKey: Uint8Array<ArrayBuffer>): Promise<string> {
  return toBase64url(await sha256(rawKey));
}

/**
 * Whether these bytes are a public key that only its owner can sign for. Refused: encodings that are not the canonical one
 * (RFC 8032 §5.1.3), points of small order (for which one signature fits any message; node:crypto takes them), and points
 * with a small-order part, on which implementations may disagree.
 */
export function isSoundSigningKey(raw: Uint8Array): boolean {
  if (raw.length !== 32) return false;
  const name = toBase64url(raw);
  if (sound.has(name)) return true;
  try {
    const point = ed25519.Point.fromBytes(raw, false);
    if (point.isSmallOrder() || !point.isTorsionFree()) return false;
  } catch {
    return false;
  }
  makeRoom(sound);
  sound.add(name);
  return true;
}

/** Points that were checked: that costs a scalar multiplication, and the keys of a meeting come again with every message. */
const sound = new Set<string>();

type SigningKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

const imported = new Map<string, SigningKey>();
const maxKept = 256;

/** Forgets the one that has been kept longest, where there are too many. */
function makeRoom(kept: Set<string> | Map<string, unknown>): void {
  const oldest = kept.keys().next();
  if (kept.size >= maxKept && !oldest.done) kept.delete(oldest.value);
}

/** The key ready to verify with, or null where it is not sound. */
export async function importSigningKey(raw: Uint8Array<ArrayBuffer>): Promise<SigningKey | null> {
  const name = toBase64url(raw);
  const known = imported.get(name);
  if (known) return known;
  if (!isSoundSigningKey(raw)) return null;
  const key = await crypto.subtle.importKey('raw', raw, 'Ed25519', true, ['verify']);
  makeRoom(imported);
  imported.set(name, key);
  return key;
}
