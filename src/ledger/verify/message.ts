import { isCount, isText, readCanonical, readCanonicalObject, type ValueObject } from './canonical.ts';
import {
  bytesOfText,
  fromBase64url,
  isSoundKey,
  prefixed,
  textOfBytes,
  toBase64url,
  type Primitives,
} from './primitives.ts';

/** A signed message in the log: JWS compact (RFC 7515 §7.1), EdDSA, header exactly {alg, typ}, canonical payload. */
export interface MessageRead {
  /** `typ` without its prefix, for instance `grant`. */
  readonly type: string;
  readonly payload: ValueObject;
  readonly payloadBytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly input: Uint8Array;
}

const typPrefix = 'latchkey/1/msg/';
const hashLabel = bytesOfText('latchkey/1/object');

export function readMessage(jws: string): MessageRead | null {
  const [header = '', payload = '', signature = '', ...more] = jws.split('.');
  const headerBytes = fromBase64url(header);
  const payloadBytes = fromBase64url(payload);
  const signatureBytes = fromBase64url(signature);
  if (more.length > 0 || headerBytes === null || payloadBytes === null || signatureBytes?.length !== 64)
    return null;
  const typ = /^\{"alg":"EdDSA","typ":"([a-z0-9/-]+)"\}$/.exec(textOfBytes(headerBytes) ?? '')?.[1];
  if (typ?.startsWith(typPrefix) !== true || readCanonical(headerBytes) === null) return null;
  const value = readCanonicalObject(payloadBytes);
  if (value?.['v'] !== 1) return null;
  return {
    type: typ.slice(typPrefix.length),
    payload: value,
    payloadBytes,
    signature: signatureBytes,
    input: bytesOfText(`${header}.${payload}`),
  };
}

export function isSignedBy(primitives: Primitives, message: MessageRead, key: Uint8Array): boolean {
  return isSoundKey(key) && primitives.verifyEd25519(key, message.input, message.signature);
}

/** The name by which other messages refer to this one: it covers payload and key, not the signature. */
export function messageName({ sha256 }: Primitives, message: MessageRead, key: Uint8Array): string {
  return toBase64url(sha256(prefixed(hashLabel, bytesOfText(message.type), message.payloadBytes, key)));
}

/** A member of a payload that has to be there in that form; null where it is not. */
export const textOf = (payload: ValueObject, name: string): string | null => {
  const value = payload[name];
  return isText(value) ? value : null;
};

export const countOf = (payload: ValueObject, name: string): number | null => {
  const value = payload[name];
  return isCount(value) ? value : null;
};

/** A base64url member of exactly 32 bytes: a key. */
export function keyOf(payload: ValueObject, name: string): Uint8Array | null {
  const text = textOf(payload, name);
  const bytes = text === null ? null : fromBase64url(text);
  return bytes?.length === 32 ? bytes : null;
}
