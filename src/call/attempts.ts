import type { Clock, Milliseconds } from '../base/clock.ts';

export interface AttemptOptions {
  readonly clock: Pick<Clock, 'monoMs'>;
  /** Failures within `lockoutMs` after which nothing is heard any more. */
  readonly failures: number;
  /** The first lock-out; each that follows it without a quiet time in between is twice as long, to at most 64 times. */
  readonly lockoutMs: Milliseconds;
}

/** Names remembered at most; beyond it the oldest is forgotten, so that a spoofed flood cannot grow memory. */
const mostRemembered = 10_000;
const mostDoublings = 6;
/** The answer to a wrong PIN waits so long after the first failure, twice as long after each more, and no longer than the last. */
const firstDelayMs = 250;
const longestDelayMs = 4_000;

interface Failures {
  count: number;
  firstAt: Milliseconds;
  lockedUntil: Milliseconds;
  lockouts: number;
}

/**
 * Failed attempts by one kind of name, a source or a meeting, and what they cost:
 *
 *   free --failure--> slower and slower --`failures` within the window--> locked out --time--> free, next time for longer
 *
 * A success frees a source at once; it says nothing about those who guess at the same meeting.
 */
export class Attempts {
  readonly #options: AttemptOptions;
  readonly #failures = new Map<string, Failures>();

  constructor(options: AttemptOptions) {
    this.#options = options;
  }

  lockedOut(name: string): boolean {
    const known = this.#current(name);
    return known !== null && this.#options.clock.monoMs() < known.lockedUntil;
  }

  failed(name: string): void {
    const { clock, failures, lockoutMs } = this.#options;
    const now = clock.monoMs();
    const known = this.#current(name) ?? this.#remember(name, now);
    // A window of its own once the last one is over: old failures do not add up for ever.
    if (now - known.firstAt > lockoutMs) {
      known.count = 0;
      known.firstAt = now;
    }
    known.count += 1;
    if (known.count < failures) return;
    known.lockedUntil = now + lockoutMs * 2 ** Math.min(known.lockouts, mostDoublings);
    known.lockouts += 1;
    known.count = 0;
  }

  succeeded(name: string): void {
    this.#failures.delete(name);
  }

  /** How long the answer to the failure that was just counted is held back. */
  delayMs(name: string): Milliseconds {
    const count = this.#current(name)?.count ?? 0;
    return count === 0 ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (count - 1));
  }

  /** Null where there is nothing to hold against it any more. */
  #current(name: string): Failures | null {
    const known = this.#failures.get(name);
    if (known === undefined) return null;
    const quietSince = Math.max(known.firstAt, known.lockedUntil);
    const forgetAfter = this.#options.lockoutMs * 2 ** Math.min(known.lockouts, mostDoublings);
    if (this.#options.clock.monoMs() - quietSince <= forgetAfter) return known;
    this.#failures.delete(name);
    return null;
  }

  #remember(name: string, now: Milliseconds): Failures {
    if (this.#failures.size >= mostRemembered) {
      const oldest = this.#failures.keys().next();
      if (oldest.done !== true) this.#failures.delete(oldest.value);
    }
    const fresh = { count: 0, firstAt: now, lockedUntil: -Infinity, lockouts: 0 };
    this.#failures.set(name, fresh);
    return fresh;
  }
}
