import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { parseWitnessKey } from '../../src/config/witness-key.ts';
import { createFeeder } from '../../src/witness/feeder.ts';
import { post } from '../../src/witness/post.ts';
import { latchkey } from '../support/cli.ts';
import { launchVault, makeDir, removeDir, type TestVault } from '../support/vault.ts';
import { witnessServer, type WitnessServer } from '../support/witness-server.ts';

let dir: string;
let vault: TestVault;
let witness: WitnessServer;

/** The vault makes its ledger key at its first start, which the witness has to know. */
beforeEach(async () => {
  dir = await makeDir();
  const first = await launchVault(dir);
  witness = await witnessServer(first.handle.info.ledgerKey);
  await first.stop();
  const parsed = parseWitnessKey(witness.vkey);
  if (!parsed.ok) throw new Error(parsed.reason);
  const { name: keyName, key } = parsed.value;
  vault = await launchVault(dir, { witnesses: [{ name: 'w1', keyName, key }] });
});

afterEach(async () => {
  await vault.stop();
  await witness.stop();
  await removeDir(dir);
});

test('control carries a checkpoint of the vault’s process to a witness and back, and the ledger counts it', async () => {
  const { handle } = vault;
  const feeder = createFeeder({
    witnesses: [{ name: 'w1', url: witness.url }],
    desk: {
      work: (name, old) => handle.witnessWork(name, old),
      cosigned: (name, checkpoint, lines) => handle.cosigned(name, checkpoint, lines),
    },
    clock: systemClock,
    log: createLog('test', 'silent'),
    post: (url, body) => post(url, body, systemClock),
  });
  await feeder.look();
  await feeder.look();
  expect(witness.statuses).toEqual([200]);
  const { stdout } = await latchkey('ledger', 'verify', '--json', '--file', join(dir, 'ledger.sqlite'));
  expect(JSON.parse(stdout)).toMatchObject({
    verified: true,
    witnesses: [{ kind: 'external', name: witness.name, cosignatures: 1 }],
  });
});

test('the vault writes down no cosignature that it cannot check, whoever brings it', async () => {
  const { handle } = vault;
  const work = await handle.witnessWork('w1', null);
  if (!work.ok) throw new Error(work.reason);
  const { checkpoint } = work.value;
  expect(await handle.witnessWork('w2', null)).toEqual({ ok: false, reason: 'witness-unknown' });
  expect(await handle.cosigned('w1', checkpoint, '— x AAAAAAAA\n')).toEqual({
    ok: false,
    reason: 'cosignature-invalid',
  });
  const other = checkpoint.replace(/\n\d+\n/, '\n1\n');
  expect((await handle.cosigned('w1', other, '')).ok).toBe(false);
  await expect(handle.append([{ type: 'cosigned', data: { size: 1 } }])).rejects.toThrow('type-not-allowed');
});
