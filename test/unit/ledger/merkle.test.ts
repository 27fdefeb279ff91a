import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  consistencyProof,
  emptyRoot,
  inclusionProof,
  leafHash,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
  type Hash,
} from '../../../src/ledger/merkle.ts';
import { createTree, tileLeaves } from '../../../src/ledger/tree.ts';
import { growingRoot } from '../../../src/ledger/verify/root.ts';
import { nodePrimitives } from '../../../src/ledger/verify/node.ts';

/**
 * The test tree of Certificate Transparency: leaf inputs, node and root hashes as published in
 * github.com/transparency-dev/merkle, testonly/constants.go (from google/certificate-transparency, merkle_tree_test.cc).
 */
const inputs = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => Buffer.from(hex, 'hex'));
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const nodes = {
  '0/1': '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
  '0/4': 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
  '1/1': '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
  '1/2': '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
  '1/3': 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
  '2/0': 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '2/1': '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
} as const;

const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');

/** A tree over these leaf hashes that reads older tiles from the list, as a store would. */
function treeOf(leaves: readonly Hash[]): ReturnType<typeof createTree> {
  const tree = createTree({ tiles: [], tail: [] }, (from, count) =>
    Promise.resolve(leaves.slice(from, from + count)),
  );
  for (const leaf of leaves) tree.append(leaf);
  return tree;
}

const hashes = (count: number): Hash[] =>
  Array.from({ length: count }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));

describe('the published tree', () => {
  const tree = treeOf(inputs.map(leafHash));

  test('has the published root at every size, in the writer and in the verifier', async () => {
    const growing = growingRoot(nodePrimitives());
    expect(hex(emptyRoot())).toBe(roots[0]);
    expect(hex(growing.root())).toBe(roots[0]);
    for (const [i, input] of inputs.entries()) {
      growing.add(leafHash(input));
      expect(hex(growing.root())).toBe(roots[i + 1]);
      expect(hex(await treeRoot(i + 1, tree.node))).toBe(roots[i + 1]);
      expect(hex(treeOf(inputs.slice(0, i + 1).map(leafHash)).root())).toBe(roots[i + 1]);
    }
  });

  test.each([
    [0, 8, ['0/1', '1/1', '2/1']],
    [5, 8, ['0/4', '1/3', '2/0']],
  ] as const)(
    'proves that leaf %i is in the tree of %i by the published nodes',
    async (index, size, path) => {
      expect((await inclusionProof(index, size, tree.node)).map(hex)).toEqual(path.map((n) => nodes[n]));
    },
  );

  test.each([
    [1, 8, ['0/1', '1/1', '2/1']],
    [6, 8, ['1/2', '1/3', '2/0']],
    [2, 5, ['1/1', '0/4']],
  ] as const)('proves the growth from %i to %i by the published nodes', async (first, second, path) => {
    expect((await consistencyProof(first, second, tree.node)).map(hex)).toEqual(path.map((n) => nodes[n]));
  });
});

describe('proofs', () => {
  const leaves = hashes(3 * tileLeaves + 77);
  const tree = treeOf(leaves);
  const size = fc.integer({ min: 1, max: leaves.length });

  test('of any leaf in any size hold, and hold for no other leaf, index, size or path', async () => {
    await fc.assert(
      fc.asyncProperty(size, fc.nat(), fc.nat(), async (n, at, other) => {
        const index = at % n;
        const path = await inclusionProof(index, n, tree.node);
        const claim = { index, size: n, leaf: leaves[index]!, path, root: await treeRoot(n, tree.node) };
        expect(verifyInclusion(claim)).toBe(true);
        const elsewhere = other % n;
        if (elsewhere !== index) {
          expect(verifyInclusion({ ...claim, index: elsewhere })).toBe(false);
          expect(verifyInclusion({ ...claim, leaf: leaves[elsewhere]! })).toBe(false);
        }
        expect(verifyInclusion({ ...claim, path: [...path, leaves[0]!] })).toBe(false);
        if (path.length > 0) expect(verifyInclusion({ ...claim, path: path.slice(1) })).toBe(false);
        expect(verifyInclusion({ ...claim, index: n })).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test('of growth hold between any two sizes, and not for another root', async () => {
    await fc.assert(
      fc.asyncProperty(size, size, async (a, b) => {
        const [first, second] = a < b ? [a, b] : [b, a];
        const path = await consistencyProof(first, second, tree.node);
        const firstRoot = await treeRoot(first, tree.node);
        const secondRoot = await treeRoot(second, tree.node);
        expect(verifyConsistency({ first, second, firstRoot, secondRoot, path })).toBe(true);
        expect(verifyConsistency({ first, second, firstRoot: leaves[0]!, secondRoot, path })).toBe(
          first === 1 && hex(firstRoot) === hex(leaves[0]!),
        );
        if (first !== second) {
          expect(verifyConsistency({ first, second, firstRoot, secondRoot: firstRoot, path })).toBe(false);
          expect(verifyConsistency({ first, second, firstRoot, secondRoot, path: path.slice(0, -1) })).toBe(
            false,
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  test('with positions that are no positions are false, not errors', () => {
    const claim = { index: 0, size: 1, leaf: leaves[0]!, path: [], root: leaves[0]! };
    for (const index of [-1, 0.5, NaN, 2 ** 60]) expect(verifyInclusion({ ...claim, index })).toBe(false);
    const growth = { first: 1, second: 1, firstRoot: leaves[0]!, secondRoot: leaves[0]!, path: [] };
    for (const first of [0, -1, 0.5, 2 ** 48]) expect(verifyConsistency({ ...growth, first })).toBe(false);
  });
});

test('a tree that starts from stored tiles goes on as if it had never stopped', () => {
  const leaves = hashes(2 * tileLeaves + 9);
  const whole = createTree({ tiles: [], tail: [] }, () => Promise.resolve([]));
  const tiles: Hash[] = [];
  for (const leaf of leaves.slice(0, tileLeaves + 3)) {
    const tile = whole.append(leaf);
    if (tile !== null) tiles.push(tile);
  }
  const resumed = createTree({ tiles, tail: leaves.slice(tileLeaves, tileLeaves + 3) }, () =>
    Promise.resolve([]),
  );
  for (const leaf of leaves.slice(tileLeaves + 3)) {
    whole.append(leaf);
    resumed.append(leaf);
    expect(hex(resumed.root())).toBe(hex(whole.root()));
  }
  expect(resumed.size).toBe(leaves.length);
});
