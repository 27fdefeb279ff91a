import { jwtVerify, SignJWT, type JWTPayload } from 'jose';
import type { Clock } from '../base/clock.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { limits } from './limits.ts';

/** What a token (LiveKit's: JWT, HS256, a `video` grant) lets its bearer do. It names; it authorises nothing of Latchkey's. */
export interface Access {
  readonly identity: string;
  readonly name: string;
  readonly metadata: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly room: string;
  readonly canPublish: boolean;
  readonly canSubscribe: boolean;
  readonly canPublishData: boolean;
  readonly canUpdateOwnMetadata: boolean;
}

export type AccessRefusal = 'invalid-token' | 'not-allowed';
export type VerifyAccess = (token: string) => Promise<Result<Access, AccessRefusal>>;

const clockToleranceSeconds = 5;
const refreshedSeconds = 600;

/** A fresh token of the same rights for a participant who is in, so that it can come back after its first one expired. */
export function tokenRefresher(options: {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly clock: Clock;
}): (access: Access) => Promise<string> {
  const secret = new TextEncoder().encode(options.apiSecret);
  return (access) => {
    const { identity, name, metadata, attributes, ...video } = access;
    const now = Math.floor(options.clock.wallMs() / 1000);
    return new SignJWT({ name, metadata, attributes, video: { ...video, roomJoin: true } })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuer(options.apiKey)
      .setSubject(identity)
      .setExpirationTime(now + refreshedSeconds)
      .sign(secret);
  };
}

export function accessVerifier(options: {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly clock: Clock;
}): VerifyAccess {
  const secret = new TextEncoder().encode(options.apiSecret);
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, secret, {
        algorithms: ['HS256'],
        issuer: options.apiKey,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(options.clock.wallMs()),
      });
      return readAccess(payload);
    } catch {
      return refuse('invalid-token');
    }
  };
}

function readAccess(payload: JWTPayload): Result<Access, AccessRefusal> {
  const video = isRecord(payload['video']) ? payload['video'] : {};
  const room = text(video['room'], limits.nameLength);
  const identity = text(payload.sub, limits.identityLength);
  const name = text(payload['name'] ?? '', limits.nameLength);
  const metadata = text(payload['metadata'] ?? '', limits.metadataLength);
  const attributes = readAttributes(payload['attributes'] ?? {});
  if (identity === null || name === null || metadata === null || attributes === null)
    return refuse('invalid-token');
  if (video['roomJoin'] !== true || room === null || room === '' || identity === '')
    return refuse('not-allowed');
  return ok({
    identity,
    name,
    metadata,
    attributes,
    room,
    // LiveKit's rule: these three are granted unless they are denied.
    canPublish: video['canPublish'] !== false,
    canSubscribe: video['canSubscribe'] !== false,
    canPublishData: video['canPublishData'] !== false,
    canUpdateOwnMetadata: video['canUpdateOwnMetadata'] === true,
  });
}

/** The attributes, or null where they are not strings or too many. */
export function readAttributes(value: unknown): Record<string, string> | null {
  if (!isRecord(value)) return null;
  const entries = Object.entries(value);
  if (entries.length > limits.attributes) return null;
  let length = 0;
  const attributes: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [key, item] of entries) {
    if (typeof item !== 'string') return null;
    length += key.length + item.length;
    attributes[key] = item;
  }
  return length > limits.attributesLength ? null : attributes;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown, maxLength: number): string | null {
  return typeof value === 'string' && value.length <= maxLength ? value : null;
}
