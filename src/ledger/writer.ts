import type { Clock } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { serialQueue } from '../base/serial.ts';
import { batchQueue, type BatchQueue } from './batch-queue.ts';
import type { LedgerSigner } from './checkpoint.ts';
import type { NewEntry } from './event.ts';
import type { LeafRefusal, Stamp } from './leaves.ts';
import type { Hash } from './merkle.ts';
import { refusedTaskEntry, taskEntry, type StoredTask } from './tasks.ts';
import { openLog, type GrowthProof, type LeafProof, type Log, type Part, type Written } from './log.ts';
import type { LedgerTail, TailQuery } from './log-tail.ts';
import { openOf, recoveredEntries, recoveredMarks, runningMark, type OpenOfBridge } from './marks.ts';
import type { LedgerStore, Mark } from './store.ts';

/**
 * The one writer of a log. Append, sync, then tell: a caller that acts only on an acknowledgement never acts on something
 * that the ledger may lose. What was handed in first is written first; what arrives while a batch is being synced makes
 * the next batch. A failed append leaves open what was kept, so the writer is failed for good and the caller closes
 * every gate (K5); the next start reads what is there.
 */
export interface LedgerWriter {
  /** Names this start of the writer, in every leaf. */
  readonly run: string;
  append(entries: readonly NewEntry[], marks?: readonly Mark[]): Promise<Result<Appended, AppendRefusal>>;
  /** The same, with a proof of each leaf. With `keep`, the checkpoint of the proofs stays in the ledger. */
  appendWithProof(
    entries: readonly NewEntry[],
    options?: { readonly marks?: readonly Mark[]; readonly keep?: boolean },
  ): Promise<Result<readonly LeafProof[], AppendRefusal>>;
  /** That the logs of these sizes, which somebody remembers, are beginnings of the log of the last checkpoint. */
  consistency(sizes: readonly number[]): Promise<Result<GrowthProof, 'ledger-failed' | 'no-such-size'>>;
  /** The root of the first `size` leaves, or null where there never was a log of that size. */
  rootAt(size: number): Promise<Hash | null>;
  /** For people who look at the log. Rejects where the store does not answer. */
  tail(query: TailQuery): Promise<LedgerTail>;
  /** Leaves under the last checkpoint. */
  readonly size: number;
  /** Leaves up to the last one that is not a cosignature. */
  readonly newsAt: number;
  /** Does what an operator asked for since the last call. Returns how many tasks were done. */
  runTasks(): Promise<number>;
  /** What the store remembers under a name, for instance a floor. */
  mark(name: string): string | null;
  /** What is open of one bridge: whether it holds a key, and its legs. */
  openOf(meeting: string, bridge: string): OpenOfBridge;
  /** Why nothing can be written any more, or null. */
  readonly failure: string | null;
  /** Appends `stop`, after which the next start is a clean one. Idempotent. */
  close(): Promise<void>;
}

export interface Appended {
  readonly firstSeq: number;
}

export type AppendRefusal = LeafRefusal | 'no-entries' | 'overloaded' | 'ledger-failed';

export interface WriterOptions {
  readonly store: LedgerStore;
  readonly signer: LedgerSigner;
  readonly clock: Clock;
  /** base64url of 16 random bytes. */
  readonly run: string;
  /** The `start` leaf: the certificate that names the ledger's key, and facts about this start. */
  readonly start: Pick<NewEntry, 'jws' | 'data'>;
  readonly yieldToInput: () => Promise<void>;
  /** Called once, before the rejected appends are told. */
  onFailed(reason: string): void;
}

const maxWaiting = 10_000;
const maxBatch = 1_000;

interface Job extends Part {
  done(outcome: Result<Written, AppendRefusal>): void;
}

/**
 * Opens the log and begins this run: where the run before it did not end with `stop`, a `recovered` leaf first closes
 * all that was open (K9).
 *
 * @throws LatchkeyError `ledger-unavailable`
 */
export async function openLedger(options: WriterOptions): Promise<LedgerWriter> {
  const log = await openLog(options.store, options.signer);
  const writer = createWriter(options, log);
  const { marks, size } = log.found;
  const begun = await writer.append(
    [...recoveredEntries(marks, size), { ...options.start, type: 'start' }],
    recoveredMarks(marks),
  );
  if (begun.ok) return writer;
  await options.store.close();
  throw new LatchkeyError(
    'ledger-unavailable',
    `the ledger did not take its start: ${writer.failure ?? begun.reason}`,
  );
}

/** Writes batch after batch until the first one fails. */
function createQueue(options: WriterOptions, log: Log, failing: Failing): BatchQueue<Job> {
  const { clock, run } = options;
  const bornMs = clock.monoMs();
  const stamp = (): Stamp => ({ at: clock.wallMs(), mono: Math.floor(clock.monoMs() - bornMs), run });
  const write = async (batch: readonly Job[]): Promise<void> => {
    if (failing.reason === null) {
      try {
        const outcomes = await log.commit(batch, stamp());
        for (const [i, job] of batch.entries()) job.done(outcomes[i] ?? refuse('ledger-failed'));
        if (log.checkpointDue) signSoon();
        return;
      } catch (error) {
        failing.fail(error);
      }
    }
    for (const job of batch) job.done(refuse('ledger-failed'));
  };
  const queue = batchQueue<Job>({
    weigh: (job) => job.entries.length,
    maxBatch,
    maxWaiting,
    yieldToInput: options.yieldToInput,
    run: write,
  });
  let soon = false;
  /** The checkpoint of what was acknowledged already, as soon as nobody else wants anything. */
  const signSoon = (): void => {
    if (soon) return;
    soon = true;
    void options.yieldToInput().then(() => {
      soon = false;
      // The batch of those who wait signs, or asks for this again at its end.
      if (!log.checkpointDue || failing.reason !== null || queue.waiting) return;
      queue.push({ entries: [], marks: [], checkpoint: 'sign', done: () => undefined });
    });
  };
  return queue;
}

interface Failing {
  readonly reason: string | null;
  /** For good; told once. */
  fail(error: unknown): void;
}

function createFailing(onFailed: (reason: string) => void): Failing {
  let reason: string | null = null;
  return {
    get reason() {
      return reason;
    },
    fail(error) {
      if (reason !== null) return;
      reason = error instanceof Error ? error.message : String(error);
      onFailed(reason);
    },
  };
}

function createWriter(options: WriterOptions, log: Log): LedgerWriter {
  const failing = createFailing((reason) => options.onFailed(reason));
  const queue = createQueue(options, log, failing);
  const tasks = serialQueue();
  let closing: Promise<void> | null = null;

  const write = (part: Part): Promise<Result<Written, AppendRefusal>> => {
    if (failing.reason !== null) return Promise.resolve(refuse('ledger-failed'));
    if (part.entries.length === 0) return Promise.resolve(refuse('no-entries'));
    return new Promise((done) => {
      if (!queue.push({ ...part, done })) done(refuse('overloaded'));
    });
  };
  const add = (
    entries: readonly NewEntry[],
    marks: readonly Mark[],
    checkpoint: Part['checkpoint'],
  ): Promise<Result<Written, AppendRefusal>> =>
    closing === null ? write({ entries, marks, checkpoint }) : Promise.resolve(refuse('ledger-failed'));
  /** A store that is gone is noticed here although nobody writes: the gate does not wait for the next append (K5). */
  const openTasks = async (): Promise<readonly StoredTask[]> => {
    if (failing.reason !== null || closing !== null) return [];
    try {
      return await options.store.openTasks();
    } catch (error) {
      const gone = error instanceof LatchkeyError && error.code === 'ledger-unavailable';
      // `close` may have overtaken the question.
      if (gone && (closing as Promise<void> | null) === null) failing.fail(error);
      throw error;
    }
  };
  const runTasks = async (): Promise<number> => {
    let done = 0;
    for (const stored of await openTasks()) {
      const { id, task } = stored;
      const removed = await options.store.weighTask(task);
      const written = await write({
        entries: [removed === null ? refusedTaskEntry(task) : taskEntry(task, removed)],
        marks: [],
        checkpoint: 'later',
        task: { id, removal: removed === null ? null : task },
      });
      if (written.ok) done += 1;
    }
    if (done > 0) await options.store.scrub();
    return done;
  };
  const close = async (): Promise<void> => {
    await write({
      entries: [{ type: 'stop' }],
      marks: [{ name: runningMark, value: null }],
      checkpoint: 'keep',
    });
    await queue.idle();
    await options.store.close();
  };

  return {
    run: options.run,
    get failure() {
      return failing.reason;
    },
    mark: (name) => log.marks.get(name) ?? null,
    openOf: (meeting, bridge) => openOf(log.marks, meeting, bridge),
    async append(entries, marks = []) {
      const written = await add(entries, marks, 'later');
      return written.ok ? ok({ firstSeq: written.value.firstSeq }) : written;
    },
    async appendWithProof(entries, { marks = [], keep = false } = {}) {
      const written = await add(entries, marks, keep ? 'keep' : 'sign');
      return written.ok ? ok(await log.prove(written.value)) : written;
    },
    runTasks: () => tasks.run(runTasks),
    consistency: (sizes) =>
      failing.reason === null ? log.grown(sizes) : Promise.resolve(refuse('ledger-failed')),
    rootAt: (size) => log.rootAt(size),
    tail: (query) => log.tail(query),
    get size() {
      return log.size;
    },
    get newsAt() {
      return log.newsAt;
    },
    close: () => (closing ??= close()),
  };
}
