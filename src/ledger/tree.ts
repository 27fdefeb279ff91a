import { emptyRoot, nodeHash, type Hash, type NodeSource } from './merkle.ts';

/**
 * The growing tree of one log. It holds the subtrees of 256 leaves and more in memory (16 KiB per 65,536 leaves at the
 * lowest of those levels) and the leaves of the last, incomplete tile; older tiles are read again where a proof needs them.
 */
export const tileLevel = 8;
export const tileLeaves = 2 ** tileLevel;
const cachedTiles = 64;

/** The hashes of leaves `from` up to `from + count`; from the store. */
export type ReadLeafHashes = (from: number, count: number) => Promise<readonly Hash[]>;

export interface Tree {
  readonly size: number;
  root(): Hash;
  /** Adds a leaf. Returns the root of the tile that it completed, or null. */
  append(leaf: Hash): Hash | null;
  readonly node: NodeSource;
}

/** What the store has: the roots of the complete tiles, and the leaf hashes after the last of them. */
export interface TreeStart {
  readonly tiles: readonly Hash[];
  readonly tail: readonly Hash[];
}

/** Complete subtrees by level, lowest first; each level holds its nodes from the first leaf on. */
type Levels = Hash[][];

/** Adds a node at the lowest level and every parent that it completes. Returns the highest node made. */
function grow(levels: Levels, node: Hash): Hash {
  let current = node;
  for (let level = 0; ; level++) {
    const row = (levels[level] ??= []);
    row.push(current);
    const left = row.at(-2);
    if (row.length % 2 === 1 || left === undefined) return current;
    current = nodeHash(left, current);
  }
}

/** Joins what is right of them to the subtrees at the right edge: each row with an odd number of nodes has one. */
function joinEdge(levels: Levels, right: Hash | null): Hash | null {
  let joined = right;
  for (const row of levels) {
    const last = row.at(-1);
    if (row.length % 2 === 1 && last !== undefined) joined = joined === null ? last : nodeHash(last, joined);
  }
  return joined;
}

export function createTree(start: TreeStart, readLeafHashes: ReadLeafHashes): Tree {
  const upper: Levels = [];
  let tile: Levels = [];
  let size = 0;
  const older = new Map<number, Levels>();
  const keepTile = (index: number, levels: Levels): void => {
    const oldest = older.keys().next();
    if (older.size >= cachedTiles && oldest.done !== true) older.delete(oldest.value);
    older.set(index, levels);
  };
  for (const root of start.tiles) {
    grow(upper, root);
    size += tileLeaves;
  }
  const append = (leaf: Hash): Hash | null => {
    size += 1;
    const top = grow(tile, leaf);
    if (size % tileLeaves !== 0) return null;
    grow(upper, top);
    // At hand from here on: the store may still be writing it.
    keepTile(size / tileLeaves - 1, tile);
    tile = [];
    return top;
  };
  for (const leaf of start.tail) append(leaf);

  const root = (): Hash => joinEdge(upper, joinEdge(tile, null)) ?? emptyRoot();

  const olderTile = async (index: number): Promise<Levels> => {
    const known = older.get(index);
    if (known !== undefined) return known;
    const levels: Levels = [];
    for (const leaf of await readLeafHashes(index * tileLeaves, tileLeaves)) grow(levels, leaf);
    keepTile(index, levels);
    return levels;
  };

  const node: NodeSource = async (level, index) => {
    const inUpper = upper[level - tileLevel]?.[index];
    if (inUpper !== undefined) return inUpper;
    const perTile = 2 ** (tileLevel - level);
    const tileIndex = Math.floor(index / perTile);
    const levels = tileIndex < Math.floor(size / tileLeaves) ? await olderTile(tileIndex) : tile;
    const found = levels[level]?.[index % perTile];
    if (found === undefined) throw new RangeError(`no node ${level}/${index} in a tree of ${size}`);
    return found;
  };

  return {
    get size() {
      return size;
    },
    root,
    append,
    node,
  };
}
