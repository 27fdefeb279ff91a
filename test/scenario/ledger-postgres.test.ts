import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { fromBase64url } from '../../src/base/bytes.ts';
import { createLog } from '../../src/base/log.ts';
import { personalCommitment } from '../../src/ledger/commitment.ts';
import { copyFromPostgres } from '../../src/ledger/postgres-copy.ts';
import type { PostgresPlace } from '../../src/ledger/postgres-place.ts';
import { postgresStore } from '../../src/ledger/postgres.ts';
import { queueInPostgres } from '../../src/ledger/postgres-tasks.ts';
import { nodePrimitives, openSource } from '../../src/ledger/verify/node.ts';
import { verifyLog } from '../../src/ledger/verify/verify.ts';
import { latchkey } from '../support/cli.ts';
import { random } from '../support/consent-peers.ts';
import { keepRetention } from '../../src/vault/retention.ts';
import { handClock, openTestLedger, playCall, testConnector } from '../support/ledger-story.ts';
import { restoreDrill } from '../support/restore-drill.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { storeContract } from '../support/store-contract.ts';
import { launchVault, makeDir, meetingFor, removeDir, type TestVault } from '../support/vault.ts';

const why = { what: 'packet', reason: 'probe' };

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.remove());

storeContract('PostgreSQL', async () => {
  const dir = await makeDir();
  const place = await server.place();
  return {
    store: () => postgresStore(place),
    async file() {
      const file = join(dir, `${randomBytes(6).toString('hex')}.sqlite`);
      await copyFromPostgres(place, file);
      return file;
    },
    async queue(tasks) {
      await queueInPostgres(place, tasks);
    },
    remove: () => removeDir(dir),
  };
});

describe('a connector whose ledger is in a database', () => {
  let dir: string;
  let place: PostgresPlace;
  let config: string;
  let vault: TestVault | null = null;
  beforeEach(async () => {
    dir = await makeDir();
    place = await server.place('bridge-1');
    config = join(dir, 'config.json');
    writeFileSync(config, JSON.stringify({ dataDir: dir, ledger: { store: 'postgres', postgres: place } }));
  });
  afterEach(async () => {
    await vault?.stop();
    vault = null;
    await removeDir(dir);
  });
  const database = (): string => new URL(place.url).pathname.slice(1);
  const json = async (...args: string[]): Promise<Record<string, unknown>> => {
    const result = await latchkey('ledger', ...args, '--json', '--config', config);
    if (result.stdout === '') throw new Error(result.stderr);
    return JSON.parse(result.stdout) as Record<string, unknown>;
  };

  test('killed while appends are in flight, nothing acknowledged is missing, and every command reads it', async () => {
    vault = await launchVault(dir, { postgres: place });
    const running = vault;
    const worker = await running.worker(await meetingFor(running));
    const acknowledged: string[] = [];
    const append = async (): Promise<void> => {
      for (;;) {
        const probe = random(16);
        const entry = { type: 'refused', meeting: worker.meeting.id, data: { ...why, probe } } as const;
        if (!(await worker.vault.append([entry])).ok) return;
        acknowledged.push(probe);
      }
    };
    const appending = Promise.all([append(), append(), append()]);
    await expect.poll(() => acknowledged.length, { interval: 3 }).toBeGreaterThan(30);
    process.kill(running.handle.pid, 'SIGKILL');
    await appending;
    await running.stop();
    // The server lets go of the log when it notices that the session is gone.
    await expect
      .poll(async () => (vault = await launchVault(dir, { postgres: place }).catch(() => null)))
      .not.toBeNull();
    expect(await json('verify')).toMatchObject({ verified: true, counts: {} });
    const out = join(dir, 'export.jsonl');
    await json('export', '--out', out);
    const exported = readFileSync(out, 'utf8');
    expect(acknowledged.filter((probe) => !exported.includes(probe))).toEqual([]);
    expect(exported).toContain('"type\\":\\"recovered');
    expect(await json('verify', '--file', out)).toMatchObject({ verified: true });
    expect(await json('intervals')).toMatchObject({ intervals: [] });
  }, 60_000);

  test('erases while the connector runs, and when it does not', async () => {
    vault = await launchVault(dir, { postgres: place });
    const worker = await vault.worker(await meetingFor(vault));
    const [first, second] = [random(16), random(16)];
    for (const leg of [first, second]) {
      const salt = random(16);
      const label = personalCommitment(fromBase64url(salt)!, 'Erika Musterfrau');
      const about = { meeting: worker.meeting.id, bridge: worker.join, leg };
      const entry = { ...about, type: 'leg-asked', data: { request: random(32), label } } as const;
      const personal = [{ name: 'label', leg, salt, value: 'Erika Musterfrau' }];
      expect((await worker.vault.append([{ ...entry, personal }])).ok).toBe(true);
    }
    expect(await json('erase', '--leg', first)).toMatchObject({ leg: first, values: 1 });
    await vault.stop();
    vault = null;
    expect(await json('erase', '--leg', second)).toMatchObject({ leg: second, values: 1 });
    expect(await server.query(database(), 'SELECT * FROM latchkey.personal')).toEqual([]);
    const report = (await json('verify')) as { findings: { severity: string; code: string }[] };
    expect(report).toMatchObject({ verified: true });
  }, 60_000);

  test('two connectors write side by side, and the combined view has the events of both', async () => {
    const other = await makeDir();
    try {
      vault = await launchVault(dir, { postgres: place });
      const second = await launchVault(other, { postgres: { ...place, log: 'bridge-2' } });
      await expect(launchVault(other, { postgres: place })).rejects.toMatchObject({ code: 'ledger-in-use' });
      await vault.handle.append([{ type: 'drain' }]);
      await second.handle.append([{ type: 'pin-refused', leg: random(16), data: { verdict: 'wrong' } }]);
      await second.stop();
      const rows = await server.query(
        database(),
        'SELECT log, type FROM latchkey.events ORDER BY at, log, seq',
      );
      expect(rows.map(({ log, type }) => `${String(log)} ${String(type)}`).sort()).toEqual([
        'bridge-1 drain',
        'bridge-1 start',
        'bridge-2 pin-refused',
        'bridge-2 start',
        'bridge-2 stop',
      ]);
      expect(await json('verify', '--log', 'bridge-2')).toMatchObject({ verified: true, leaves: 3 });
    } finally {
      await removeDir(other);
    }
  });

  test('a key that is not the log’s own writes nothing', async () => {
    vault = await launchVault(dir, { postgres: place });
    await vault.stop();
    const other = await makeDir();
    await expect(launchVault(other, { postgres: place })).rejects.toThrow('run "latchkey ledger verify"');
    await removeDir(other);
  });
});

restoreDrill('PostgreSQL', async () => {
  const place = await server.place();
  return {
    ledger: { store: 'postgres', postgres: place },
    vault: { postgres: place },
    async lose() {
      await server.query(new URL(place.url).pathname.slice(1), 'DROP SCHEMA latchkey CASCADE');
    },
  };
});

describe('the retention clock of a vault whose ledger is in a database', () => {
  const day = 86_400_000;

  test('lets go day by day what is due, misses a day while the server is away, and every proof still verifies', async () => {
    const place = await server.place();
    const dir = await makeDir();
    const hand = handClock();
    let due: (() => void)[] = [];
    const clock = {
      ...hand,
      after: (_ms: number, fire: () => void) => (due.push(fire), { cancel: () => (due = []) }),
    };
    const connector = await testConnector();
    const ledger = await openTestLedger(postgresStore(place), connector, hand);
    await playCall(ledger, connector, hand);
    const log = createLog('vault', 'silent');
    const warned = vi.spyOn(log, 'warn');
    const keeper = keepRetention({
      options: { dataDir: dir, postgres: place, retention: { label: 2, events: 5 } },
      clock,
      log,
      rest: () => Promise.resolve(),
    });
    /** The next day's timer is set when this day's reading is done. */
    const nextDay = async (days: number): Promise<void> => {
      hand.move(days * day);
      const [fire] = due.splice(0);
      fire?.();
      await expect.poll(() => due.length, { timeout: 20_000 }).toBe(1);
    };
    const database = new URL(place.url).pathname.slice(1);
    const counted = async (): Promise<readonly number[]> => {
      const [row] = await server.query(
        database,
        `SELECT (SELECT count(*) FROM latchkey.personal)::int AS labels,
                (SELECT count(*) FROM latchkey.leaves WHERE body IS NOT NULL)::int AS contents`,
      );
      return [Number(row?.['labels']), Number(row?.['contents'])];
    };
    const [, all = 0] = await counted();
    // Of a vault that was killed while it looked for what is due.
    mkdirSync(join(dir, 'retention-copy-before'));
    await nextDay(0);
    expect(readdirSync(dir)).toEqual([]);
    await ledger.runTasks();
    expect(await counted()).toEqual([1, all]);
    await nextDay(3);
    await ledger.runTasks();
    expect(await counted()).toEqual([0, all + 1]);
    expect(warned).not.toHaveBeenCalled();
    await ledger.close();
    await server.stop();
    await nextDay(1);
    expect(warned).toHaveBeenCalledOnce();
    await server.start();
    const next = await openTestLedger(postgresStore(place), connector, hand);
    await nextDay(2);
    await next.runTasks();
    const [labels, contents = all] = await counted();
    expect(labels).toBe(0);
    expect(contents).toBeLessThan(all - 5);
    await keeper.stop();
    await next.close();
    const file = join(dir, 'copy.sqlite');
    await copyFromPostgres(place, file);
    const source = openSource(file);
    expect(verifyLog({ primitives: nodePrimitives(), source })).toMatchObject({ verified: true });
    source.close();
    await removeDir(dir);
  }, 60_000);
});

describe('the database', () => {
  test('that loses its power keeps what it acknowledged, and the writer fails for good', async () => {
    const place = await server.place();
    const connector = await testConnector();
    const failures: string[] = [];
    const ledger = await openTestLedger(postgresStore(place), connector, handClock(), (reason) =>
      failures.push(reason),
    );
    let acknowledged = 0;
    const append = async (): Promise<void> => {
      while ((await ledger.append([{ type: 'refused', data: why }])).ok) acknowledged += 1;
    };
    const appending = Promise.all([append(), append()]);
    await expect.poll(() => acknowledged, { interval: 3 }).toBeGreaterThan(20);
    await server.crash();
    await appending;
    expect(failures).toHaveLength(1);
    await ledger.close();
    await server.start();
    const next = await openTestLedger(postgresStore(place), connector, handClock());
    await next.close();
    const dir = await makeDir();
    const file = join(dir, 'copy.sqlite');
    await copyFromPostgres(place, file);
    const source = openSource(file);
    const report = verifyLog({ primitives: nodePrimitives(), source });
    source.close();
    await removeDir(dir);
    expect(report).toMatchObject({ verified: true, counts: new Map() });
    expect(report.leaves).toBeGreaterThanOrEqual(acknowledged + 4);
  });

  test('that goes away while nobody writes is noticed all the same', async () => {
    const dir = await makeDir();
    const vault = await launchVault(dir, { postgres: await server.place() });
    const worker = await vault.worker(await meetingFor(vault));
    await server.crash();
    await expect.poll(() => vault.lost, { timeout: 20_000 }).toHaveLength(1);
    await expect.poll(() => worker.lost).toEqual(['ledger-failed']);
    await vault.stop();
    await server.start();
    await removeDir(dir);
  }, 60_000);

  test('with fsync off is refused', async () => {
    const place = await server.place();
    await server.stop();
    await server.start(['fsync=off']);
    await expect(postgresStore(place).open()).rejects.toThrow('fsync = off');
    await server.stop();
    await server.start();
  });

  test('with a schema of a newer Latchkey is left alone', async () => {
    const place = await server.place();
    const store = postgresStore(place);
    await store.open();
    await store.close();
    const database = new URL(place.url).pathname.slice(1);
    await server.query(database, 'INSERT INTO latchkey.migrations (version) VALUES (99)');
    await expect(postgresStore(place).open()).rejects.toThrow('made by a newer Latchkey');
  });

  test('that refuses the password is named, and the password is not', async () => {
    const place = await server.place();
    const dir = await makeDir();
    const passwordFile = join(dir, 'password');
    writeFileSync(passwordFile, 'not-the-password\n');
    const refused = await postgresStore({ ...place, passwordFile })
      .open()
      .then(
        () => new Error('opened'),
        (error: unknown) => error as Error,
      );
    expect(refused).toMatchObject({ code: 'ledger-unavailable' });
    expect(refused.message).toContain('password authentication failed');
    expect(JSON.stringify(refused) + String(refused.stack)).not.toContain('not-the-password');
    await removeDir(dir);
  });
});
