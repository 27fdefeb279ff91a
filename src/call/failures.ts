import type { Milliseconds } from '../base/clock.ts';

/**
 * Failed attempts of one kind of name, a source or a meeting, and what they cost:
 *
 *   free --failure--> slower and slower --`failures` within the window--> locked out --time--> free, next time for longer
 *
 * A success frees a source at once; it says nothing about those who guess at the same meeting.
 */
export interface Failures {
  /** Since `firstAt`, within one window. */
  readonly count: number;
  readonly firstAt: Milliseconds;
  /** Not later than `firstAt` where it has not been locked out. */
  readonly lockedUntil: Milliseconds;
  readonly lockouts: number;
}

export interface FailureRules {
  /** Failures within `lockoutMs` after which nothing is heard any more. */
  readonly failures: number;
  /** The first lock-out; each that follows it without a quiet time in between is twice as long, to at most 64 times. */
  readonly lockoutMs: Milliseconds;
}

/** What is counted. `id` is no number and no address in clear where it is kept beyond this process. */
export interface CountedName {
  readonly kind: 'caller' | 'address' | 'meeting';
  readonly id: string;
}

export interface CountedFailure {
  readonly lockedOut: boolean;
  /** How long the answer to this failure is held back. */
  readonly delayMs: Milliseconds;
}

/** Where failures are counted: in this process, or where several connectors count together. */
export interface FailureCounts {
  /** Of these names, in their order. @throws LatchkeyError `sharing-unavailable` */
  lockedOut(names: readonly CountedName[]): Promise<readonly boolean[]>;
  /** One more of each, in their order. @throws LatchkeyError `sharing-unavailable` */
  failed(names: readonly CountedName[]): Promise<readonly CountedFailure[]>;
  /** @throws LatchkeyError `sharing-unavailable` */
  succeeded(name: CountedName): Promise<void>;
}

export type RulesByKind = Readonly<Record<CountedName['kind'], FailureRules>>;

const mostDoublings = 6;
/** The answer to a wrong PIN waits so long after the first failure, twice as long after each more, and no longer than the last. */
const firstDelayMs = 250;
const longestDelayMs = 4_000;

export const isLockedOut = (known: Failures | null, now: Milliseconds): boolean =>
  known !== null && now < known.lockedUntil;

export function afterFailure(
  before: Failures | null,
  now: Milliseconds,
  { failures, lockoutMs }: FailureRules,
): Failures {
  const known = before ?? { count: 0, firstAt: now, lockedUntil: now, lockouts: 0 };
  // A window of its own once the last one is over: old failures do not add up for ever.
  const fresh = now - known.firstAt > lockoutMs ? { ...known, count: 0, firstAt: now } : known;
  const count = fresh.count + 1;
  if (count < failures) return { ...fresh, count };
  const { lockouts } = fresh;
  return {
    ...{ count: 0, firstAt: fresh.firstAt, lockouts: lockouts + 1 },
    lockedUntil: now + lockoutMs * 2 ** Math.min(lockouts, mostDoublings),
  };
}

/** When there is nothing to hold against it any more. */
export const forgottenAt = (
  { firstAt, lockedUntil, lockouts }: Failures,
  { lockoutMs }: FailureRules,
): Milliseconds => Math.max(firstAt, lockedUntil) + lockoutMs * 2 ** Math.min(lockouts, mostDoublings);

export const delayAfter = ({ count }: Failures): Milliseconds =>
  count === 0 ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (count - 1));
