import { join, same, type Primitives } from './primitives.ts';
import { hashLeaf } from './root.ts';

/** Proofs of the tree of RFC 9162, checked by folding a path: total, and false for anything that is not exactly right. */
const nodePrefix = 0x01;

const maxPath = 63;

/** The leaf is the one at `index` of the tree of `size` leaves under `root` (§2.1.3.2). */
export function isIncluded(
  primitives: Primitives,
  claim: {
    readonly leaf: Uint8Array;
    readonly index: number;
    readonly size: number;
    readonly path: readonly Uint8Array[];
    readonly root: Uint8Array;
  },
): boolean {
  const { leaf, index, size, path, root } = claim;
  if (index < 0 || index >= size || path.length > maxPath) return false;
  const made = rootOfPath(primitives, hashLeaf(primitives, leaf), { index, size }, path);
  return made !== null && same(made, root);
}

/** The recursive definition of §2.1.3.1, read from the leaf upwards: each step takes the last node that is left of the path. */
function rootOfPath(
  primitives: Primitives,
  leaf: Uint8Array,
  { index, size }: { readonly index: number; readonly size: number },
  path: readonly Uint8Array[],
): Uint8Array | null {
  if (size === 1) return path.length === 0 ? leaf : null;
  const sibling = path.at(-1);
  if (sibling === undefined) return null;
  const k = splitOf(size);
  const rest = path.slice(0, -1);
  const inner =
    index < k
      ? rootOfPath(primitives, leaf, { index, size: k }, rest)
      : rootOfPath(primitives, leaf, { index: index - k, size: size - k }, rest);
  if (inner === null) return null;
  return index < k ? node(primitives, inner, sibling) : node(primitives, sibling, inner);
}

export interface Head {
  readonly size: number;
  readonly root: Uint8Array;
}

/** The tree of `newer` only added to the tree of `older` (§2.1.4). */
export function isGrowth(
  primitives: Primitives,
  older: Head,
  newer: Head,
  path: readonly Uint8Array[],
): boolean {
  if (older.size < 1 || older.size > newer.size || path.length > maxPath) return false;
  if (older.size === newer.size) return path.length === 0 && same(older.root, newer.root);
  const made = rootsOfPath(primitives, older, { first: older.size, second: newer.size, whole: true }, path);
  return made !== null && same(made.older, older.root) && same(made.newer, newer.root);
}

/** SUBPROOF(m, D[n], b) of §2.1.4.1, read backwards: both roots that the path makes. */
function rootsOfPath(
  primitives: Primitives,
  head: Head,
  at: { readonly first: number; readonly second: number; readonly whole: boolean },
  path: readonly Uint8Array[],
): { readonly older: Uint8Array; readonly newer: Uint8Array } | null {
  const { first, second, whole } = at;
  if (first === second) {
    // The old tree as a whole is known; a part of it stands in the path.
    const known = whole ? head.root : path[0];
    return known !== undefined && path.length === (whole ? 0 : 1) ? { older: known, newer: known } : null;
  }
  const sibling = path.at(-1);
  if (sibling === undefined) return null;
  const rest = path.slice(0, -1);
  const k = splitOf(second);
  if (first <= k) {
    const inner = rootsOfPath(primitives, head, { first, second: k, whole }, rest);
    return inner && { older: inner.older, newer: node(primitives, inner.newer, sibling) };
  }
  const inner = rootsOfPath(primitives, head, { first: first - k, second: second - k, whole: false }, rest);
  return (
    inner && {
      older: node(primitives, sibling, inner.older),
      newer: node(primitives, sibling, inner.newer),
    }
  );
}

/** The largest power of two below n. */
function splitOf(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

function node({ sha256 }: Primitives, a: Uint8Array, b: Uint8Array): Uint8Array {
  return sha256(join(Uint8Array.of(nodePrefix), a, b));
}
