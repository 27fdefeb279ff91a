import type { Clock, Milliseconds } from '../base/clock.ts';

/** What is used of a `Worker`; tests hand in another. */
export interface TimerWorker {
  postMessage(message: { readonly id: number; readonly ms: Milliseconds | null }): void;
  onmessage: ((event: MessageEvent<number>) => void) | null;
  terminate(): void;
}

export interface WorkerClock extends Clock {
  /** Ends the worker; no timer fires after it. */
  close(): void;
}

/* eslint-disable no-restricted-properties -- the pages' owner of real time */
const now = { wallMs: () => Date.now(), monoMs: () => performance.now() };
/* eslint-enable no-restricted-properties */

/** A clock whose timers run in `clock-worker.ts`, so that a tab in the background keeps its heartbeat. */
export function createWorkerClock(worker: TimerWorker): WorkerClock {
  const pending = new Map<number, () => void>();
  let last = 0;
  worker.onmessage = ({ data: id }) => {
    const fn = pending.get(id);
    // A message that was under way when its timer was cancelled finds nothing here.
    pending.delete(id);
    fn?.();
  };
  return {
    ...now,
    after(ms, fn) {
      const id = ++last;
      pending.set(id, fn);
      worker.postMessage({ id, ms: Math.max(0, ms) });
      return {
        cancel() {
          if (pending.delete(id)) worker.postMessage({ id, ms: null });
        },
      };
    },
    close() {
      pending.clear();
      worker.terminate();
    },
  };
}
