import type { Clock } from '../base/clock.ts';
import type { NewEntry } from '../ledger/event.ts';
import type { LedgerWriter } from '../ledger/writer.ts';
import type { LedgerStatus } from './protocol.ts';

/** Upper bounds in seconds of what an append takes, from its hand-in to its place on disk. */
export const appendBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;

/** The writer as it is, and what can be said of how it does. */
export interface WatchedLedger {
  readonly writer: LedgerWriter;
  status(): LedgerStatus;
}

/**
 * Times every append and counts the grants that the log says are in force: a grant's leaf opens one, the leaf of the closed
 * gate or of the destroyed key ends it. That is the other account of what workers say about the keys they hold.
 */
export function watchLedger(inner: LedgerWriter, clock: Pick<Clock, 'monoMs'>): WatchedLedger {
  const waiting = new Set<{ readonly sinceMs: number }>();
  const granted = new Set<string>();
  const buckets = appendBounds.map(() => 0);
  let appends = 0;
  let refused = 0;
  let seconds = 0;

  const timed = async <T extends { readonly ok: boolean }>(
    entries: readonly NewEntry[],
    append: () => Promise<T>,
  ): Promise<T> => {
    const job = { sinceMs: clock.monoMs() };
    waiting.add(job);
    const done = await append();
    waiting.delete(job);
    if (!done.ok) {
      refused += 1;
      return done;
    }
    const took = (clock.monoMs() - job.sinceMs) / 1_000;
    appends += 1;
    seconds += took;
    const at = appendBounds.findIndex((bound) => took <= bound);
    if (at >= 0) buckets[at] = (buckets[at] ?? 0) + 1;
    for (const entry of entries) count(entry);
    return done;
  };
  const count = ({ type, meeting = '', bridge = '' }: NewEntry): void => {
    const place = `${meeting}/${bridge}`;
    if (type === 'grant') granted.add(place);
    if (type === 'gate-closed' || type === 'key-destroyed') granted.delete(place);
  };
  const writer: LedgerWriter = {
    ...inner,
    // Getters do not survive a copy.
    get size() {
      return inner.size;
    },
    get newsAt() {
      return inner.newsAt;
    },
    get failure() {
      return inner.failure;
    },
    append: (entries, marks) => timed(entries, () => inner.append(entries, marks)),
    appendWithProof: (entries, options) => timed(entries, () => inner.appendWithProof(entries, options)),
  };
  return {
    writer,
    status() {
      const oldest = Math.min(...[...waiting].map(({ sinceMs }) => sinceMs));
      return {
        size: inner.size,
        failed: inner.failure !== null,
        waiting: waiting.size,
        lagMs: waiting.size === 0 ? 0 : clock.monoMs() - oldest,
        grants: granted.size,
        append: { buckets: [...buckets], count: appends, refused, seconds },
      };
    },
  };
}
