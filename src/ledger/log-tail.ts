import type { Hash } from './merkle.ts';
import { consistencyProof, inclusionProof, type NodeSource } from './merkle.ts';
import type { LedgerStore } from './store.ts';

/** Which leaves are asked for: at most `count`, the newest below `before`, or of the whole log. */
export interface TailQuery {
  /** Null: up to the newest. */
  readonly before: number | null;
  readonly count: number;
  /** A size that the reader has seen: it is shown that the log only grew since. Null: not asked. */
  readonly since: number | null;
}

export interface TailLeaf {
  readonly seq: number;
  /** The leaf's exact bytes; null where they were pruned. */
  readonly leaf: Uint8Array | null;
  /** RFC 9162 §2.1.3, under `checkpoint`. */
  readonly path: readonly Hash[];
}

export interface LedgerTail {
  readonly size: number;
  /** The signed note of exactly `size` leaves; empty for an empty log. */
  readonly checkpoint: string;
  /** In the order of the log. */
  readonly leaves: readonly TailLeaf[];
  /** RFC 9162 §2.1.4, from `since`; null where it was not asked for or there never was such a size. */
  readonly growth: readonly Hash[] | null;
}

/** Reads the end of a log with what it takes to check it: the reader trusts neither store nor writer. */
export async function readTail(
  query: TailQuery,
  log: {
    readonly size: number;
    readonly checkpoint: string;
    readonly node: NodeSource;
    readonly store: Pick<LedgerStore, 'leafBodies'>;
  },
): Promise<LedgerTail> {
  const { size, checkpoint, node, store } = log;
  const end = Math.min(query.before ?? size, size);
  const from = Math.max(0, end - query.count);
  const bodies = end > from ? await store.leafBodies(from, end - from) : [];
  const leaves = await Promise.all(
    bodies.map(async (leaf, i) => ({
      seq: from + i,
      leaf,
      path: await inclusionProof(from + i, size, node),
    })),
  );
  const { since } = query;
  const known = since !== null && since >= 1 && since <= size;
  return { size, checkpoint, leaves, growth: known ? await consistencyProof(since, size, node) : null };
}
