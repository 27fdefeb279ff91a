import type { Clock, Milliseconds, Timer } from '../base/clock.ts';
import type { LobbyTimer } from './lobby-state.ts';

/** No list of recordings takes longer to say. A report that does not come delays a question, and never ends it. */
const longestSpeechMs: Milliseconds = 60_000;

export interface LegTimersOptions {
  readonly clock: Pick<Clock, 'after'>;
  onDue(name: LobbyTimer): void;
}

/**
 * The lobby's timers of one leg. `no-input` counts from the end of what is being said, because recordings differ in length by
 * language and by form: a caller has the same time to answer after each of them. The others count from when they are set.
 */
export class LegTimers {
  readonly #options: LegTimersOptions;
  readonly #timers = new Map<LobbyTimer, Timer>();
  /** Play ids that the worker has not reported as over. */
  readonly #saying = new Set<number>();
  #afterSpeech: Milliseconds | null = null;

  constructor(options: LegTimersOptions) {
    this.#options = options;
  }

  /** Null clears it. */
  set(name: LobbyTimer, ms: Milliseconds | null): void {
    if (name !== 'no-input') {
      this.#arm(name, ms);
      return;
    }
    this.#afterSpeech = this.#saying.size > 0 ? ms : null;
    this.#arm(name, this.#afterSpeech === null ? ms : this.#afterSpeech + longestSpeechMs);
  }

  saying(playId: number): void {
    this.#saying.add(playId);
  }

  said(playId: number): void {
    this.#saying.delete(playId);
    if (this.#saying.size === 0) this.#quiet();
  }

  /** The leg is in another worker: what the one before was saying is over. */
  moved(): void {
    this.#saying.clear();
    this.#quiet();
  }

  clear(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    this.#afterSpeech = null;
  }

  #quiet(): void {
    if (this.#afterSpeech === null) return;
    this.#arm('no-input', this.#afterSpeech);
    this.#afterSpeech = null;
  }

  #arm(name: LobbyTimer, ms: Milliseconds | null): void {
    this.#timers.get(name)?.cancel();
    this.#timers.delete(name);
    if (ms === null) return;
    this.#timers.set(
      name,
      this.#options.clock.after(ms, () => this.#options.onDue(name)),
    );
  }
}
