import { SignJWT } from 'jose';
import type { Clock } from '../../base/clock.ts';

/** What a LiveKit access token says: who the bearer is in which room, and until when. It opens nothing of Latchkey's. */
export interface TokenRequest {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly room: string;
  readonly identity: string;
  /** Shown to everybody, the server included. */
  readonly name?: string;
  readonly ttlSeconds: number;
  readonly canPublish?: boolean;
  readonly canSubscribe?: boolean;
  readonly canPublishData?: boolean;
}

/** JWT, HS256, with LiveKit's `video` grant. */
export function livekitToken(request: TokenRequest, clock: Clock): Promise<string> {
  const now = Math.floor(clock.wallMs() / 1000);
  const video = {
    room: request.room,
    roomJoin: true,
    canPublish: request.canPublish ?? true,
    canSubscribe: request.canSubscribe ?? true,
    canPublishData: request.canPublishData ?? true,
    canUpdateOwnMetadata: false,
  };
  return new SignJWT({ name: request.name ?? '', video })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(request.apiKey)
    .setSubject(request.identity)
    .setIssuedAt(now)
    .setNotBefore(now - 10) // the meeting server's clock may be a little behind ours
    .setExpirationTime(now + request.ttlSeconds)
    .sign(new TextEncoder().encode(request.apiSecret));
}
