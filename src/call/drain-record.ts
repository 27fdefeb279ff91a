import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { NewEntry } from '../ledger/event.ts';

/**
 * How long a drain waits for its own record: a disk takes milliseconds, and what a drain has to do takes all of the rest of
 * its time. A vault that hangs loses the record, not the callers' goodbye.
 */
const recordMs = 3_000;

export interface DrainRecorder {
  readonly clock: Clock;
  readonly log: Log;
  append(entries: readonly NewEntry[]): Promise<void>;
}

/** Before the first caller is told. A ledger that cannot take it has closed the gates already, or will: the drain goes on. */
export async function recordDrain(recorder: DrainRecorder, legs: number): Promise<void> {
  const { clock, log } = recorder;
  const recorded = recorder.append([{ type: 'drain', data: { legs } }]).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : 'unknown'),
  );
  const late = new Promise<string>((resolve) => {
    const timer = clock.after(recordMs, () => resolve('the ledger does not answer'));
    void recorded.then(() => timer.cancel());
  });
  const reason = await Promise.race([recorded, late]);
  if (reason !== null) log.warn({ reason }, 'drain not recorded');
}
