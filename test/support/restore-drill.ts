import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { VaultOptions } from '../../src/vault/protocol.ts';
import { latchkey, type CliResult } from './cli.ts';
import { random } from './consent-peers.ts';
import { launchVault, makeDir, removeDir, type TestVault } from './vault.ts';

export interface DrillGround {
  /** What the configuration file says about the ledger. */
  readonly ledger: object;
  readonly vault: Partial<VaultOptions>;
  /** The medium is gone, with the ledger on it. */
  lose(dir: string): Promise<void>;
}

/** Back-up while the connector works, loss, restore; and what a restore must not do. */
export function restoreDrill(name: string, prepare: () => Promise<DrillGround>): void {
  describe(`back-up and restore, ${name}`, () => {
    let dir: string;
    let ground: DrillGround;
    let vault: TestVault | null = null;
    const inDir = (file: string): string => join(dir, file);
    beforeEach(async () => {
      dir = await makeDir();
      ground = await prepare();
      writeFileSync(inDir('config.json'), JSON.stringify({ dataDir: dir, ledger: ground.ledger }));
      vault = await launchVault(dir, ground.vault);
    });
    afterEach(async () => {
      await vault?.stop();
      await removeDir(dir);
    });
    const stop = async (): Promise<void> => {
      await vault?.stop();
      vault = null;
    };
    const ledger = (...args: string[]): Promise<CliResult> =>
      latchkey('ledger', ...args, '--config', inDir('config.json'));
    const json = async (...args: string[]): Promise<Record<string, unknown>> => {
      const result = await ledger(...args, '--json');
      if (result.stdout === '') throw new Error(result.stderr);
      return JSON.parse(result.stdout) as Record<string, unknown>;
    };
    /** Events that anybody was told are on disk. */
    const appendSome = async (count: number): Promise<string[]> => {
      const probes = Array.from({ length: count }, () => random(16));
      for (const probe of probes) await vault?.handle.append([{ type: 'drain', data: { probe } }]);
      return probes;
    };
    const exported = async (): Promise<string> => (await ledger('export')).stdout;

    test('a copy made under load is one state; after a loss it is put back, with what was open closed', async () => {
      const before = await appendSome(5);
      const busy = new AbortController();
      const load = (async () => {
        while (!busy.signal.aborted) await appendSome(1);
      })();
      const backup = await json('backup', '--out', inDir('backup'));
      busy.abort();
      await load;
      expect(backup).toMatchObject({ verified: true, file: inDir('backup') });
      expect((await ledger('backup', '--out', inDir('backup'))).stderr).toContain('nothing is written over');
      const whileRunning = await ledger('restore', '--from', inDir('backup'), '--force');
      expect(whileRunning.stderr).toContain('ledger-in-use');
      await stop();
      await ground.lose(dir);
      const restored = await json('restore', '--from', inDir('backup'));
      expect(restored).toMatchObject({ events: backup['leaves'], lost: 0, forced: false, kept: null });
      const text = await exported();
      expect(before.filter((probe) => !text.includes(probe))).toEqual([]);
      expect(text).toMatch(/"action\\":\\"restored\\".*"lost\\":0/);
      expect(text).toMatch(/type\\":\\"recovered/);
      expect(await json('verify')).toMatchObject({ verified: true, counts: {} });
      vault = await launchVault(dir, ground.vault);
      await appendSome(1);
    }, 90_000);

    test('what was acknowledged since the copy is not given up silently', async () => {
      const early = await appendSome(2);
      await json('backup', '--out', inDir('backup'));
      const late = await appendSome(3);
      await stop();
      const refused = await ledger('restore', '--from', inDir('backup'));
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/the ledger has 7 events and the back-up 3/);
      expect(await exported()).toContain(late[2]);
      const { checkpoint } = await json('backup', '--out', inDir('latest'));
      writeFileSync(inDir('witnessed'), String(checkpoint));
      await ground.lose(dir);
      const witnessed = await ledger(
        'restore',
        '--from',
        inDir('backup'),
        '--checkpoint',
        inDir('witnessed'),
      );
      expect(witnessed.code).toBe(1);
      expect(witnessed.stderr).toContain('does not contain the checkpoint');
      await json('restore', '--from', inDir('latest'), '--checkpoint', inDir('witnessed'));
      const forced = await json('restore', '--from', inDir('backup'), '--force');
      // `recovered`, `start`, the note of the first restore and `stop` went with the rest.
      expect(forced).toMatchObject({ events: 3, lost: 7, forced: true, kept: expect.any(String) as string });
      const text = await exported();
      expect(text).toContain(early[1]);
      expect(text).not.toContain(late[0]);
      expect(text).toMatch(/"action\\":\\"restored\\".*"forced\\":true.*"lost\\":7/);
      expect(await json('verify')).toMatchObject({ verified: true });
      const remembered = await json('verify', '--checkpoint', inDir('witnessed'));
      expect(remembered).toMatchObject({ verified: false, counts: { 'log-forked': 1 } });
    }, 90_000);

    test('a copy that was changed, an export, and the log of another connector are refused', async () => {
      await appendSome(2);
      await json('backup', '--out', inDir('backup'));
      writeFileSync(inDir('changed'), readFileSync(inDir('backup')));
      const db = new DatabaseSync(inDir('changed'));
      db.exec(
        "UPDATE leaves SET body = CAST(replace(CAST(body AS TEXT), 'drain', 'stop') AS BLOB) WHERE seq = 1",
      );
      db.close();
      await ledger('export', '--out', inDir('export'));
      await stop();
      const changed = await ledger('restore', '--from', inDir('changed'), '--force');
      expect(changed.stderr).toMatch(/does not verify .*leaf/);
      expect((await ledger('restore', '--from', inDir('export'))).stderr).toContain('is no back-up');
      const elsewhere = await makeDir();
      const other = await launchVault(elsewhere);
      await other.handle.append(Array.from({ length: 9 }, () => ({ type: 'drain' as const })));
      await other.stop();
      const foreign = await latchkey('ledger', 'backup', '--data', elsewhere, '--out', inDir('foreign'));
      expect(foreign.code).toBe(0);
      expect((await ledger('restore', '--from', inDir('foreign'))).stderr).toContain('are not one log');
      expect(await json('verify')).toMatchObject({ verified: true });
      await removeDir(elsewhere);
    }, 90_000);
  });
}
