import { appendFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NewEntry } from '../../../src/ledger/event.ts';
import { sqliteStore } from '../../../src/ledger/sqlite.ts';
import { nodePrimitives, openSource } from '../../../src/ledger/verify/node.ts';
import { verifyLog, type Report } from '../../../src/ledger/verify/verify.ts';
import type { LedgerWriter } from '../../../src/ledger/writer.ts';
import { random } from '../../support/consent-peers.ts';
import { copyDisk, faults, faultyStore, walSize, type Fault } from '../../support/faulty-store.ts';
import {
  handClock,
  openTestLedger,
  Story,
  testConnector,
  type TestConnector,
} from '../../support/ledger-story.ts';
import { makeDir, removeDir } from '../../support/vault.ts';

let dir: string;
let connector: TestConnector;
const clock = handClock();
const file = (): string => join(dir, 'ledger.sqlite');

beforeEach(async () => {
  dir = await makeDir();
  connector = await testConnector();
});
afterEach(() => removeDir(dir));

function verify(path: string, probes: Set<string> = new Set()): Report {
  const source = openSource(path);
  try {
    return verifyLog({
      primitives: nodePrimitives(),
      source,
      onLeaf: ({ data }) => typeof data['probe'] === 'string' && probes.add(data['probe']),
    });
  } finally {
    source.close();
  }
}

const why = { what: 'packet', reason: 'probe' };
const broken = (report: Report): unknown[] => report.findings.filter(({ severity }) => severity === 'broken');

/** Writes probes among the steps of a call, and remembers which of them were acknowledged. */
async function tell(ledger: LedgerWriter, acknowledged: string[]): Promise<void> {
  const probe = async (): Promise<void> => {
    const name = random(16);
    const entry: NewEntry = { type: 'refused', data: { ...why, probe: name } };
    if ((await ledger.append([entry])).ok) acknowledged.push(name);
  };
  const story = await Story.begin(ledger, connector);
  const leg = random(16);
  await probe();
  const request = await story.request([{ leg, label: 'Somebody' }]);
  await story.grantTo(request, [leg]);
  await Promise.all([probe(), probe()]);
  await story.openKey();
  await story.listHolder([leg]);
  await story.join(leg);
  await probe();
  const roster = await story.revoke();
  for (const member of story.members) await story.switched(member, roster);
  await story.leave(leg);
  await story.destroyKey();
  await probe();
  // The last checkpoint is signed by then.
  await new Promise((turn) => setImmediate(turn));
}

/** How many appends a call takes, start and stop included. */
async function countAppends(): Promise<number> {
  const store = faultyStore(join(dir, 'count.sqlite'), -1, 'lost');
  const ledger = await openTestLedger(store, connector, clock);
  await tell(ledger, []);
  await ledger.close();
  return store.appends;
}

async function strike(
  at: number,
  fault: Fault,
): Promise<{ store: ReturnType<typeof faultyStore>; acknowledged: string[] }> {
  const path = join(dir, `${fault}-${at}`, 'ledger.sqlite');
  copyDisk(path, join(dir, `${fault}-${at}`));
  const store = faultyStore(path, at, fault, ((at * 7) % 10) / 10 + 0.05);
  const acknowledged: string[] = [];
  const failures: string[] = [];
  const opened: LedgerWriter[] = [];
  const run = (async () => {
    const ledger = await openTestLedger(store, connector, clock, (reason) => failures.push(reason));
    opened.push(ledger);
    await tell(ledger, acknowledged);
  })().catch(() => undefined);
  if (fault === 'slow') {
    await expect.poll(() => store.struck, { interval: 1, timeout: 10_000 }).toBe(true);
    const before = acknowledged.length;
    await new Promise((turn) => setImmediate(turn));
    // Nobody was told anything while the disk said nothing.
    expect(acknowledged).toHaveLength(before);
    store.release();
  }
  await run;
  for (const ledger of opened) {
    if (fault !== 'slow') {
      expect(failures).toHaveLength(1);
      expect(await ledger.append([{ type: 'refused', data: why }])).toEqual({
        ok: false,
        reason: 'ledger-failed',
      });
    }
    await ledger.close();
  }
  return { store, acknowledged };
}

test.each(faults)(
  'every single write of a call that is %s: nothing acknowledged is missing, and the log verifies',
  async (fault) => {
    const appends = await countAppends();
    expect(appends).toBeGreaterThan(15);
    for (let at = 0; at < appends - 1; at++) {
      const { store, acknowledged } = await strike(at, fault);
      expect(store.struck, `append ${at}`).toBe(true);
      const next = await openTestLedger(sqliteStore(store.after), connector, clock);
      await next.close();
      const found = new Set<string>();
      const report = verify(store.after, found);
      expect(broken(report), `append ${at} ${fault}`).toEqual([]);
      expect(
        acknowledged.filter((probe) => !found.has(probe)),
        `append ${at} ${fault}`,
      ).toEqual([]);
      const size = (store.victim?.firstSeq ?? 0) + (store.victim?.leaves.length ?? 0);
      if (fault === 'kept') expect(report.leaves).toBeGreaterThan(size);
      if (fault === 'lost' && at > 0) expect(report.leaves).toBe((store.victim?.firstSeq ?? 0) + 3);
    }
  },
  60_000,
);

test('power lost at any byte of the write-ahead log: what was acknowledged before that byte is there', async () => {
  const ledger = await openTestLedger(sqliteStore(file()), connector, clock);
  /** How long the log was when each batch was acknowledged. */
  const marks: { readonly wal: number; readonly leaves: number }[] = [];
  for (let i = 0; i < 60; i++) {
    const written = await ledger.append(
      Array.from({ length: (i % 4) + 1 }, () => ({ type: 'refused' as const, data: why })),
    );
    if (!written.ok) throw new Error(written.reason);
    marks.push({ wal: walSize(file()), leaves: written.value.firstSeq + (i % 4) + 1 });
  }
  const disk = copyDisk(file(), join(dir, 'disk'));
  await ledger.close();
  const size = walSize(disk);
  expect(marks.at(-1)?.wal).toBe(size);
  for (let round = 0; round < 60; round++) {
    const copy = copyDisk(disk, join(dir, `cut-${round}`));
    // Anywhere, and on both sides of every boundary between two commits.
    const edge = marks[round]?.wal ?? 0;
    const at = round % 3 === 0 ? edge : round % 3 === 1 ? edge - 1 : Math.floor(((round * 0.618) % 1) * size);
    truncateSync(`${copy}-wal`, at);
    // A disk may have any bytes where nothing was synced.
    if (round % 2 === 0) appendFileSync(`${copy}-wal`, randomBytes(4_096));
    const durable = Math.max(0, ...marks.filter(({ wal }) => wal <= at).map(({ leaves }) => leaves));
    const next = await openTestLedger(sqliteStore(copy), connector, clock);
    await next.close();
    const report = verify(copy);
    expect(broken(report), `cut at ${at}`).toEqual([]);
    expect(report.leaves, `cut at ${at} of ${size}`).toBeGreaterThanOrEqual(durable);
  }
}, 60_000);

test('a wall clock that jumps moves no leaf and hides no time', async () => {
  const ledger = await openTestLedger(sqliteStore(file()), connector, clock);
  const story = await Story.begin(ledger, connector);
  const leg = random(16);
  await story.grantTo(await story.request([{ leg, label: 'Somebody' }]), [leg]);
  clock.jump(-3_600_000);
  await story.openKey();
  await story.listHolder([leg]);
  await story.join(leg);
  clock.move(5_000);
  clock.jump(7_200_000);
  await story.leave(leg);
  const roster = await story.revoke();
  for (const member of story.members) await story.switched(member, roster);
  await story.destroyKey();
  await ledger.close();
  const report = verify(file());
  expect(broken(report)).toEqual([]);
  expect(report.counts.get('clock-jumped')).toBe(2);
  expect(report.intervals).toHaveLength(1);
});
