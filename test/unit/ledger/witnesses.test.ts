import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { thumbprint } from '../../../src/consent/messages/keys.ts';
import { leafHash, treeRoot } from '../../../src/ledger/merkle.ts';
import { sqliteStore } from '../../../src/ledger/sqlite.ts';
import { createTree } from '../../../src/ledger/tree.ts';
import { nodePrimitives, openSource } from '../../../src/ledger/verify/node.ts';
import { recentRoots } from '../../../src/ledger/verify/recent-roots.ts';
import { growingRoot } from '../../../src/ledger/verify/root.ts';
import { verifyLog, type Report } from '../../../src/ledger/verify/verify.ts';
import type { LedgerWriter } from '../../../src/ledger/writer.ts';
import { random, testKey } from '../../support/consent-peers.ts';
import {
  handClock,
  openTestLedger,
  playCall,
  Story,
  testConnector,
  type TestConnector,
} from '../../support/ledger-story.ts';
import { makeDir, removeDir } from '../../support/vault.ts';

let dir: string;
let connector: TestConnector;
const clock = handClock();

beforeEach(async () => {
  dir = await makeDir();
  connector = await testConnector();
});
afterEach(() => removeDir(dir));

const open = (name: string): Promise<LedgerWriter> =>
  openTestLedger(sqliteStore(join(dir, name)), connector, clock);

function verify(name: string): Report {
  const source = openSource(join(dir, name));
  try {
    return verifyLog({ primitives: nodePrimitives(), source });
  } finally {
    source.close();
  }
}

const codes = (report: Report): string[] => [...report.counts.keys()];

test('the same key counts once, and an interval is covered by whoever cosigned the log with its end', async () => {
  const ledger = await open('log');
  const { story } = await playCall(ledger, connector, clock);
  const report = verify('log');
  expect(report.findings).toEqual([]);
  expect(report.witnesses.map(({ kind, cosignatures }) => [kind, cosignatures])).toEqual([
    ['member', 1],
    ['member', 2],
  ]);
  expect(report.intervals).toMatchObject([{ witnesses: { begin: 2, end: 2 } }]);
  const keys = await Promise.all(story.members.map(({ key }) => thumbprint(key.publicKey)));
  expect(report.witnesses.map(({ key }) => key).sort()).toEqual(keys.sort());
  await ledger.close();
});

test('a cosignature from before the end covers the beginning only, and an open interval no end', async () => {
  const ledger = await open('log');
  const story = await Story.begin(ledger, connector);
  const leg = random(16);
  await story.grantTo(await story.request([{ leg, label: 'x' }]), [leg]);
  await story.openKey();
  await story.listHolder([leg]);
  await story.join(leg);
  await story.witnessed(story.members[1]!);
  expect(verify('log').intervals).toMatchObject([{ to: null, witnesses: { begin: 1, end: 0 } }]);
  clock.move(1_000);
  const roster = await story.revoke();
  for (const member of story.members) await story.switched(member, roster);
  expect(verify('log').intervals).toMatchObject([{ witnesses: { begin: 1, end: 0 } }]);
  // A later meeting's witness stands for the whole log before it.
  const later = await Story.begin(ledger, connector);
  await later.witnessed(later.members[1]!);
  expect(verify('log').intervals).toMatchObject([{ witnesses: { begin: 2, end: 1 } }]);
  await ledger.close();
});

test('a log that was written anew under the same key is a fork of what was cosigned', async () => {
  const first = await open('first');
  const story = await Story.begin(first, connector);
  const checkpoint = await story.witnessed(story.members[1]!);
  await first.close();
  const second = await open('second');
  const rewritten = await Story.begin(second, connector);
  await rewritten.roster();
  await rewritten.witnessed(rewritten.members[1]!, { checkpoint });
  await second.close();
  const report = verify('second');
  expect(codes(report)).toEqual(['cosigned-fork']);
  expect(report).toMatchObject({ verified: false, witnesses: [] });
});

test.each([
  ['signed by somebody else', { signature: random(64) }, 'cosignature-invalid'],
  ['with another time', { time: 1_700_000_000 }, 'cosignature-invalid'],
  ['in the name of another key', { key: random(32) }, 'cosignature-invalid'],
])('a cosignature %s is named', async (_, over, code) => {
  const ledger = await open('log');
  const story = await Story.begin(ledger, connector);
  await story.witnessed(story.members[1]!, over);
  await ledger.close();
  expect(codes(verify('log'))).toEqual([code]);
});

test('nobody outside the host’s lists and none of the connector’s own keys is a witness', async () => {
  const ledger = await open('log');
  const story = await Story.begin(ledger, connector);
  await story.witnessed({ key: testKey(), join: random(16) });
  expect(codes(verify('log'))).toEqual(['message-signer-unknown']);
  const own = { key: connector.identity, join: random(16) };
  story.members.push(own);
  await story.roster();
  await story.witnessed(own);
  expect(verify('log').witnesses).toEqual([]);
  await ledger.close();
});

test('the roots of a growing log are known for a while, each as RFC 9162 has it', async () => {
  const primitives = nodePrimitives();
  const growing = growingRoot(primitives);
  const roots = recentRoots(primitives, growing);
  const leaves = Array.from({ length: 11_000 }, (_, i) => leafHash(Buffer.from(String(i))));
  for (const leaf of leaves) {
    growing.add(leaf);
    roots.add(leaf);
  }
  const tree = createTree({ tiles: [], tail: [] }, (from, count) =>
    Promise.resolve(leaves.slice(from, from + count)),
  );
  for (const leaf of leaves) tree.append(leaf);
  for (const size of [11_000, 10_999, 10_944, 10_943, 8_192, 4_096, 2_809]) {
    expect(Buffer.from(roots.at(size)!).equals(await treeRoot(size, tree.node))).toBe(true);
  }
  for (const size of [1, 900, 11_001, 0, -1, 0.5]) expect(roots.at(size)).toBe(null);
});
