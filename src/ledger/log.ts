import { equalBytes } from '../base/bytes.ts';
import { LatchkeyError } from '../base/errors.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { checkpointSigner, openCheckpoint, type LedgerSigner } from './checkpoint.ts';
import type { NewEntry } from './event.ts';
import { makeLeaves, type LeafRefusal, type Stamp } from './leaves.ts';
import { lifeMarks } from './marks.ts';
import { misfitEntries } from './misfit.ts';
import { consistencyProof, inclusionProof, treeRoot, type Hash } from './merkle.ts';
import type {
  DoneTask,
  LedgerStore,
  Mark,
  StoredBatch,
  StoredCheckpoint,
  StoredLeaf,
  StoredLog,
} from './store.ts';
import { createTree, tileLeaves, type Tree } from './tree.ts';

/** The log of one store: turns entries into leaves, tree and checkpoint, and writes each batch as one. */
export interface Log {
  /** What the store held at the start. */
  readonly found: StoredLog;
  /** Makes and writes one batch. The outcomes come in the order of the parts; a rejection means the store has failed. */
  commit(parts: readonly Part[], stamp: Stamp): Promise<readonly Result<Written, LeafRefusal>[]>;
  prove(written: Written): Promise<readonly LeafProof[]>;
  /** From each of these sizes to the last checkpoint; a size that this log never had is left out. */
  grown(sizes: readonly number[]): Promise<Result<GrowthProof, 'no-such-size'>>;
  /** The root when the log had `size` leaves, or null where it never had. */
  rootAt(size: number): Promise<Hash | null>;
  readonly size: number;
  /** Leaves up to the last one that is not a cosignature: what a witness has not seen yet. */
  readonly newsAt: number;
  /** What the store remembers; changes with each batch. */
  readonly marks: ReadonlyMap<string, string>;
}

/** Entries of one caller, written together or not at all. */
export interface Part {
  readonly entries: readonly NewEntry[];
  readonly marks: readonly Mark[];
  /** The checkpoint will be handed out: it stays in the ledger. */
  readonly keepCheckpoint: boolean;
  /** What the entries account for. */
  readonly task?: DoneTask;
}

export interface Written {
  readonly firstSeq: number;
  readonly leaves: readonly StoredLeaf[];
  readonly checkpoint: StoredCheckpoint;
}

export interface LeafProof {
  readonly seq: number;
  readonly leaf: Uint8Array;
  readonly path: readonly Hash[];
  /** The signed note. */
  readonly checkpoint: string;
}

export interface GrowthProof {
  readonly checkpoint: string;
  readonly proofs: readonly { readonly size: number; readonly path: readonly Hash[] }[];
}

/** A checkpoint stays at least this often, however little of it was handed out. */
const keepEvery = 256;

/**
 * Opens the store and holds it against its own last checkpoint: what was changed behind the writer's back must not be
 * signed over.
 *
 * @throws LatchkeyError `ledger-unavailable`
 */
export async function openLog(store: LedgerStore, signer: LedgerSigner): Promise<Log> {
  const found = await store.open();
  try {
    const tree = createTree(found, (from, count) => store.leafHashes(from, count));
    const fault = headFault(found, tree, signer.publicKey);
    if (fault !== null) {
      throw new LatchkeyError('ledger-unavailable', `${fault}: run "latchkey ledger verify"`);
    }
    return createLog({ store, signer, tree, found });
  } catch (error) {
    await store.close();
    throw error;
  }
}

function headFault(found: StoredLog, tree: Tree, ledgerKey: Uint8Array): string | null {
  if (tree.size !== found.size || found.tiles.length !== Math.floor(found.size / tileLeaves)) {
    return 'the ledger has gaps';
  }
  if (found.checkpoint === null) return found.size > 0 ? 'the ledger has lost its checkpoints' : null;
  const opened = openCheckpoint(found.checkpoint.note, ledgerKey);
  if (!opened.ok) return `the last checkpoint of the ledger is not valid under its key (${opened.reason})`;
  const matches = opened.value.size === found.size && equalBytes(opened.value.root, tree.root());
  return matches ? null : 'the ledger does not match its last checkpoint';
}

interface LogParts {
  readonly store: LedgerStore;
  readonly signer: LedgerSigner;
  readonly tree: Tree;
  readonly found: StoredLog;
}

function createLog({ store, signer, tree, found }: LogParts): Log {
  const signNote = checkpointSigner(signer);
  const marks = new Map(found.marks);
  let last = found.checkpoint;
  let newsAt = found.size;

  const addToTree = (leaves: readonly StoredLeaf[]): StoredBatch['tiles'] =>
    leaves.flatMap((leaf) => {
      const root = tree.append(leaf.hash);
      return root === null ? [] : [{ index: tree.size / tileLeaves - 1, hash: root }];
    });

  const commit: Log['commit'] = async (parts, stamp) => {
    const firstSeq = tree.size;
    const made = placeParts(parts, firstSeq, stamp);
    const placed = made.map((m) => m.placed);
    const leaves = placed.flatMap((p) => p.leaves);
    const tiles = addToTree(leaves);
    const crossed = Math.floor(firstSeq / keepEvery) !== Math.floor(tree.size / keepEvery);
    const checkpoint: StoredCheckpoint = {
      size: tree.size,
      note: signNote(tree.size, tree.root()),
      kept: crossed || placed.some((p) => p.part.keepCheckpoint),
    };
    const changed = placed.flatMap((p) => [
      ...lifeMarks(p.part.entries, p.firstSeq, stamp.run),
      ...p.part.marks,
    ]);
    await store.append({
      firstSeq,
      leaves,
      tiles,
      personal: placed.flatMap(personalOf),
      marks: changed,
      checkpoint,
      tasks: placed.flatMap((p) => p.part.task ?? []),
    });
    last = checkpoint;
    newsAt = placed.reduce((at, p) => newsIn(p) ?? at, newsAt);
    for (const { name, value } of changed) {
      if (value === null) marks.delete(name);
      else marks.set(name, value);
    }
    return made.map(({ placed: { firstSeq: at, leaves: own }, refused }) =>
      refused === null ? ok({ firstSeq: at, leaves: own, checkpoint }) : refuse(refused),
    );
  };

  return {
    found,
    commit,
    marks,
    prove: ({ firstSeq, leaves, checkpoint }) =>
      Promise.all(
        leaves.map(async (leaf, i) => ({
          seq: firstSeq + i,
          leaf: leaf.bytes,
          path: await inclusionProof(firstSeq + i, checkpoint.size, tree.node),
          checkpoint: checkpoint.note,
        })),
      ),
    async grown(sizes) {
      if (last === null) return refuse('no-such-size');
      const { size: now, note } = last;
      const proofs: { size: number; path: Hash[] }[] = [];
      for (const size of new Set(sizes)) {
        if (isPast(size, now)) proofs.push({ size, path: await consistencyProof(size, now, tree.node) });
      }
      return ok({ checkpoint: note, proofs });
    },
    rootAt: (size) =>
      last !== null && isPast(size, last.size) ? treeRoot(size, tree.node) : Promise.resolve(null),
    get size() {
      return last?.size ?? 0;
    },
    get newsAt() {
      return newsAt;
    },
  };
}

/** The size after the last entry of a part that says something new. */
function newsIn({ part, firstSeq }: Placed): number | null {
  const at = part.entries.findLastIndex(({ type }) => type !== 'cosigned');
  return at < 0 ? null : firstSeq + at + 1;
}

const isPast = (size: number, now: number): boolean => Number.isSafeInteger(size) && size >= 1 && size <= now;

interface Placed {
  readonly part: Part;
  readonly firstSeq: number;
  readonly leaves: readonly StoredLeaf[];
}

interface Made {
  readonly placed: Placed;
  /** Why the part cannot become leaves: what is placed says that it was tried, and nothing else of it counts. */
  readonly refused: LeafRefusal | null;
}

function placeParts(parts: readonly Part[], firstSeq: number, stamp: Stamp): Made[] {
  let next = firstSeq;
  return parts.map((part) => {
    const leaves = makeLeaves(part.entries, next, stamp);
    const made = leaves.ok
      ? { placed: { part, firstSeq: next, leaves: leaves.value }, refused: null }
      : { placed: placeRefusal(part, leaves.reason, next, stamp), refused: leaves.reason };
    next += made.placed.leaves.length;
    return made;
  });
}

function placeRefusal({ entries }: Part, reason: LeafRefusal, firstSeq: number, stamp: Stamp): Placed {
  const tried = misfitEntries(entries, reason, stamp);
  const leaves = makeLeaves(tried, firstSeq, stamp);
  // The entries are made to fit; where they did not, the log would have no place for them.
  if (!leaves.ok) throw new Error(`a refusal is no leaf: ${leaves.reason}`);
  return { part: { entries: tried, marks: [], keepCheckpoint: false }, firstSeq, leaves: leaves.value };
}

function personalOf({ part, firstSeq }: Placed): StoredBatch['personal'] {
  return part.entries.flatMap((entry, i) =>
    (entry.personal ?? []).map((value) => ({
      ...value,
      leg: value.leg ?? entry.leg ?? '',
      seq: firstSeq + i,
    })),
  );
}
