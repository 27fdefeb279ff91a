import { createHmac, randomBytes, randomFillSync, randomUUID } from 'node:crypto';
import { branchCookie } from './message/via.ts';

/** RFC 3261 §19.3: tags, branches and Call-IDs are unguessable, at least 32 random bits; here 96 or more. */
export const newTag = (): string => randomHex(12);
export const newBranch = (): string => branchCookie + randomHex(16);
export const newCallId = (): string => randomUUID();
export const newTransactionId = (): string => randomUUID();
/** Of a frame to an app, which gives it back in no reply: it need only differ. */
export const newMessageId = (): string => randomHex(8);
/** RFC 3261 §8.1.1.5: below 2**31; starting low leaves room for a long dialog. */
export const firstSequence = (): number => 1 + Number.parseInt(randomHex(3), 16);

const pool = Buffer.alloc(4_096);
let unused = 0;

/** Drawn in advance: one call of the system's generator for hundreds of identifiers. */
function randomHex(bytes: number): string {
  if (unused < bytes) {
    randomFillSync(pool);
    unused = pool.length;
  }
  unused -= bytes;
  return pool.toString('hex', unused, unused + bytes);
}

const tagKey = randomBytes(32);

/** RFC 3261 §8.2.7: a response sent without a transaction has the same To tag each time the request comes. */
export function statelessTag(callId: string, branch: string): string {
  return createHmac('sha256', tagKey).update(`${callId}\0${branch}`).digest('hex').slice(0, 24);
}
