import { hash } from 'node:crypto';
import { equalBytes } from '../base/bytes.ts';

/**
 * The Merkle tree of RFC 9162 §2.1 over SHA-256.
 *
 *   level 2            node(2,0)                 leaf hash = SHA-256(0x00 || leaf)
 *   level 1     node(1,0)     node(1,1)          node hash = SHA-256(0x01 || left || right)
 *   level 0    h0      h1    h2      h3   h4     root(5)   = node(node(2,0), h4)
 *
 * node(level, index) is the root of the complete subtree over leaves index * 2^level up to (index + 1) * 2^level. Such a
 * node never changes once its leaves are there; every root and every proof is made of them.
 */
export type Hash = Uint8Array;

export const hashLength = 32;

export function leafHash(leaf: Uint8Array): Hash {
  const input = Buffer.allocUnsafe(1 + leaf.length);
  input[0] = 0x00;
  input.set(leaf, 1);
  return sha256(input);
}

/** One buffer for all: a tree hashes a dozen nodes for each leaf. */
const nodeInput = new Uint8Array(1 + 2 * hashLength).fill(0x01, 0, 1);

export function nodeHash(left: Hash, right: Hash): Hash {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + hashLength);
  return sha256(nodeInput);
}

/** By way of a string: Node makes a buffer of its own for each digest otherwise, which costs more than the hash. */
function sha256(input: Uint8Array): Hash {
  return Buffer.from(hash('sha256', input, 'binary'), 'latin1');
}

/** RFC 9162 §2.1.1: MTH({}) is the hash of the empty string. */
export function emptyRoot(): Hash {
  return sha256(new Uint8Array(0));
}

interface Node {
  readonly level: number;
  readonly index: number;
}

/** The complete subtrees that cover [from, to), left to right. `from` must lie on the boundary of the first of them. */
function cover(from: number, to: number): Node[] {
  const nodes: Node[] = [];
  let at = from;
  while (at < to) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= to) level += 1;
    nodes.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return nodes;
}

/** Leaves from `from` up to but not including `to`. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** The largest power of two below n (RFC 9162's k). */
function splitPoint(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** RFC 9162 §2.1.3.1: the ranges whose hashes make the inclusion proof, from the leaf upwards. */
function inclusionRanges(index: number, size: number): Range[] {
  const ranges: Range[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + splitPoint(to - from);
    if (index < middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  return ranges.reverse();
}

/** RFC 9162 §2.1.4.1 for 0 < first < second. */
function consistencyRanges(first: number, second: number): Range[] {
  const ranges: Range[] = [];
  let from = 0;
  let to = second;
  let complete = true; // Whether the old tree is, so far, a whole subtree of the new one.
  while (first !== to) {
    const middle = from + splitPoint(to - from);
    if (first <= middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
      complete = false;
    }
  }
  if (!complete) ranges.push({ from, to });
  return ranges.reverse();
}

/** Where the hashes of complete subtrees come from: memory, or the store. */
export type NodeSource = (level: number, index: number) => Promise<Hash>;

async function rangeHash(range: Range, nodes: NodeSource): Promise<Hash> {
  let result: Hash | null = null;
  for (const { level, index } of cover(range.from, range.to).reverse()) {
    const node = await nodes(level, index);
    result = result === null ? node : nodeHash(node, result);
  }
  return result ?? emptyRoot();
}

export function treeRoot(size: number, nodes: NodeSource): Promise<Hash> {
  return rangeHash({ from: 0, to: size }, nodes);
}

/** The proof that leaf `index` is in the tree of `size` leaves. @throws RangeError where there is no such leaf. */
export async function inclusionProof(index: number, size: number, nodes: NodeSource): Promise<Hash[]> {
  if (index < 0 || index >= size) throw new RangeError(`no leaf ${index} in a tree of ${size}`);
  const path: Hash[] = [];
  for (const range of inclusionRanges(index, size)) path.push(await rangeHash(range, nodes));
  return path;
}

/** The proof that the tree of `second` leaves only added to the tree of `first`. @throws RangeError */
export async function consistencyProof(first: number, second: number, nodes: NodeSource): Promise<Hash[]> {
  if (first < 1 || first > second) throw new RangeError(`no tree of ${first} within ${second}`);
  if (first === second) return [];
  const path: Hash[] = [];
  for (const range of consistencyRanges(first, second)) path.push(await rangeHash(range, nodes));
  return path;
}

export interface InclusionClaim {
  readonly index: number;
  readonly size: number;
  readonly leaf: Hash;
  readonly path: readonly Hash[];
  readonly root: Hash;
}

const isPosition = (n: number): boolean => Number.isSafeInteger(n) && n >= 0 && n < 2 ** 48;
const areHashes = (hashes: readonly Hash[]): boolean =>
  hashes.length <= 100 && hashes.every((h) => h.length === hashLength);

/** RFC 9162 §2.1.3.2. Total: any claim that is not exactly right is false. */
export function verifyInclusion(claim: InclusionClaim): boolean {
  const { index, size, leaf, path, root } = claim;
  if (!isPosition(index) || !isPosition(size) || index >= size) return false;
  if (!areHashes([...path, leaf, root])) return false;
  let r = leaf;
  const reached = climb(index, size - 1, path, (p, fromLeft) => {
    r = fromLeft ? nodeHash(p, r) : nodeHash(r, p);
  });
  return reached && equalBytes(r, root);
}

/** Steps 4 to 6 of RFC 9162 §2.1.3.2 and §2.1.4.2: from a node up to the root, or false where the path does not fit. */
function climb(
  node: number,
  lastNode: number,
  path: readonly Hash[],
  visit: (sibling: Hash, fromLeft: boolean) => void,
): boolean {
  let fn = node;
  let sn = lastNode;
  for (const sibling of path) {
    if (sn === 0) return false;
    const fromLeft = fn % 2 === 1 || fn === sn;
    visit(sibling, fromLeft);
    while (fromLeft && fn % 2 === 0 && fn !== 0) {
      fn = half(fn);
      sn = half(sn);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0;
}

/** Shifts right by one without the 32-bit cut of `>>`. */
const half = (n: number): number => Math.floor(n / 2);

/** Math.log2 would do for small numbers only: it rounds 2^48 - 1 up to 48. */
function isPowerOfTwo(n: number): boolean {
  let rest = n;
  while (rest % 2 === 0) rest /= 2;
  return rest === 1;
}

export interface ConsistencyClaim {
  readonly first: number;
  readonly second: number;
  readonly firstRoot: Hash;
  readonly secondRoot: Hash;
  readonly path: readonly Hash[];
}

/** RFC 9162 §2.1.4.2. Total. A tree of no leaves is consistent with nothing: there is no proof to give. */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const { first, second, firstRoot, secondRoot } = claim;
  if (!isPosition(first) || !isPosition(second) || first < 1 || first > second) return false;
  if (!areHashes([...claim.path, firstRoot, secondRoot])) return false;
  if (first === second) return claim.path.length === 0 && equalBytes(firstRoot, secondRoot);
  // An exact power of two is itself a complete subtree: its root starts the proof (step 2).
  const path = isPowerOfTwo(first) ? [firstRoot, ...claim.path] : [...claim.path];
  const start = path.shift();
  if (start === undefined) return false;
  let fn = first - 1;
  let sn = second - 1;
  while (fn % 2 === 1) {
    fn = half(fn);
    sn = half(sn);
  }
  let fr = start;
  let sr = start;
  const reached = climb(fn, sn, path, (c, fromLeft) => {
    if (fromLeft) fr = nodeHash(c, fr);
    sr = fromLeft ? nodeHash(c, sr) : nodeHash(sr, c);
  });
  return reached && equalBytes(fr, firstRoot) && equalBytes(sr, secondRoot);
}
