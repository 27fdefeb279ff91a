import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fromBase64url } from '../../../src/base/bytes.ts';
import { labels } from '../../../src/consent/messages/labels.ts';
import { checkProof } from '../../../src/consent/messages/ledger-proof.ts';
import { personalCommitment, personalLabel } from '../../../src/ledger/commitment.ts';
import type { LedgerEntry } from '../../../src/ledger/event.ts';
import { leafHash, verifyConsistency } from '../../../src/ledger/merkle.ts';
import { openCheckpoint } from '../../../src/ledger/checkpoint.ts';
import { sqliteStore } from '../../../src/ledger/sqlite.ts';
import type { LedgerStore } from '../../../src/ledger/store.ts';
import type { LedgerWriter } from '../../../src/ledger/writer.ts';
import { handClock, openTestLedger, testConnector, type TestConnector } from '../../support/ledger-story.ts';
import { random } from '../../support/consent-peers.ts';
import { makeDir, removeDir } from '../../support/vault.ts';

let dir: string;
let connector: TestConnector;
const clock = handClock();
const file = (): string => join(dir, 'ledger.sqlite');
const open = (
  store: LedgerStore = sqliteStore(file()),
  onFailed?: (reason: string) => void,
): Promise<LedgerWriter> => openTestLedger(store, connector, clock, onFailed);

function leaves(): LedgerEntry[] {
  const db = new DatabaseSync(file(), { readOnly: true });
  const rows = db.prepare('SELECT body FROM leaves ORDER BY seq').all();
  db.close();
  return rows.map((row) => JSON.parse(Buffer.from(row['body'] as Uint8Array).toString()) as LedgerEntry);
}

const filler = { type: 'refused', data: { what: 'packet', reason: 'probe' } } as const;
const types = (): string[] => leaves().map((leaf) => leaf.type);

beforeEach(async () => {
  dir = await makeDir();
  connector = await testConnector();
});

afterEach(() => removeDir(dir));

test('concurrent appends keep their order and get consecutive positions', async () => {
  const ledger = await open();
  const meetings = Array.from({ length: 300 }, () => random(32));
  const seqs = await Promise.all(
    meetings.map(async (meeting, i) => {
      const count = (i % 3) + 1;
      const written = await ledger.append(Array.from({ length: count }, () => ({ ...filler, meeting })));
      return written.ok ? written.value.firstSeq : -1;
    }),
  );
  expect(seqs).toEqual(meetings.map((_, i) => 1 + Math.floor(i / 3) * 6 + [0, 1, 3][i % 3]!));
  await ledger.close();
  const all = leaves();
  expect(all.map((leaf) => leaf.seq)).toEqual(all.map((_, i) => i));
  expect(all.filter((leaf) => leaf.meeting === meetings[5])).toHaveLength(3);
});

test('what cannot be a leaf is refused alone; that it was tried stands in its place', async () => {
  const ledger = await open();
  const [before, bad, after] = await Promise.all([
    ledger.append([filler]),
    ledger.append([filler, { ...filler, data: { ratio: 0.5 } }]),
    ledger.append([filler]),
  ]);
  expect([before, bad, after]).toEqual([
    { ok: true, value: { firstSeq: 1 } },
    { ok: false, reason: 'bad-data' },
    { ok: true, value: { firstSeq: 4 } },
  ]);
  expect(await ledger.append([])).toEqual({ ok: false, reason: 'no-entries' });
  await ledger.close();
});

test('of an entry that does not fit its type, the ids and the signed message stay', async () => {
  const ledger = await open();
  const [meeting, bridge] = [random(32), random(16)];
  const jws = connector.certificate;
  const data = { grant: random(32), term: 1, epoch: 2, note: 'Erika Musterfrau' };
  const refused = await ledger.append([{ type: 'rekeyed', meeting, bridge, leg: 'Erika', jws, data }]);
  expect(refused).toEqual({ ok: false, reason: 'does-not-fit' });
  await ledger.close();
  expect(leaves()[1]).toMatchObject({
    type: 'refused',
    meeting,
    bridge,
    jws,
    data: { what: 'rekeyed', reason: 'does-not-fit' },
  });
  expect(JSON.stringify(leaves())).not.toContain('Erika');
});

test('each leaf’s proof holds under the checkpoint of its batch, also across tiles', async () => {
  const ledger = await open();
  for (let i = 0; i < 3; i++) {
    const entries = Array.from({ length: 200 }, () => ({ ...filler, meeting: random(32) }));
    const proofs = await ledger.appendWithProof(entries);
    if (!proofs.ok) throw new Error(proofs.reason);
    for (const proof of [proofs.value[0]!, proofs.value[199]!]) {
      expect(await checkProof(proof, connector.ledger.publicKey)).toMatchObject({ ok: true });
      const other = { ...proof, leaf: Buffer.from(proof.leaf).fill(120, 5, 6) };
      expect((await checkProof(other, connector.ledger.publicKey)).ok).toBe(false);
    }
  }
  await ledger.close();
});

test('growth since a remembered size is proven', async () => {
  const ledger = await open();
  const first = await ledger.appendWithProof([filler]);
  await ledger.append(Array.from({ length: 50 }, () => filler));
  if (!first.ok) throw new Error(first.reason);
  const remembered = openCheckpoint(first.value[0]!.checkpoint, connector.ledger.publicKey);
  const grown = await ledger.consistency([2]);
  if (!grown.ok || !remembered.ok) throw new Error('no proof');
  const now = openCheckpoint(grown.value.checkpoint, connector.ledger.publicKey);
  if (!now.ok) throw new Error(now.reason);
  expect(
    verifyConsistency({
      first: 2,
      second: 52,
      firstRoot: remembered.value.root,
      secondRoot: now.value.root,
      path: grown.value.proofs[0]!.path,
    }),
  ).toBe(true);
  const { checkpoint } = grown.value;
  expect(await ledger.consistency([53, 0, -1])).toEqual({ ok: true, value: { checkpoint, proofs: [] } });
  expect(await ledger.rootAt(2)).toEqual(remembered.value.root);
  expect([await ledger.rootAt(0), await ledger.rootAt(53), ledger.size]).toEqual([null, null, 52]);
  await ledger.close();
});

test('a clean stop needs no recovery; a run without a stop is recovered, with what was open', async () => {
  await (await open()).close();
  const second = await open();
  const meeting = random(32);
  const [bridge, stays, goes] = [random(16), random(16), random(16)];
  await second.append([
    {
      type: 'key-opened',
      meeting,
      bridge,
      data: { grant: random(32), term: 1, epoch: 1, suite: 'x-wing' },
    },
    { type: 'leg-joined', meeting, bridge, leg: goes },
    { type: 'leg-joined', meeting, bridge, leg: stays },
    { type: 'leg-left', meeting, bridge, leg: goes },
  ]);
  expect(second.openOf(meeting, bridge)).toEqual({ key: true, legs: [stays] });
  expect(second.openOf(meeting, random(16))).toEqual({ key: false, legs: [] });
  const crashed = `${dir}-crashed`;
  const { cp } = await import('node:fs/promises');
  await cp(dir, crashed, { recursive: true });
  await second.close();
  expect(types().slice(0, 3)).toEqual(['start', 'stop', 'start']);
  const recovered = await open(sqliteStore(join(crashed, 'ledger.sqlite')));
  expect(recovered.openOf(meeting, bridge)).toEqual({ key: false, legs: [] });
  await recovered.close();
  dir = crashed;
  const leaf = leaves().find(({ type }) => type === 'recovered');
  expect(leaf?.data).toEqual({
    lastRun: second.run,
    lastSeq: 6,
    keys: [`${meeting}/${bridge}`],
    legs: [`${meeting}/${stays}`],
  });
  expect(types().slice(-3)).toEqual(['recovered', 'start', 'stop']);
});

test('a failed write fails the writer for good, and everything that waited', async () => {
  const inner = sqliteStore(file());
  let broken = false;
  const failures: string[] = [];
  const store: LedgerStore = {
    ...inner,
    append: (batch) => (broken ? Promise.reject(new Error('disk is gone')) : inner.append(batch)),
  };
  const ledger = await open(store, (reason) => void failures.push(reason));
  broken = true;
  const results = await Promise.all([
    ledger.append([filler]),
    ledger.append([filler]),
    ledger.appendWithProof([filler]),
  ]);
  broken = false;
  const later = await ledger.append([filler]);
  for (const result of [...results, later]) expect(result).toEqual({ ok: false, reason: 'ledger-failed' });
  expect(failures).toEqual(['disk is gone']);
  expect(await ledger.consistency([1])).toEqual({ ok: false, reason: 'ledger-failed' });
  await ledger.close();
  expect(types()).toEqual(['start']);
});

test('more than the queue holds is refused, not kept in memory', async () => {
  const ledger = await open();
  const entries = Array.from({ length: 1_000 }, () => filler);
  const results = await Promise.all(Array.from({ length: 12 }, () => ledger.append(entries)));
  expect(results.map((r) => r.ok)).toEqual(Array.from({ length: 12 }, (_, i) => i < 10));
  expect(results[11]).toEqual({ ok: false, reason: 'overloaded' });
  await ledger.close();
});

test('a personal value enters the side table only where the leaf commits to it', async () => {
  const ledger = await open();
  const salt = random(16);
  const value = 'somebody';
  const label = personalCommitment(fromBase64url(salt)!, value);
  const personal = [{ name: 'label', leg: random(16), salt, value }];
  const asked = { type: 'leg-asked', meeting: random(32), bridge: random(16) } as const;
  const request = random(32);
  const written = await ledger.append([{ ...asked, data: { request, label }, personal }]);
  expect(written.ok).toBe(true);
  expect(await ledger.append([{ ...asked, data: { request }, personal }])).toEqual({
    ok: false,
    reason: 'commitment-mismatch',
  });
  const short = [{ ...personal[0]!, salt: 'AAAA' }];
  expect(await ledger.append([{ ...asked, data: { request, label }, personal: short }])).toEqual({
    ok: false,
    reason: 'bad-personal',
  });
  await ledger.close();
  expect(JSON.stringify(leaves())).not.toContain(value);
});

test('the label of personal commitments is the one of the consent messages', () => {
  expect(personalLabel).toBe(labels.personal);
});

test.each([
  ['a changed leaf hash', 'UPDATE leaves SET hash = zeroblob(32) WHERE seq = 1'],
  ['a leaf less', 'DELETE FROM leaves WHERE seq = (SELECT max(seq) FROM leaves)'],
  ['no checkpoint', 'DELETE FROM checkpoints; UPDATE leaves SET note = NULL'],
  ['a forged checkpoint', "UPDATE leaves SET note = replace(note, 'ledger', 'Ledger')"],
])('a ledger with %s is not written on', async (_, sql) => {
  await (await open()).close();
  const db = new DatabaseSync(file());
  db.exec(sql);
  db.close();
  await expect(open()).rejects.toThrow(/run "latchkey ledger verify"/);
});

test('a file that is another database, or of a newer format, is left alone', async () => {
  const other = join(dir, 'other.sqlite');
  const db = new DatabaseSync(other);
  db.exec('CREATE TABLE t (a)');
  db.close();
  await expect(open(sqliteStore(other))).rejects.toThrow('not a Latchkey ledger');
  await (await open()).close();
  const newer = new DatabaseSync(file());
  newer.exec('PRAGMA user_version = 99');
  newer.close();
  await expect(open()).rejects.toThrow('made by a newer Latchkey');
});

test('leaf hashes are RFC 9162 leaf hashes of the stored bytes', async () => {
  await (await open()).close();
  const db = new DatabaseSync(file(), { readOnly: true });
  for (const row of db.prepare('SELECT body, hash FROM leaves').all()) {
    expect(Buffer.from(row['hash'] as Uint8Array).equals(leafHash(row['body'] as Uint8Array))).toBe(true);
  }
  db.close();
});
