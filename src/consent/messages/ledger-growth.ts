import { concat, equalBytes } from '../../base/bytes.ts';
import type { Bytes } from './key-schedule.ts';
import { sha256 } from './keys.ts';
import type { TreeHead } from './log-checkpoint.ts';

/**
 * Whether `path` proves that the tree of `newer` only added to the tree of `older` (RFC 9162 §2.1.4.2). Total: what is not
 * exactly right is false. A tree of no leaves proves nothing, so there is no proof from it.
 */
export async function provesGrowth(
  older: TreeHead,
  newer: TreeHead,
  path: readonly Bytes[],
): Promise<boolean> {
  if (!isSize(older.size) || !isSize(newer.size) || older.size < 1 || older.size > newer.size) return false;
  if ([...path, older.root, newer.root].some((node) => node.length !== 32)) return false;
  if (older.size === newer.size) return path.length === 0 && equalBytes(older.root, newer.root);
  // Step 2: an exact power of two is itself a complete subtree, whose root starts the proof.
  const nodes = isPowerOfTwo(older.size) ? [older.root, ...path] : [...path];
  const first = nodes.shift();
  if (first === undefined) return false;
  const { fn, sn } = startOf(older.size - 1, newer.size - 1);
  const roots = await climb({ fn, sn, first }, nodes);
  return roots !== null && equalBytes(roots.older, older.root) && equalBytes(roots.newer, newer.root);
}

// Sizes go beyond 2^31, so halves are taken by division, not by shifting.
const half = (n: number): number => Math.floor(n / 2);
const isSize = (n: number): boolean => Number.isSafeInteger(n) && n >= 0 && n < 2 ** 48;

function isPowerOfTwo(n: number): boolean {
  let rest = n;
  while (rest % 2 === 0) rest /= 2;
  return rest === 1;
}

/** Step 3: both up to where the older tree's last complete subtree is a left one no more. */
function startOf(first: number, second: number): { fn: number; sn: number } {
  let fn = first;
  let sn = second;
  while (fn % 2 === 1) {
    fn = half(fn);
    sn = half(sn);
  }
  return { fn, sn };
}

/** Steps 5 and 6: both roots as the path makes them, or null where it has the wrong length. */
async function climb(
  start: { readonly fn: number; readonly sn: number; readonly first: Bytes },
  path: readonly Bytes[],
): Promise<{ readonly older: Bytes; readonly newer: Bytes } | null> {
  let { fn, sn } = start;
  let older = start.first;
  let newer = start.first;
  for (const node of path) {
    if (sn === 0) return null;
    if (fn % 2 === 1 || fn === sn) {
      older = await parent(node, older);
      newer = await parent(node, newer);
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      newer = await parent(newer, node);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 ? { older, newer } : null;
}

const parent = (left: Bytes, right: Bytes): Promise<Bytes> => sha256(concat(Uint8Array.of(1), left, right));
