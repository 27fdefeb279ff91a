import type { Primitives } from './primitives.ts';

/**
 * The root of a tree that grows leaf by leaf (RFC 9162 §2.1.1), from the roots of its complete subtrees alone: the n-th
 * peak stands for the n-th one-bit of the size, largest first.
 */
export interface GrowingRoot {
  readonly size: number;
  add(leafHash: Uint8Array): void;
  root(): Uint8Array;
  /** A copy, from which another tree can go on. */
  peaks(): readonly Peak[];
}

/** A complete subtree. */
export interface Peak {
  readonly hash: Uint8Array;
  readonly leaves: number;
}

export function hashLeaf(primitives: Primitives, leaf: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + leaf.length);
  input.set(leaf, 1);
  return primitives.sha256(input);
}

export function growingRoot({ sha256 }: Primitives, from: readonly Peak[] = []): GrowingRoot {
  const peaks: Peak[] = [...from];
  let size = from.reduce((sum, { leaves }) => sum + leaves, 0);
  // Made once: a log of a million leaves has as many parents.
  const input = new Uint8Array(65).fill(1, 0, 1);
  const parent = (left: Uint8Array, right: Uint8Array): Uint8Array => {
    input.set(left, 1);
    input.set(right, 33);
    return sha256(input);
  };
  return {
    get size() {
      return size;
    },
    add(hash) {
      size += 1;
      let peak = { hash, leaves: 1 };
      for (let last = peaks.at(-1); last?.leaves === peak.leaves; last = peaks.at(-1)) {
        peaks.pop();
        peak = { hash: parent(last.hash, peak.hash), leaves: last.leaves * 2 };
      }
      peaks.push(peak);
    },
    root() {
      const last = peaks.at(-1);
      if (last === undefined) return sha256(new Uint8Array(0));
      return peaks.slice(0, -1).reduceRight((right, left) => parent(left.hash, right), last.hash);
    },
    peaks: () => [...peaks],
  };
}
