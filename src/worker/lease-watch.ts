import { every, type Clock, type Timer } from '../base/clock.ts';
import type { LeaseLeft } from './protocol.ts';

/** So late at most is the end of a lease noticed. */
const checkMs = 200;

/**
 * How long a bridge may be in its meeting, in the process that holds its key: it does not depend on control, which may stand still
 * while another connector takes the meeting. `onEnd` is called once.
 */
export class LeaseWatch {
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  #endMono: number;
  #endWall: number;
  #checks: Timer | null;
  #over = false;

  constructor(clock: Clock, lease: LeaseLeft, onEnd: () => void) {
    this.#clock = clock;
    this.#onEnd = onEnd;
    this.#endMono = clock.monoMs() + lease.forMs;
    this.#endWall = lease.wallMs;
    this.#checks = every(clock, checkMs, () => this.#check());
  }

  /** For good: there is no way back into the meeting. */
  get over(): boolean {
    return this.#over;
  }

  renew({ forMs, wallMs }: LeaseLeft): void {
    this.#endMono = this.#clock.monoMs() + forMs;
    this.#endWall = wallMs;
    this.#check();
  }

  stop(): void {
    this.#checks?.cancel();
    this.#checks = null;
  }

  #check(): void {
    const { wallMs, monoMs } = { wallMs: this.#clock.wallMs(), monoMs: this.#clock.monoMs() };
    if (this.#checks === null || (monoMs < this.#endMono && wallMs < this.#endWall)) return;
    this.#over = true;
    this.stop();
    this.#onEnd();
  }
}
