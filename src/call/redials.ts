import { createHmac, randomBytes } from 'node:crypto';
import type { Clock, Milliseconds } from '../base/clock.ts';
import { isWithheld } from './label.ts';

/** Callers remembered at most; beyond it the oldest is forgotten. */
const mostRemembered = 1_000;

/**
 * Who was in a meeting when his call ended, for a while: whoever calls again is told that the host has to let him in again.
 * It opens nothing. Numbers are kept as keyed hashes of this process; withheld ones are not known again.
 */
export class Redials {
  readonly #clock: Pick<Clock, 'monoMs'>;
  readonly #windowMs: () => Milliseconds;
  readonly #key = randomBytes(32);
  readonly #endedAt = new Map<string, Milliseconds>();

  constructor(clock: Pick<Clock, 'monoMs'>, windowMs: () => Milliseconds) {
    this.#clock = clock;
    this.#windowMs = windowMs;
  }

  ended(user: string, meeting: string): void {
    const name = this.#nameOf(user, meeting);
    if (name === null) return;
    // Behind the others: the first of a Map is its oldest.
    this.#endedAt.delete(name);
    this.#endedAt.set(name, this.#clock.monoMs());
    const oldest = this.#endedAt.keys().next();
    if (this.#endedAt.size > mostRemembered && oldest.done !== true) this.#endedAt.delete(oldest.value);
  }

  isAgain(user: string, meeting: string): boolean {
    const name = this.#nameOf(user, meeting);
    const at = name === null ? undefined : this.#endedAt.get(name);
    return at !== undefined && this.#clock.monoMs() - at < this.#windowMs();
  }

  #nameOf(user: string, meeting: string): string | null {
    if (isWithheld(user)) return null;
    return createHmac('sha256', this.#key).update(`${meeting}\n${user}`).digest('base64url');
  }
}
