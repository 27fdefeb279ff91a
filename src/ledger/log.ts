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
import { isSameSeal, logSeals, parseSeal, sealText, type LogSeals, type Seal } from './seal.ts';
import { readTail, type LedgerTail, type TailQuery } from './log-tail.ts';
import { createTree, tileLeaves, type Tree } from './tree.ts';

/** The log of one store: turns entries into leaves, tree and checkpoint, and writes each batch as one. */
export interface Log {
  /** What the store held at the start. */
  readonly found: StoredLog;
  /**
   * Makes and writes one batch. The outcomes come in the order of the parts; a rejection means the store has failed. A part
   * without entries signs the checkpoint that is due.
   */
  commit(parts: readonly Part[], stamp: Stamp): Promise<readonly Result<Written, LeafRefusal>[]>;
  /** Whether the newest leaves stand under a seal only. */
  readonly checkpointDue: boolean;
  prove(written: Written): Promise<readonly LeafProof[]>;
  /** From each of these sizes to the last checkpoint; a size that this log never had is left out. */
  grown(sizes: readonly number[]): Promise<Result<GrowthProof, 'no-such-size'>>;
  /** The root when the log had `size` leaves, or null where it never had. */
  rootAt(size: number): Promise<Hash | null>;
  /** The newest leaves, or those below a position, with proofs under the checkpoint of this moment. */
  tail(query: TailQuery): Promise<LedgerTail>;
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
  /** `sign`: the checkpoint is handed out; `keep`: and stays in the ledger; `later`: it may be signed when there is time. */
  readonly checkpoint: 'later' | 'sign' | 'keep';
  /** What the entries account for. */
  readonly task?: DoneTask;
}

export interface Written {
  readonly firstSeq: number;
  readonly leaves: readonly StoredLeaf[];
  /** Null where it is signed later. */
  readonly checkpoint: StoredCheckpoint | null;
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
/** No more leaves than this stand under a seal only, however busy the writer is. */
const maxSealed = 64;

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
    const seals = logSeals(signer);
    const fault = await headFault({ found, tree, seals, ledgerKey: signer.publicKey });
    if (fault !== null) {
      throw new LatchkeyError('ledger-unavailable', `${fault}: run "latchkey ledger verify"`);
    }
    return createLog({ store, signer, tree, found, seals });
  } catch (error) {
    await store.close();
    throw error;
  }
}

interface Opening {
  readonly found: StoredLog;
  readonly tree: Tree;
  readonly seals: LogSeals;
  readonly ledgerKey: Uint8Array;
}

async function headFault({ found, tree, seals, ledgerKey }: Opening): Promise<string | null> {
  const { size, checkpoint } = found;
  if (tree.size !== size || found.tiles.length !== Math.floor(size / tileLeaves)) {
    return 'the ledger has gaps';
  }
  const checkpointAt = checkpoint === null ? 0 : await checkpointSize(checkpoint, { tree, ledgerKey });
  if (typeof checkpointAt === 'string') return checkpointAt;
  if (found.seal !== null) {
    const sealed = await isSealed(found.seal, { tree, seals });
    return sealed ? null : 'the newest events of the ledger are not those that were written';
  }
  if (checkpoint === null) return size > 0 ? 'the ledger has lost its checkpoints' : null;
  return checkpointAt === size ? null : 'the ledger does not match its last checkpoint';
}

/** The size that it is valid for, or what is wrong with it. */
async function checkpointSize(
  { note }: StoredCheckpoint,
  { tree, ledgerKey }: Pick<Opening, 'tree' | 'ledgerKey'>,
): Promise<number | string> {
  const opened = openCheckpoint(note, ledgerKey);
  if (!opened.ok) return `the last checkpoint of the ledger is not valid under its key (${opened.reason})`;
  const { size, root } = opened.value;
  const matches = size <= tree.size && equalBytes(root, await treeRoot(size, tree.node));
  return matches ? size : 'the ledger does not match its last checkpoint';
}

async function isSealed(text: string, { tree, seals }: Pick<Opening, 'tree' | 'seals'>): Promise<boolean> {
  const seal = parseSeal(text);
  if (seal === null || seal.from < 1 || seal.from >= tree.size || tree.size - seal.from > maxSealed)
    return false;
  let own = seals.afterCheckpoint(seal.from, await treeRoot(seal.from, tree.node));
  for (let seq = seal.from; seq < tree.size; seq += 1) own = seals.afterLeaf(own, await tree.node(0, seq));
  return isSameSeal(own, seal);
}

interface LogParts {
  readonly store: LedgerStore;
  readonly signer: LedgerSigner;
  readonly tree: Tree;
  readonly found: StoredLog;
  readonly seals: LogSeals;
}

function createLog({ store, signer, tree, found, seals }: LogParts): Log {
  const signNote = checkpointSigner(signer);
  const marks = new Map(found.marks);
  /** What was written last: its checkpoint, or, while that is due, its seal. */
  let size = found.size;
  let last: StoredCheckpoint | null = found.seal === null ? found.checkpoint : null;
  /** Null at the start: the first batch is signed. */
  let seal: Seal | null = null;
  let newsAt = found.size;

  const addToTree = (leaves: readonly StoredLeaf[]): StoredBatch['tiles'] =>
    leaves.flatMap((leaf) => {
      const root = tree.append(leaf.hash);
      return root === null ? [] : [{ index: tree.size / tileLeaves - 1, hash: root }];
    });

  /** Of a batch of one leaf: a larger one shares its signature. */
  const sealNext = (leaves: readonly StoredLeaf[]): Seal | null => {
    const [leaf, second] = leaves;
    if (seal === null || leaf === undefined || second !== undefined) return null;
    return tree.size - seal.from < maxSealed ? seals.afterLeaf(seal, leaf.hash) : null;
  };

  const commit: Log['commit'] = async (parts, stamp) => {
    const firstSeq = tree.size;
    const made = placeParts(parts, firstSeq, stamp);
    const placed = made.map((m) => m.placed);
    const leaves = placed.flatMap((p) => p.leaves);
    const isNothing = leaves.length === 0 && last !== null;
    if (isNothing) return made.map(() => ok({ firstSeq, leaves: [], checkpoint: last }));
    const tiles = addToTree(leaves);
    const crossed = Math.floor(firstSeq / keepEvery) !== Math.floor(tree.size / keepEvery);
    const kept = crossed || placed.some((p) => p.part.checkpoint === 'keep');
    const later = store.takesSeals && !kept && placed.every((p) => p.part.checkpoint === 'later');
    const nextSeal = later ? sealNext(leaves) : null;
    const root = nextSeal === null ? tree.root() : null;
    const checkpoint = root === null ? null : { size: tree.size, note: signNote(tree.size, root), kept };
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
      seal: nextSeal === null ? null : sealText(nextSeal),
      tasks: placed.flatMap((p) => p.part.task ?? []),
    });
    size = tree.size;
    last = checkpoint;
    seal = nextSeal ?? (root === null ? null : seals.afterCheckpoint(size, root));
    newsAt = placed.reduce((at, p) => newsIn(p) ?? at, newsAt);
    for (const { name, value } of changed) {
      if (value === null) marks.delete(name);
      else marks.set(name, value);
    }
    return made.map(({ placed: { firstSeq: at, leaves: own }, refused }) =>
      refused === null ? ok({ firstSeq: at, leaves: own, checkpoint }) : refuse(refused),
    );
  };

  /** The checkpoint of now, signed on the spot where the newest leaves stand under a seal. */
  const noteOf = async (now: number): Promise<string> => {
    if (now === 0) return '';
    return last?.size === now ? last.note : signNote(now, await treeRoot(now, tree.node));
  };

  return {
    found,
    commit,
    marks,
    get checkpointDue() {
      return last === null && size > 0;
    },
    prove({ firstSeq, leaves, checkpoint }) {
      if (checkpoint === null) throw new Error('a part that is to be proven has no checkpoint');
      return Promise.all(
        leaves.map(async (leaf, i) => ({
          seq: firstSeq + i,
          leaf: leaf.bytes,
          path: await inclusionProof(firstSeq + i, checkpoint.size, tree.node),
          checkpoint: checkpoint.note,
        })),
      );
    },
    async tail(query) {
      const now = size;
      const note = await noteOf(now);
      return readTail(query, { size: now, checkpoint: note, node: tree.node, store });
    },
    async grown(sizes) {
      if (size === 0) return refuse('no-such-size');
      const now = size;
      const note = await noteOf(now);
      const proofs: { size: number; path: Hash[] }[] = [];
      for (const old of new Set(sizes)) {
        if (isPast(old, now)) proofs.push({ size: old, path: await consistencyProof(old, now, tree.node) });
      }
      return ok({ checkpoint: note, proofs });
    },
    rootAt: (at) => (isPast(at, size) ? treeRoot(at, tree.node) : Promise.resolve(null)),
    get size() {
      return size;
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
  return { part: { entries: tried, marks: [], checkpoint: 'later' }, firstSeq, leaves: leaves.value };
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
