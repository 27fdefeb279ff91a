/** Time as an argument. Production hands in `systemClock`; tests hand in one that they move by hand. */
export type Milliseconds = number;

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock, milliseconds since 1970, for display and records only: it may jump. */
  wallMs(): Milliseconds;
  /** Monotonic, fractional milliseconds from an arbitrary start: for every comparison and time-out. */
  monoMs(): Milliseconds;
  /** Runs `fn` once, no earlier than `ms` from now. */
  after(ms: Milliseconds, fn: () => void): Timer;
}

/* eslint-disable no-restricted-properties, no-restricted-globals -- the one owner of real time */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monoMs: () => performance.now(),
  after(ms, fn) {
    const handle = setTimeout(fn, ms);
    return { cancel: () => clearTimeout(handle) };
  },
};
/* eslint-enable no-restricted-properties, no-restricted-globals */

/** Runs `fn` every `ms` until cancelled. For housekeeping; audio has a ticker of its own that does not drift. */
export function every(clock: Clock, ms: Milliseconds, fn: () => void): Timer {
  let cancelled = false;
  let timer: Timer;
  const arm = (): void => {
    timer = clock.after(ms, () => {
      if (cancelled) return;
      arm();
      fn();
    });
  };
  arm();
  return {
    cancel() {
      cancelled = true;
      timer.cancel();
    },
  };
}

/** A promise that resolves after `ms`. */
export function delay(clock: Clock, ms: Milliseconds): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
