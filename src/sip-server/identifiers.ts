import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { branchCookie } from './message/via.ts';

/** RFC 3261 §19.3: tags, branches and Call-IDs are unguessable, at least 32 random bits; here 96 or more. */
export const newTag = (): string => randomBytes(12).toString('hex');
export const newBranch = (): string => branchCookie + randomBytes(16).toString('hex');
export const newCallId = (): string => randomUUID();
export const newTransactionId = (): string => randomUUID();
/** RFC 3261 §8.1.1.5: below 2**31; starting low leaves room for a long dialog. */
export const firstSequence = (): number => 1 + randomBytes(3).readUIntBE(0, 3);

const tagKey = randomBytes(32);

/** RFC 3261 §8.2.7: a response sent without a transaction has the same To tag each time the request comes. */
export function statelessTag(callId: string, branch: string): string {
  return createHmac('sha256', tagKey).update(`${callId}\0${branch}`).digest('hex').slice(0, 24);
}
