import type { Primitives } from './primitives.ts';
import { growingRoot, type GrowingRoot, type Peak } from './root.ts';

/** The roots of the log at the sizes that it had lately: what witnesses cosigned stands a little later in the log itself. */
export interface RecentRoots {
  /** Of the leaf that the tree has just taken. */
  add(leafHash: Uint8Array): void;
  /** Null for a size that is not there yet, or too long ago. */
  at(size: number): Uint8Array | null;
}

/** The writer takes no cosignature of more than 8,192 leaves ago (docs/ledger.md). */
const reach = 8_192 + 1_024;
const snapshotEvery = 64;

/** Keeps the peaks that `tree` had at every 64th size and the leaf hashes between, so that any root is at most 63 hashes away. */
export function recentRoots(primitives: Primitives, tree: Pick<GrowingRoot, 'size' | 'peaks'>): RecentRoots {
  const hashes: Uint8Array[] = [];
  const snapshots = new Map<number, readonly Peak[]>([[0, []]]);
  const asked = new Map<number, Uint8Array>();
  const forget = (before: number): void => {
    snapshots.delete(before - snapshotEvery);
    for (const size of asked.keys()) if (size < before) asked.delete(size);
    hashes.splice(0, snapshotEvery);
    first += snapshotEvery;
  };
  let first = 0;
  return {
    add(leafHash) {
      hashes.push(leafHash);
      if (tree.size % snapshotEvery !== 0) return;
      snapshots.set(tree.size, tree.peaks());
      if (hashes.length > reach) forget(first + snapshotEvery);
    },
    at(size) {
      if (!Number.isSafeInteger(size) || size < 1 || size > tree.size) return null;
      const known = asked.get(size);
      if (known !== undefined) return known;
      const from = size - (size % snapshotEvery);
      const peaks = snapshots.get(from);
      if (peaks === undefined || from < first) return null;
      const then = growingRoot(primitives, peaks);
      for (const hash of hashes.slice(from - first, size - first)) then.add(hash);
      const root = then.root();
      asked.set(size, root);
      return root;
    },
  };
}
