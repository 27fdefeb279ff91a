import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openForWriting } from '../../../src/ledger/sqlite-file.ts';
import { sqliteStore } from '../../../src/ledger/sqlite.ts';
import { queueTasks } from '../../../src/ledger/task-queue.ts';
import { nodePrimitives, openSource } from '../../../src/ledger/verify/node.ts';
import { verifyLog, type Report } from '../../../src/ledger/verify/verify.ts';
import { random } from '../../support/consent-peers.ts';
import { handClock, openTestLedger, Story, testConnector } from '../../support/ledger-story.ts';
import { makeDir, removeDir } from '../../support/vault.ts';

let dir: string;
const file = (): string => join(dir, 'ledger.sqlite');

beforeEach(async () => {
  dir = await makeDir();
});
afterEach(() => removeDir(dir));

function verify(): Report {
  const source = openSource(file());
  try {
    return verifyLog({ primitives: nodePrimitives(), source });
  } finally {
    source.close();
  }
}

function schemaOf(path: string): unknown[] {
  const db = new DatabaseSync(path, { readOnly: true });
  const schema = db.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all();
  db.close();
  return schema;
}

/** What a file of format 1 has, and no more: the table of tasks came with format 2. */
function toFormat1(): void {
  const db = new DatabaseSync(file());
  db.exec('DROP TABLE tasks; PRAGMA user_version = 1');
  db.close();
}

test('a ledger of an older format verifies as it is, is migrated at the next start, and verifies on', async () => {
  const connector = await testConnector();
  const clock = handClock();
  const old = await openTestLedger(sqliteStore(file()), connector, clock);
  const story = await Story.begin(old, connector);
  const leg = random(16);
  const request = await story.request([{ leg, label: 'Somebody' }]);
  await story.grantTo(request, [leg]);
  await story.openKey();
  await old.close();
  toFormat1();
  const before = verify();
  expect(before).toMatchObject({ verified: true });

  const ledger = await openTestLedger(sqliteStore(file()), connector, clock);
  queueTasks(file(), [{ kind: 'erase', leg }]);
  expect(await ledger.runTasks()).toBe(1);
  await ledger.close();
  const after = verify();
  expect(after.findings.filter(({ severity }) => severity === 'broken')).toEqual([]);
  // `start`, the erasure and `stop` came after what was there; a key left open is closed by `recovered`.
  expect(after.leaves).toBe(before.leaves + 4);
  openForWriting(join(dir, 'new.sqlite')).close();
  expect(schemaOf(file())).toEqual(schemaOf(join(dir, 'new.sqlite')));
});

test('a migration that does not finish leaves the older format as it was', async () => {
  await (await openTestLedger(sqliteStore(file()), await testConnector(), handClock())).close();
  toFormat1();
  const db = new DatabaseSync(file());
  // The name that the step needs is taken: it fails after its transaction began.
  db.exec('CREATE TABLE tasks (id INTEGER PRIMARY KEY)');
  db.close();
  const before = schemaOf(file());
  expect(() => openForWriting(file())).toThrow('the ledger cannot be opened');
  expect(schemaOf(file())).toEqual(before);
  expect(verify()).toMatchObject({ verified: true });
});
