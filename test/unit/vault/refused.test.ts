import { afterEach, beforeEach, expect, it } from 'vitest';
import { random } from '../../support/consent-peers.ts';
import { launchVault, makeDir, removeDir, type TestVault } from '../../support/vault.ts';

let dir: string;
let vault: TestVault;
beforeEach(async () => {
  dir = await makeDir();
  vault = await launchVault(dir);
});
afterEach(async () => {
  await vault.stop();
  await removeDir(dir);
});

it('a question that the vault refuses is answered: silence would end every bridge', async () => {
  const { handle } = vault;
  const none = { before: null, count: 1, since: null };
  for (const query of [
    { ...none, before: 1e300 },
    { ...none, since: -1 },
    { ...none, count: 1_000_000 },
  ])
    expect(await handle.tail(query)).toEqual({ ok: false, reason: 'bad-member' });
  const long = { name: 'operator', salt: random(16), value: 'x'.repeat(2_000) };
  const entry = {
    type: 'admin-action',
    data: { action: 'drain', role: 'operator', by: random(32) },
  } as const;
  await expect(handle.append([{ ...entry, personal: [long] }])).rejects.toThrow('bad-member');
  expect((await handle.status()).ok).toBe(true);
  expect(vault.lost).toEqual([]);
});
