import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fromBase64url } from '../../src/base/bytes.ts';
import { personalCommitment } from '../../src/ledger/commitment.ts';
import { latchkey, type CliResult } from '../support/cli.ts';
import { bytesOfPayload, random, requestPayload } from '../support/consent-peers.ts';
import {
  launchVault,
  makeDir,
  meetingFor,
  removeDir,
  type TestVault,
  type TestWorker,
} from '../support/vault.ts';

let dir: string;
let vault: TestVault;
let worker: TestWorker;

beforeEach(async () => {
  dir = await makeDir();
  vault = await launchVault(dir);
  worker = await vault.worker(await meetingFor(vault));
});

afterEach(async () => {
  await vault.stop();
  await removeDir(dir);
});

/** A request for one caller, whose label stands in the side table. */
async function callOf(name: string): Promise<string> {
  const leg = random(16);
  const salt = random(16);
  const label = personalCommitment(fromBase64url(salt)!, name);
  const payload = requestPayload(
    worker.meeting,
    { join: worker.join, info: vault.handle.info },
    { callers: [{ leg, label }] },
  );
  const personal = [{ name: 'label', leg, salt, value: name }];
  const signed = await worker.vault.signRequest(bytesOfPayload('bridge-request', payload), personal);
  if (!signed.ok) throw new Error(signed.reason);
  return leg;
}

/** Whether these bytes stand in any file of the folder. */
const onDisk = (text: string): boolean =>
  readdirSync(dir)
    .filter((name) => name.startsWith('ledger'))
    .some((name) => readFileSync(join(dir, name)).includes(text));

const json = (result: CliResult): Record<string, unknown> => {
  expect(result.stderr).toBe('');
  return JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
};

const verified = async (): Promise<Record<string, unknown>> =>
  json(await latchkey('ledger', 'verify', '--data', dir, '--json'));

test('erasing one caller beside the running vault removes its bytes from the disk, and every proof still verifies', async () => {
  const leg = await callOf('Erika Musterfrau');
  await callOf('Max Mustermann');
  expect(onDisk('Erika Musterfrau')).toBe(true);
  const erased = json(await latchkey('ledger', 'erase', '--data', dir, '--leg', leg, '--json'));
  expect(erased).toMatchObject({ leg, values: 1 });
  await expect.poll(() => onDisk('Erika Musterfrau')).toBe(false);
  expect(onDisk('Max Mustermann')).toBe(true);
  expect(await verified()).toMatchObject({ verified: true, counts: { 'personal-erased': 1 } });
  const again = await latchkey('ledger', 'erase', '--data', dir, '--leg', leg);
  expect(again.code).toBe(2);
});

test('erasing works with no connector running, and is recorded', async () => {
  const leg = await callOf('Erika Musterfrau');
  await vault.stop();
  const erased = json(await latchkey('ledger', 'erase', '--data', dir, '--leg', leg.slice(0, 9), '--json'));
  expect(onDisk('Erika Musterfrau')).toBe(false);
  const exported = await latchkey('ledger', 'export', '--data', dir, '--personal');
  const leaf = exported.stdout
    .split('\n')
    .filter((line) => line.includes('"kind":"leaf"'))
    .map((line) => JSON.parse((JSON.parse(line) as { leaf: string }).leaf) as Record<string, unknown>)
    .find(({ seq }) => seq === erased['seq']);
  expect(leaf).toMatchObject({ type: 'operator-action', leg, data: { action: 'erase', values: 1 } });
  expect(await verified()).toMatchObject({ verified: true });
});

test('each purpose is pruned by its own clock; the log verifies and says what went', async () => {
  await callOf('Erika Musterfrau');
  const prune = (...args: string[]): Promise<CliResult> =>
    latchkey('ledger', 'prune', '--data', dir, '--json', ...args);
  expect(json(await prune('--keep', 'label=1d', '--keep', 'events=1y'))).toMatchObject({
    events: 0,
    values: {},
  });
  expect(json(await prune('--keep', 'label=0h', '--dry-run'))).toMatchObject({ values: { label: 1 } });
  expect(onDisk('Erika Musterfrau')).toBe(true);
  expect(json(await prune('--keep', 'label=0h'))).toMatchObject({ events: 0, values: { label: 1 } });
  await expect.poll(() => onDisk('Erika Musterfrau')).toBe(false);
  expect(await verified()).toMatchObject({ verified: true, counts: { 'personal-erased': 1 } });
  // registration-seen stays: only the request is content that may go.
  expect(json(await prune('--keep', 'events=0h'))).toMatchObject({ events: 1 });
  expect(await verified()).toMatchObject({ verified: true, counts: { 'leaves-pruned': 1 } });
  const intervals = await latchkey('ledger', 'intervals', '--data', dir);
  expect(intervals.stdout).toContain('Who could hear by them is not in this ledger any more.');
  await callOf('Max Mustermann');
  await vault.stop();
  vault = await launchVault(dir);
  expect(await verified()).toMatchObject({ verified: true });
});

test('content that goes without a recorded prune does not verify', async () => {
  await callOf('Erika Musterfrau');
  await vault.stop();
  const db = new DatabaseSync(join(dir, 'ledger.sqlite'));
  db.exec('UPDATE leaves SET body = NULL WHERE seq = 2');
  db.close();
  const result = await latchkey('ledger', 'verify', '--data', dir);
  expect(result.code).toBe(1);
  expect(result.stdout).toContain('leaf-withheld');
});

test('control cannot claim that something was pruned', async () => {
  const claim = { type: 'operator-action', data: { action: 'prune', ranges: ['0-9'] } } as const;
  await expect(vault.handle.append([claim])).rejects.toThrow('type-not-allowed');
  await vault.handle.append([{ type: 'operator-action', data: { action: 'restart' } }]);
});

test('a task that would take what has to stay removes nothing', async () => {
  const { queueTasks } = await import('../../src/ledger/task-queue.ts');
  queueTasks(join(dir, 'ledger.sqlite'), [{ kind: 'prune', ranges: [{ from: 0, to: 1 }] }]);
  await expect
    .poll(async () => (await latchkey('ledger', 'export', '--data', dir)).stdout, { timeout: 30_000 })
    .toContain('prune-refused');
  expect(await verified()).toMatchObject({ verified: true, counts: {} });
});

test.each([
  [['erase'], 'give --leg'],
  [['erase', '--leg', 'nobody'], 'has personal values'],
  [['prune'], 'give --keep'],
  [['prune', '--keep', 'label'], 'write it as'],
  [['prune', '--frob'], 'frob'],
  [['burn'], 'there is no command'],
  [['verify', '--file', '/nonexistent'], 'cannot be opened'],
  [['export', '--json'], 'needs --out'],
])('latchkey ledger %j is a usage error', async (args, text) => {
  const result = await latchkey('ledger', ...args, ...(args[0] === 'burn' ? [] : ['--data', dir]));
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toContain(text);
});

test.each(['verify', 'intervals', 'export', 'page', 'erase', 'prune'])(
  'latchkey ledger %s explains itself',
  async (name) => {
    const result = await latchkey('ledger', name, '--help');
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toContain(`Usage: latchkey ledger ${name}`);
  },
);
