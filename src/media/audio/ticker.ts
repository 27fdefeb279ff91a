import type { Clock, Milliseconds, Timer } from '../../base/clock.ts';
import { frameMs } from './frame.ts';

/**
 * One call every 20 ms, on a grid: a tick that comes late does not move those after it (setInterval would drift by
 * 100 ms in ten seconds). After a stall it catches up a few ticks at once; what is older is skipped, because a burst
 * of old audio helps nobody, and told to the next tick.
 */
export interface TickerOptions {
  readonly clock: Clock;
  /** `skipped`: how many ticks before this one never happened. */
  readonly onTick: (skipped: number) => void;
}

export interface TickCounts {
  readonly total: number;
  readonly late: number;
  /** Older than `catchUpTicks` when their turn came: they never happened. Not in `total`. */
  readonly skipped: number;
  readonly worstLateMs: number;
  /** How many ticks were at most so late, by `latenessBoundsMs`; the last entry: later than all of them. */
  readonly lateness: readonly number[];
}

/** Upper bounds, in ms. */
export const latenessBoundsMs = [0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 100] as const;

/** Half a frame: later than that eats into the jitter buffer of the far end. */
const lateFromMs = frameMs / 2;
const catchUpTicks = 5;

export class Ticker {
  readonly #clock: Clock;
  readonly #onTick: (skipped: number) => void;
  #timer: Timer | null = null;
  #dueMs: Milliseconds = 0;
  #counts = noTicks();

  constructor(options: TickerOptions) {
    this.#clock = options.clock;
    this.#onTick = options.onTick;
  }

  get running(): boolean {
    return this.#timer !== null;
  }

  /** The counts since the last call. */
  takeCounts(): TickCounts {
    const counts = this.#counts;
    this.#counts = noTicks();
    return counts;
  }

  start(): void {
    if (this.#timer !== null) return;
    this.#dueMs = this.#clock.monoMs();
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(): void {
    const wait = Math.max(0, this.#dueMs - this.#clock.monoMs());
    this.#timer = this.#clock.after(wait, () => this.#fire());
  }

  #fire(): void {
    if (this.#timer === null) return;
    const lateMs = this.#clock.monoMs() - this.#dueMs;
    // A timer may fire a fraction of a millisecond early: that is on time.
    const behind = Math.max(0, Math.floor(lateMs / frameMs));
    const skipped = Math.max(0, behind - catchUpTicks);
    this.#dueMs += (skipped + 1) * frameMs;
    this.#counts.total += 1;
    this.#counts.skipped += skipped;
    this.#counts.late += lateMs > lateFromMs ? 1 : 0;
    this.#counts.worstLateMs = Math.max(this.#counts.worstLateMs, lateMs);
    const within = latenessBoundsMs.findIndex((bound) => lateMs <= bound);
    const bucket = within < 0 ? latenessBoundsMs.length : within;
    this.#counts.lateness[bucket] = (this.#counts.lateness[bucket] ?? 0) + 1;
    // Armed first, so that a tick that fails does not silence every leg after it.
    this.#arm();
    this.#onTick(skipped);
  }
}

const noTicks = () => ({
  ...{ total: 0, late: 0, skipped: 0, worstLateMs: 0 },
  lateness: new Array<number>(latenessBoundsMs.length + 1).fill(0),
});
