import { createHash, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { cosign, isCosigned } from '../../../src/consent/messages/cosignature.ts';
import { provesGrowth } from '../../../src/consent/messages/ledger-growth.ts';
import {
  checkpointBody,
  ledgerOrigin,
  openCheckpoint,
} from '../../../src/consent/messages/log-checkpoint.ts';
import { checkpointSigner, ed25519PublicKey } from '../../../src/ledger/checkpoint.ts';
import {
  consistencyProof,
  leafHash,
  treeRoot,
  verifyConsistency,
  type NodeSource,
} from '../../../src/ledger/merkle.ts';
import { createTree } from '../../../src/ledger/tree.ts';
import { cosignedAt, readNote } from '../../../src/ledger/verify/note.ts';
import { nodePrimitives } from '../../../src/ledger/verify/node.ts';
import { testKey } from '../../support/consent-peers.ts';

const ledger = testKey();
const witness = testKey();
const root = new Uint8Array(32).fill(7);
const origin = await ledgerOrigin(ledger.publicKey);
const time = 1_800_000_000;

const leaves = Array.from({ length: 70 }, (_, i) => leafHash(utf8(`leaf ${String(i)}`)));
const tree = createTree({ tiles: [], tail: leaves }, () => Promise.reject(new Error('all in memory')));
const nodes: NodeSource = (level, index) => tree.node(level, index);
const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes);
const headAt = async (size: number) => ({ size, root: own(await treeRoot(size, nodes)) });
const pathOf = async (first: number, second: number) =>
  (await consistencyProof(first, second, nodes)).map(own);

describe('a cosignature', () => {
  it('signs the bytes that C2SP tlog-cosignature lays down', async () => {
    const signature = await cosign(witness, { origin, head: { size: 42, root }, time });
    const signed = `cosignature/v1\ntime 1800000000\n${origin}\n42\n${Buffer.from(root).toString('base64')}\n`;
    expect(verify(null, Buffer.from(signed), ed25519PublicKey(witness.publicKey), signature)).toBe(true);
    expect(await isCosigned({ origin, head: { size: 42, root }, time }, witness.publicKey, signature)).toBe(
      true,
    );
  });

  it.each([
    ['another size', { origin, head: { size: 43, root }, time }],
    ['another root', { origin, head: { size: 42, root: new Uint8Array(32) }, time }],
    ['another time', { origin, head: { size: 42, root }, time: time + 1 }],
    ['another log', { origin: `${origin}x`, head: { size: 42, root }, time }],
  ])('does not hold for %s', async (_, other) => {
    const signature = await cosign(witness, { origin, head: { size: 42, root }, time });
    expect(await isCosigned(other, witness.publicKey, signature)).toBe(false);
    expect(await isCosigned(other, ledger.publicKey, signature)).toBe(false);
  });

  it('stands in a note as the verifier reads it', async () => {
    const note = checkpointSigner({ publicKey: ledger.publicKey, sign: ledger.signNow })(42, root);
    const opened = await openCheckpoint(note, ledger.publicKey);
    expect(opened).toMatchObject({ ok: true, value: { size: 42 } });
    const signature = await cosign(witness, { origin, head: { size: 42, root }, time });
    const name = `latchkey/witness/${createHash('sha256').update(witness.publicKey).digest('base64url')}`;
    const id = createHash('sha256').update(`${name}\n\x04`).update(witness.publicKey).digest().subarray(0, 4);
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(BigInt(time));
    const line = `— ${name} ${Buffer.concat([id, stamp, signature]).toString('base64')}\n`;
    const by = { name, key: witness.publicKey };
    expect(cosignedAt(nodePrimitives(), readNote(note + line)!, by)).toBe(time);
    expect(await openCheckpoint(note + line, ledger.publicKey)).toEqual(opened);
    expect(checkpointBody(origin, { size: 42, root })).toBe(readNote(note)!.body);
  });
});

describe('a proof of growth', () => {
  it('from each size to each later one is the one that RFC 9162 §2.1.4 lays down', async () => {
    for (let first = 1; first <= 33; first += 1) {
      for (const second of [first, first + 1, 33, 64, 70]) {
        if (second < first) continue;
        const [older, newer, path] = [await headAt(first), await headAt(second), await pathOf(first, second)];
        expect(await provesGrowth(older, newer, path)).toBe(true);
        const forked = { size: first, root: own(leafHash(utf8(`fork ${String(first)}`))) };
        expect(await provesGrowth(forked, newer, path)).toBe(false);
        expect(await provesGrowth(older, forked, path)).toBe(false);
        expect(await provesGrowth(older, newer, [...path, root])).toBe(false);
        if (path.length > 0) expect(await provesGrowth(older, newer, path.slice(1))).toBe(false);
      }
    }
  });

  it('is judged as the writer’s own check judges it, whatever was changed in it', async () => {
    const byte = fc.nat({ max: 255 });
    const change = fc.record({
      first: fc.integer({ min: -1, max: 72 }),
      second: fc.integer({ min: -1, max: 72 }),
      claimFirst: fc.option(fc.integer({ min: 0, max: 2 ** 40 })),
      swap: fc.option(fc.record({ at: fc.nat({ max: 9 }), index: fc.nat({ max: 31 }), byte })),
      cut: fc.nat({ max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ first, second, claimFirst, swap, cut }) => {
        const from = Math.min(Math.max(first, 1), 70);
        const to = Math.min(Math.max(second, from), 70);
        const older = { ...(await headAt(from)), ...(claimFirst === null ? {} : { size: claimFirst }) };
        const newer = await headAt(to);
        const path = (await pathOf(from, to)).slice(cut);
        const changed = swap === null ? undefined : path[swap.at];
        if (changed !== undefined && swap !== null) changed[swap.index]! ^= swap.byte;
        const claim = {
          first: older.size,
          second: newer.size,
          firstRoot: older.root,
          secondRoot: newer.root,
        };
        expect(await provesGrowth(older, newer, path)).toBe(verifyConsistency({ ...claim, path }));
      }),
      { numRuns: 300 },
    );
  });
});
