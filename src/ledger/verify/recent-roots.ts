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
const hashBytes = 32;
const places = reach + 2 * snapshotEvery;

/** Keeps the peaks that `tree` had at every 64th size and the leaf hashes between, so that any root is at most 63 hashes away. */
export function recentRoots(primitives: Primitives, tree: Pick<GrowingRoot, 'size' | 'peaks'>): RecentRoots {
  /** One buffer for all of them: as objects each would live just long enough to become garbage that is seldom collected. */
  const hashes = new Uint8Array(places * hashBytes);
  const placeOf = (leaf: number): number => (leaf % places) * hashBytes;
  const snapshots = new Map<number, readonly Peak[]>([[0, []]]);
  const asked = new Map<number, Uint8Array>();
  const forget = (before: number): void => {
    snapshots.delete(before - snapshotEvery);
    for (const size of asked.keys()) if (size < before) asked.delete(size);
    first += snapshotEvery;
  };
  let first = 0;
  let next = 0;
  return {
    add(leafHash) {
      hashes.set(leafHash, placeOf(next));
      next += 1;
      if (tree.size % snapshotEvery !== 0) return;
      snapshots.set(tree.size, tree.peaks());
      if (next - first > reach) forget(first + snapshotEvery);
    },
    at(size) {
      if (!Number.isSafeInteger(size) || size < 1 || size > tree.size) return null;
      const known = asked.get(size);
      if (known !== undefined) return known;
      const from = size - (size % snapshotEvery);
      const peaks = snapshots.get(from);
      if (peaks === undefined || from < first) return null;
      const then = growingRoot(primitives, peaks);
      for (let leaf = from; leaf < size; leaf += 1)
        then.add(hashes.slice(placeOf(leaf), placeOf(leaf) + hashBytes));
      const root = then.root();
      asked.set(size, root);
      return root;
    },
  };
}
