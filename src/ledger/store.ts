import type { PersonalValue } from './event.ts';
import type { Hash } from './merkle.ts';
import type { StoredTask, Task } from './tasks.ts';

/**
 * Where a log is kept. The writer relies on this contract, and `test/support/store-contract.ts` holds every store to it:
 *
 * 1. `append` is all or nothing: leaves, tiles, personal values, marks and checkpoint of a batch appear together.
 * 2. When `append` has resolved, the batch survives the loss of the process, of the machine and of its power.
 * 3. When `append` has rejected, the batch may be there or not, whole or not at all. The store then refuses every further
 *    append until it is opened again: only a fresh `open` can tell what was kept.
 * 4. `open` returns what was durable when it was called: every acknowledged batch, and perhaps the last unacknowledged one.
 * 5. There is one writer. `open` rejects with `ledger-in-use` while another process has the log open for writing, and
 *    a writer that died does not stand in the way of the next.
 * 6. Readers of the same log see whole batches, at any time, without disturbing the writer.
 */
export interface LedgerStore {
  /** It keeps a seal instead of a signed checkpoint where one is not made at once (seal.ts). */
  readonly takesSeals: boolean;
  open(): Promise<StoredLog>;
  append(batch: StoredBatch): Promise<void>;
  /**
   * What an operator asked for and nobody has done, oldest first. Asked twice a second: `ledger-unavailable` says that the
   * store is gone.
   */
  openTasks(): Promise<readonly StoredTask[]>;
  /** How many values or leaves a task would take away now. Refuses (null) to touch leaves that have to stay. */
  weighTask(task: Task): Promise<number | null>;
  /** Removes from the medium what was deleted, as far as the store can. */
  scrub(): Promise<void>;
  /** Of leaves `from` up to `from + count`, all of which must be there. */
  leafHashes(from: number, count: number): Promise<readonly Hash[]>;
  /** The leaves' exact bytes, null where they were pruned; refuses as `leafHashes` does. */
  leafBodies(from: number, count: number): Promise<readonly (Uint8Array | null)[]>;
  close(): Promise<void>;
}

export interface StoredLeaf {
  readonly bytes: Uint8Array;
  readonly hash: Hash;
}

export interface StoredCheckpoint {
  readonly size: number;
  /** The signed note. */
  readonly note: string;
  /** It was handed out: it stays. Others make room for the next. */
  readonly kept: boolean;
}

/** A batch without leaves puts a checkpoint on those that have none. It may be lost with the machine's power, and with nothing else. */
export interface StoredBatch {
  readonly firstSeq: number;
  readonly leaves: readonly StoredLeaf[];
  /** Roots of the tiles of 256 leaves that the batch completes. */
  readonly tiles: readonly { readonly index: number; readonly hash: Hash }[];
  /** `leg` is empty where the value belongs to no caller. */
  readonly personal: readonly (PersonalValue & { readonly seq: number; readonly leg: string })[];
  readonly marks: readonly Mark[];
  /** Covers the whole log with this batch; null where the seal stands for it meanwhile. */
  readonly checkpoint: StoredCheckpoint | null;
  /** Where there is no checkpoint, and the store takes seals. */
  readonly seal: string | null;
  /** Tasks that the batch accounts for, with what each removes: null where it was refused and removes nothing. */
  readonly tasks: readonly DoneTask[];
}

export interface DoneTask {
  readonly id: number;
  readonly removal: Task | null;
}

/** A short fact that the writer must find again at its next start, such as what is open. `null` removes it. */
export interface Mark {
  readonly name: string;
  readonly value: string | null;
}

export interface StoredLog {
  readonly size: number;
  readonly tiles: readonly Hash[];
  /** Hashes of the leaves after the last complete tile. */
  readonly tail: readonly Hash[];
  /** The newest one: it covers the whole log, but where there is a seal. */
  readonly checkpoint: StoredCheckpoint | null;
  readonly seal: string | null;
  readonly marks: ReadonlyMap<string, string>;
}
