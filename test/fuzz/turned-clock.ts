import type { Clock } from '../../src/base/clock.ts';

/** A clock for very many timers: it stands until it is turned, and says how many timers wait. */
export interface TurnedClock extends Clock {
  turn(ms: number): void;
  waiting(): number;
}

interface Entry {
  readonly at: number;
  readonly fn: () => void;
}

export function turnedClock(): TurnedClock {
  let now = 0;
  /** By the millisecond that they are due in. */
  const due = new Map<number, Set<Entry>>();
  let waiting = 0;
  return {
    wallMs: () => 1_700_000_000_000 + now,
    monoMs: () => now,
    waiting: () => waiting,
    after(ms, fn) {
      const at = Math.floor(now + Math.max(1, ms));
      const entry = { at, fn };
      const slot = due.get(at) ?? new Set();
      due.set(at, slot.add(entry));
      waiting += 1;
      return {
        cancel() {
          if (!slot.delete(entry)) return;
          waiting -= 1;
          if (slot.size === 0) due.delete(at);
        },
      };
    },
    turn(ms) {
      const end = now + ms;
      while (waiting > 0) {
        let at = Infinity;
        for (const time of due.keys()) at = Math.min(at, time);
        if (at > end) break;
        now = at;
        const slot = due.get(at)!;
        for (const entry of slot) {
          slot.delete(entry);
          waiting -= 1;
          entry.fn();
        }
        if (slot.size === 0) due.delete(at);
      }
      now = end;
    },
  };
}
