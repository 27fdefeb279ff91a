import { fromBase64url, lengthPrefixed, toBase64url, utf8, utf8Text } from '../../base/bytes.ts';
import { jcsBytes, parseJcs, type Json } from '../../base/jcs.ts';
import { ok, refuse, type Result } from '../../base/result.ts';
import { labels, messageTypes, typeOfTyp, typOf, type MessageType } from './labels.ts';
import { payloads, type Payload } from './catalog.ts';
import { importSigningKey, sha256 } from './keys.ts';

/**
 * JWS compact serialization (RFC 7515 §7.1) with EdDSA over Ed25519 (RFC 8037 §3.1), in one spelling only: the protected
 * header is exactly {alg, typ}, the payload canonical JSON of a closed schema, base64url without slack. The key is never
 * taken from the message's header.
 */
export const maxJwsLength = 16 * 1024;

/** An Ed25519 key that signs and never leaves its owner. */
export interface Signer {
  readonly publicKey: Uint8Array<ArrayBuffer>;
  sign(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
}

export interface Verified<T extends MessageType> {
  readonly type: T;
  readonly payload: Payload<T>;
  /** base64url of SHA-256(label and typ, payload bytes, raw key), length-prefixed. */
  readonly hash: string;
  readonly key: Uint8Array<ArrayBuffer>;
  readonly jws: string;
}

/** A message whose form is right and whose signature nobody has checked. */
export type Peeked = {
  readonly [T in MessageType]: { readonly type: T; readonly payload: Payload<T> };
}[MessageType];

export type JwsRefusal =
  | 'jws-too-long'
  | 'jws-form'
  | 'jws-base64'
  | 'jws-header'
  | 'jws-type'
  | 'jws-payload'
  | 'jws-schema'
  | 'jws-key'
  | 'jws-signature';

interface Parts {
  readonly type: MessageType;
  readonly value: Json;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
  readonly signed: Uint8Array<ArrayBuffer>;
}

/** In canonical form; a typ holds nothing that JSON would escape. */
const headerOf = (type: MessageType): string => `{"alg":"EdDSA","typ":"${typOf(type)}"}`;

/** Throws on a value that cannot be signed: that is a bug of the caller, not input. */
function canonicalBytes(value: unknown): Uint8Array<ArrayBuffer> {
  const bytes = jcsBytes(value);
  if (!bytes.ok) throw new TypeError(`a payload cannot be written: ${bytes.reason}`);
  return bytes.value;
}

function split(jws: string): Result<Parts, JwsRefusal> {
  if (jws.length > maxJwsLength) return refuse('jws-too-long');
  const [h, p, s, more] = jws.split('.', 4);
  if (h === undefined || p === undefined || s === undefined || more !== undefined) return refuse('jws-form');
  const header = fromBase64url(h);
  const payload = fromBase64url(p);
  const signature = fromBase64url(s);
  if (header === null || payload === null || signature?.length !== 64) return refuse('jws-base64');
  const type = headerType(header);
  if (type === null) return refuse('jws-header');
  const value = parseJcs(payload);
  if (!value.ok) return refuse('jws-payload');
  if (!payloads[type](value.value)) return refuse('jws-schema');
  return ok({ type, value: value.value, payload, signature, signed: utf8(`${h}.${p}`) });
}

function headerType(bytes: Uint8Array): MessageType | null {
  const value = parseJcs(bytes);
  if (!value.ok || typeof value.value !== 'object' || value.value === null) return null;
  const typ = (value.value as { readonly typ?: Json }).typ;
  const type = typeof typ === 'string' ? typeOfTyp(typ) : null;
  // Equal to the one header that this type may have: nothing else fits in.
  return type !== null && utf8Text(bytes) === headerOf(type) ? type : null;
}

const heads: ReadonlyMap<string, MessageType> = new Map(
  messageTypes.map((type) => [toBase64url(utf8(headerOf(type))), type]),
);
const maxHeadLength = Math.max(...[...heads.keys()].map((head) => head.length));
const dot = 0x2e;

/**
 * What a packet says of itself that it is, by its first bytes alone: there is one spelling of each header. Not believed, and no
 * promise that the rest can be read: for what is to be let fall, or done first.
 */
export function claimedType(packet: Uint8Array): MessageType | null {
  const end = packet.subarray(0, maxHeadLength + 1).indexOf(dot);
  return end < 0 ? null : (heads.get(String.fromCharCode(...packet.subarray(0, end))) ?? null);
}

/** Reads a message without believing it. */
export function peekMessage(jws: string): Result<Peeked, JwsRefusal> {
  const parts = split(jws);
  if (!parts.ok) return parts;
  return ok({ type: parts.value.type, payload: parts.value.value } as unknown as Peeked);
}

export async function verifyMessage<T extends MessageType>(
  jws: string,
  type: T,
  key: Uint8Array<ArrayBuffer>,
): Promise<Result<Verified<T>, JwsRefusal>> {
  const parts = split(jws);
  if (!parts.ok) return parts;
  if (parts.value.type !== type) return refuse('jws-type');
  const imported = await importSigningKey(key);
  if (imported === null) return refuse('jws-key');
  const good = await crypto.subtle.verify('Ed25519', imported, parts.value.signature, parts.value.signed);
  if (!good) return refuse('jws-signature');
  const hash = await objectHash(type, parts.value.payload, key);
  return ok({ type, payload: parts.value.value as unknown as Payload<T>, hash, key, jws });
}

/** Throws where the payload does not fit its schema: that is a bug of ours, never input. */
export async function signMessage<T extends MessageType>(
  signer: Signer,
  type: T,
  payload: Payload<T>,
): Promise<string> {
  return signPayload(signer, type, canonicalBytes(payload));
}

/** Signs payload bytes that somebody else laid out, after the same checks that every reader makes. */
export async function signPayload(
  signer: Signer,
  type: MessageType,
  payload: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const value = parseJcs(payload);
  if (!value.ok || !payloads[type](value.value)) throw new TypeError(`not a payload of ${type}`);
  const input = `${toBase64url(utf8(headerOf(type)))}.${toBase64url(payload)}`;
  const signature = await signer.sign(utf8(input));
  const jws = `${input}.${toBase64url(signature)}`;
  if (signature.length !== 64 || jws.length > maxJwsLength) throw new TypeError(`cannot sign this ${type}`);
  return jws;
}

/** The payload of canonical bytes that nobody has signed yet (a vault checks them before it signs). */
export function parsePayload<T extends MessageType>(
  type: T,
  bytes: Uint8Array,
): Result<Payload<T>, 'jws-payload' | 'jws-schema'> {
  const value = parseJcs(bytes);
  if (!value.ok) return refuse('jws-payload');
  return payloads[type](value.value) ? ok(value.value as unknown as Payload<T>) : refuse('jws-schema');
}

export function payloadBytes<T extends MessageType>(_type: T, payload: Payload<T>): Uint8Array<ArrayBuffer> {
  return canonicalBytes(payload);
}

/** Names a signed message: the signature itself is not part of it, the key is. */
export async function objectHash(type: MessageType, payload: Uint8Array, key: Uint8Array): Promise<string> {
  return toBase64url(await sha256(lengthPrefixed(utf8(labels.objectHash), utf8(type), payload, key)));
}

/** The hash of a well-formed message under the key that signed it, or null. Does not check the signature. */
export async function messageHash(jws: string, key: Uint8Array): Promise<string | null> {
  const parts = split(jws);
  return parts.ok ? objectHash(parts.value.type, parts.value.payload, key) : null;
}
