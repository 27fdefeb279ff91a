import { concat, fromBase64url, lengthPrefixed, utf8 } from '../../base/bytes.ts';
import { labels } from './labels.ts';

/** What follows from a meeting key MK(epoch) (docs/protocol.md §4): sender keys, its check value, the roster's key. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** 8 bytes, big-endian; Number.MAX_SAFE_INTEGER fits. */
export function u64(value: number): Bytes {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value));
  return out;
}

const importSecret = (secret: Bytes) => crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);

async function expand(
  key: Awaited<ReturnType<typeof importSecret>>,
  info: Bytes,
  length: number,
): Promise<Bytes> {
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, length * 8));
}

async function hkdf(secret: Bytes, info: Bytes, length: number): Promise<Bytes> {
  return expand(await importSecret(secret), info, length);
}

/** An epoch of one instance: what every derivation is bound to. */
export interface EpochName {
  /** base64url of 16 bytes. */
  readonly instance: string;
  readonly epoch: number;
}

const bound = (label: string, name: EpochName, ...more: readonly Uint8Array[]): Bytes =>
  lengthPrefixed(utf8(label), bytesOfText(name.instance), u64(name.epoch), ...more);

/** Ids reach this module after their schema was checked: an id that is none is a bug. */
export function bytesOfText(text: string): Bytes {
  const bytes = fromBase64url(text);
  if (bytes === null) throw new TypeError('not base64url');
  return bytes;
}

/** The sender id binds a key to one load of one device, so that no two IV generators ever share a key. */
export function senderId(identityKey: Uint8Array, join: Uint8Array): Bytes {
  return concat(identityKey, join);
}

/** 32 bytes: input to the frame cryptor's own derivation. */
export function senderKey(mk: Bytes, name: EpochName, sender: Uint8Array): Promise<Bytes> {
  return hkdf(mk, bound(labels.senderKey, name, sender), 32);
}

/** Where all share one frame key (registration policy `keys: 'shared'`): 32 bytes, the same for everybody who sends. */
export function sharedKey(mk: Bytes, name: EpochName): Promise<Bytes> {
  return hkdf(mk, bound(labels.sharedKey, name), 32);
}

/** As `senderKey`, for many senders of one epoch: the platform takes the meeting key in once, not once for each. */
export async function senderKeysOf(
  mk: Bytes,
  name: EpochName,
): Promise<(sender: Uint8Array) => Promise<Bytes>> {
  const key = await importSecret(mk);
  return (sender) => expand(key, bound(labels.senderKey, name, sender), 32);
}

/** Lets the receiver of a seal see that it holds the key that everybody else holds. */
export function keyCheckValue(mk: Bytes, name: EpochName): Promise<Bytes> {
  return hkdf(mk, bound(labels.keyCheck, name), 16);
}

/** Names and labels beside a roster: AES-256-GCM under a key of their own, the nonce in front. */
export async function encryptPrivate(mk: Bytes, name: EpochName, nonce: Bytes, plain: Bytes): Promise<Bytes> {
  const key = await rosterKey(mk, name, 'encrypt');
  return concat(
    nonce,
    new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, key, plain)),
  );
}

/** The plain bytes, or null where they are not what somebody with this key wrote. */
export async function decryptPrivate(mk: Bytes, name: EpochName, boxed: Bytes): Promise<Bytes | null> {
  if (boxed.length < 12 + 16) return null;
  const key = await rosterKey(mk, name, 'decrypt');
  try {
    const parameters = { name: 'AES-GCM', iv: boxed.slice(0, 12) };
    return new Uint8Array(await crypto.subtle.decrypt(parameters, key, boxed.slice(12)));
  } catch {
    return null;
  }
}

async function rosterKey(mk: Bytes, name: EpochName, use: 'encrypt' | 'decrypt') {
  const raw = await hkdf(mk, bound(labels.rosterPrivate, name), 32);
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, [use]);
  raw.fill(0);
  return key;
}

/** LiveKit's key index (docs/architecture.md, decision 10). */
export const slotOf = (epoch: number): number => epoch % slots;
export const slots = 256;

/** How the meeting server names a participant of ours. */
export const identityOf = (join: string): string => `p-${join}`;
