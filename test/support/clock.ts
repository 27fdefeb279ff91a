import type { Clock } from '../../src/base/clock.ts';

/** A clock that stands until it is moved; timers run in the order of their times. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
}

export function manualClock(): ManualClock {
  let now = 0;
  let timers: { at: number; fn: () => void }[] = [];
  return {
    wallMs: () => 1_700_000_000_000 + now,
    monoMs: () => now,
    after(ms, fn) {
      const timer = { at: now + ms, fn };
      timers.push(timer);
      return { cancel: () => void (timers = timers.filter((other) => other !== timer)) };
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers = timers.filter((timer) => timer !== next);
        now = Math.max(now, next.at);
        next.fn();
      }
      now = end;
    },
  };
}
