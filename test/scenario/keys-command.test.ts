import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { latchkey } from '../support/cli.ts';
import { launchVault, makeDir, removeDir } from '../support/vault.ts';

let dir: string;
let data: string;

beforeEach(async () => {
  dir = await makeDir();
  data = join(dir, 'data');
});
afterEach(() => removeDir(dir));

async function secret(name: string, text: string): Promise<string> {
  const file = join(dir, name);
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

async function config(keys: object): Promise<string> {
  const file = join(dir, 'config.json');
  await writeFile(file, JSON.stringify({ dataDir: data, keys }));
  return file;
}

const files = async (): Promise<string[]> =>
  (await readdir(data)).filter((name) => /\.(pem|sealed)$/.test(name)).sort();

interface Shown {
  readonly keys: readonly { readonly key: string; readonly kept: string; readonly thumbprint: string }[];
}

async function show(file: string): Promise<Shown['keys']> {
  const shown = await latchkey('keys', 'show', '--config', file, '--json');
  return (JSON.parse(shown.stdout) as Shown).keys;
}

test('clear keys are sealed and unsealed, stay the same keys, and the vault opens both', async () => {
  const secretFile = await secret('passphrase', 'correct horse battery staple\n');
  const first = await launchVault(data);
  const { identityThumbprint, ledgerThumbprint } = first.handle.info;
  await first.stop();
  const file = await config({ protect: 'passphrase', secretFile });
  expect((await latchkey('keys', 'seal', '--config', file)).code).toBe(0);
  expect(await files()).toEqual(['identity.sealed', 'ledger.sealed', 'operator.sealed']);
  expect(await show(file)).toMatchObject([
    { key: 'identity', kept: 'passphrase', thumbprint: identityThumbprint },
    { key: 'ledger', kept: 'passphrase', thumbprint: ledgerThumbprint },
    { key: 'operator', kept: 'passphrase' },
  ]);
  const sealed = await launchVault(data, { keys: { protect: 'passphrase', secretFile } });
  expect(sealed.handle.info).toMatchObject({ identityThumbprint, ledgerThumbprint });
  await sealed.stop();
  // Without its secret the connector does not start as somebody new: it does not start.
  await expect(launchVault(data)).rejects.toMatchObject({ code: 'key-sealed' });
  const wrong = await secret('wrong', 'correct horse battery stable\n');
  await expect(
    launchVault(data, { keys: { protect: 'passphrase', secretFile: wrong } }),
  ).rejects.toMatchObject({
    code: 'key-sealed',
    message: expect.stringContaining('the passphrase is not the one') as string,
  });
  expect((await latchkey('keys', 'unseal', '--config', file)).code).toBe(0);
  expect(await files()).toEqual(['identity.pem', 'ledger.pem', 'operator.pem']);
  const again = await launchVault(data);
  expect(again.handle.info).toMatchObject({ identityThumbprint, ledgerThumbprint });
  await again.stop();
});

test('with a key file, keys are sealed from the first moment', async () => {
  const secretFile = join(dir, 'key-file');
  const made = await latchkey('keys', 'new-key-file', '--out', secretFile);
  expect(made.code).toBe(0);
  expect((await latchkey('keys', 'new-key-file', '--out', secretFile)).code).toBe(2);
  const file = await config({ protect: 'key-file', secretFile });
  const init = await latchkey('keys', 'init', '--config', file, '--json');
  const { keys } = JSON.parse(init.stdout) as Shown;
  expect(await files()).toEqual(['identity.sealed', 'ledger.sealed']);
  const vault = await launchVault(data, { keys: { protect: 'key-file', secretFile } });
  expect(vault.handle.info.identityThumbprint).toBe(keys[0]!.thumbprint);
  await vault.stop();
  for (const name of await files()) {
    expect(await readFile(join(data, name), 'latin1')).not.toContain('PRIVATE KEY');
  }
});

test('a secret that others may read, or that is missing, is refused by name', async () => {
  const secretFile = await secret('passphrase', 'correct horse battery staple\n');
  await chmod(secretFile, 0o644);
  const open = await latchkey(
    'keys',
    'init',
    '--config',
    await config({ protect: 'passphrase', secretFile }),
  );
  expect(open).toMatchObject({ code: 1 });
  expect(open.stderr).toContain('everybody may read');
  expect(open.stderr).toContain('key-secret');
  const none = await latchkey('keys', 'init', '--config', await config({ protect: 'passphrase' }));
  expect(none.stderr).toContain('keys.secretFile: missing');
  const short = await secret('short', 'abc\n');
  const refused = await latchkey(
    'keys',
    'init',
    '--config',
    await config({ protect: 'passphrase', secretFile: short }),
  );
  expect(refused.stderr).toContain('at least 8 bytes');
  expect(refused.stderr).not.toContain('abc');
});
