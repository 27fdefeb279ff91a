import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLog } from '../../../src/base/log.ts';
import { ledgerFile } from '../../../src/ledger/files.ts';
import { sqliteRecords } from '../../../src/ledger/records.ts';
import { sqliteStore } from '../../../src/ledger/sqlite.ts';
import { nodePrimitives, openSource } from '../../../src/ledger/verify/node.ts';
import { verifyLog } from '../../../src/ledger/verify/verify.ts';
import type { LedgerWriter } from '../../../src/ledger/writer.ts';
import { keepRetention } from '../../../src/vault/retention.ts';
import { handClock, openTestLedger, playCall, testConnector } from '../../support/ledger-story.ts';
import { makeDir, removeDir } from '../../support/vault.ts';

/** The clock that a vault's retention runs by, with timers that the test fires. */
const hand = handClock();
let timers: { readonly ms: number; readonly fire: () => void }[] = [];
const clock = {
  ...hand,
  after: (ms: number, fire: () => void) => {
    const timer = { ms, fire };
    timers.push(timer);
    return { cancel: () => void (timers = timers.filter((other) => other !== timer)) };
  },
};
const day = 86_400_000;
let dir: string;
let ledger: LedgerWriter;

beforeEach(async () => {
  timers = [];
  dir = await makeDir();
  const connector = await testConnector();
  ledger = await openTestLedger(sqliteStore(ledgerFile(dir)), connector, hand);
  await playCall(ledger, connector, hand);
});
afterEach(async () => {
  await ledger.close();
  await removeDir(dir);
});

const labels = (): number =>
  [...sqliteRecords(join(dir, 'ledger.sqlite'))].filter((r) => r.kind === 'personal').length;
const contents = (): number =>
  [...sqliteRecords(join(dir, 'ledger.sqlite'))].filter((r) => r.kind === 'leaf' && r.bytes !== null).length;

function verified(): boolean {
  const source = openSource(ledgerFile(dir));
  try {
    return verifyLog({ primitives: nodePrimitives(), source }).verified;
  } finally {
    source.close();
  }
}

async function fire(): Promise<void> {
  const due = timers;
  timers = [];
  for (const timer of due) timer.fire();
  // The next day's timer is set when this day's reading is done.
  await expect.poll(() => timers.length).toBe(1);
  await ledger.runTasks();
}

const keep = (retention?: { label: number | null; events: number | null }) =>
  keepRetention({
    options: { dataDir: dir, ...(retention === undefined ? {} : { retention }) },
    clock,
    log: createLog('vault', 'silent'),
    rest: () => Promise.resolve(),
  });

test('each purpose goes by its own clock, day by day, and every proof still verifies', async () => {
  const keeper = keep({ label: 2, events: 5 });
  const all = contents();
  await fire();
  expect([labels(), contents()]).toEqual([1, all]);
  hand.move(3 * day);
  await fire();
  expect([labels(), contents()]).toEqual([0, all + 1]);
  hand.move(3 * day);
  await fire();
  expect(contents()).toBeLessThan(all - 5);
  expect(verified()).toBe(true);
  await keeper.stop();
  expect(timers).toEqual([]);
});

test.each([[undefined], [{ label: null, events: null }]])(
  'with %j nothing goes by itself',
  async (retention) => {
    await keep(retention).stop();
    expect(timers).toEqual([]);
    expect(labels()).toBe(1);
  },
);

test('a ledger that cannot be read is tried again the next day', async () => {
  const keeper = keepRetention({
    options: { dataDir: join(dir, 'nowhere'), retention: { label: 0, events: null } },
    clock,
    log: createLog('vault', 'silent'),
    rest: () => Promise.resolve(),
  });
  await fire();
  expect(timers.map(({ ms }) => ms)).toEqual([day]);
  await keeper.stop();
});
