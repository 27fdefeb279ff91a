import { every, type Clock, type Timer } from '../base/clock.ts';

/**
 * Gives memory back after a burst. Transactions live for 32 s (RFC 3261 §17.2), long enough to be moved to V8's old
 * generation, and V8 collects that one only when new objects ask for room: of the last burst before a quiet hour everything
 * would stay. So when little comes in and what is held has become much less than it was, one full collection is run.
 */
export interface QuietCollectionOptions {
  readonly clock: Clock;
  /** Messages since the start. */
  readonly received: () => number;
  /** Transactions, dialogs and connections now. */
  readonly held: () => number;
  readonly collect: () => void;
}

const lookEveryMs = 5_000;
/** A collection stops the process for some 10 ms, more where much is live: not while callers wait for answers. */
const quietMessagesPerSecond = 50;
/** Below this there is nothing worth a collection: about a megabyte of what was held. */
const worthwhile = 500;

export function startQuietCollection(options: QuietCollectionOptions): Timer {
  const { clock, received, held, collect } = options;
  let seen = received();
  /** The most that was held since the last collection. */
  let most = 0;
  return every(clock, lookEveryMs, () => {
    const now = held();
    most = Math.max(most, now);
    const messages = received() - seen;
    seen += messages;
    if (messages > (quietMessagesPerSecond * lookEveryMs) / 1_000) return;
    if (most - now < worthwhile || now > most / 2) return;
    collect();
    most = now;
  });
}
