import { readdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { latchkey, type CliResult } from '../support/cli.ts';
import { restoreDrill } from '../support/restore-drill.ts';
import { launchVault, makeDir, removeDir } from '../support/vault.ts';

const lose = async (dir: string): Promise<void> => {
  for (const end of ['', '-wal', '-shm']) await rm(join(dir, `ledger.sqlite${end}`), { force: true });
};

restoreDrill('SQLite', () => Promise.resolve({ ledger: { store: 'sqlite' }, vault: {}, lose }));

test('a ledger too damaged to read is replaced by force only, and kept', async () => {
  const dir = await makeDir();
  const backup = join(dir, 'backup');
  const vault = await launchVault(dir);
  await vault.handle.append([{ type: 'drain' }]);
  await latchkey('ledger', 'backup', '--data', dir, '--out', backup);
  await vault.stop();
  await lose(dir);
  writeFileSync(join(dir, 'ledger.sqlite'), 'a disk that forgot');
  const refused = await latchkey('ledger', 'restore', '--data', dir, '--from', backup);
  expect(refused.stderr).toContain('the ledger is damaged');
  const forced = await latchkey('ledger', 'restore', '--data', dir, '--from', backup, '--force');
  expect(forced).toMatchObject({ code: 0, stderr: '' });
  expect(forced.stdout).toContain('kept as');
  expect((await latchkey('ledger', 'verify', '--data', dir)).stdout).toContain('VERIFIED');
  await removeDir(dir);
});

test('without the key of the back-up nothing is touched, and no key is made', async () => {
  const [dir, bare] = [await makeDir(), await makeDir()];
  const backup = join(dir, 'backup');
  const vault = await launchVault(dir);
  await latchkey('ledger', 'backup', '--data', dir, '--out', backup);
  await vault.stop();
  const restore = (): Promise<CliResult> =>
    latchkey('ledger', 'restore', '--data', bare, '--from', backup, '--force');
  expect(await restore()).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no ledger key') as string,
  });
  expect(readdirSync(bare)).toEqual([]);
  await (await launchVault(bare)).stop();
  expect(await restore()).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not the one') as string,
  });
  expect((await latchkey('ledger', 'verify', '--data', bare)).stdout).toContain('VERIFIED');
  await removeDir(dir);
  await removeDir(bare);
});

test.each(['backup', 'restore'])('latchkey ledger %s explains itself', async (name) => {
  const result = await latchkey('ledger', name, '--help');
  expect(result).toMatchObject({ code: 0, stderr: '' });
  expect(result.stdout).toContain(`Usage: latchkey ledger ${name}`);
  expect((await latchkey('ledger', name, '--data', '/nonexistent')).code).toBe(2);
});
