import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { MeetingId } from '../base/ids.ts';

/**
 * What a host has to sign before it is told a PIN, so that no signature of yesterday gets the PIN of today:
 *
 *   random (16) || expiry, milliseconds since 1970, big-endian (8) || HMAC-SHA-256 of meeting and both, first 16 bytes
 *
 * Nothing is remembered of it: whoever asks costs no memory. Within its minute it can be used again; who could do that has seen the answer.
 */
export interface PinChallenges {
  make(meeting: MeetingId): Uint8Array<ArrayBuffer>;
  /** Ours, of this meeting, and not expired. */
  holds(meeting: MeetingId, challenge: Uint8Array): boolean;
}

const lifeMs = 60_000;

/** `secret`: that of the meeting server, which connectors that share their meetings have in common, so that any of them may be asked. */
export function createPinChallenges(secret: string, clock: Pick<Clock, 'wallMs'>): PinChallenges {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'latchkey/1/pin-challenge', 32));
  const tag = (meeting: MeetingId, head: Uint8Array): Buffer =>
    createHmac('sha256', key).update(`${meeting} `).update(head).digest().subarray(0, 16);
  return {
    make(meeting) {
      const head = Buffer.alloc(24);
      randomBytes(16).copy(head);
      head.writeBigUInt64BE(BigInt(Math.floor(clock.wallMs()) + lifeMs), 16);
      return new Uint8Array(Buffer.concat([head, tag(meeting, head)]));
    },
    holds(meeting, challenge) {
      if (challenge.length !== 40) return false;
      const head = Buffer.from(challenge.subarray(0, 24));
      if (!timingSafeEqual(tag(meeting, head), challenge.subarray(24))) return false;
      const left = Number(head.readBigUInt64BE(16)) - clock.wallMs();
      // A clock that was set back gives nothing a longer life.
      return left > 0 && left <= lifeMs;
    },
  };
}
