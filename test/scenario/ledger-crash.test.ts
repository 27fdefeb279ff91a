import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fromBase64url } from '../../src/base/bytes.ts';
import { personalCommitment } from '../../src/ledger/commitment.ts';
import { nodePrimitives, openSource } from '../../src/ledger/verify/node.ts';
import { verifyLog } from '../../src/ledger/verify/verify.ts';
import { crashRounds, judge } from '../crash/rounds.ts';
import { random } from '../support/consent-peers.ts';
import { latchkey } from '../support/cli.ts';
import { walSize } from '../support/faulty-store.ts';
import { launchVault, makeDir, meetingFor, removeDir } from '../support/vault.ts';

let dir: string;
beforeEach(async () => {
  dir = await makeDir();
});
afterEach(() => removeDir(dir));

test('the vault killed at the steps of a call, and its disk frozen: a sample of npm run test:crash', async () => {
  const { misses, acknowledged, met } = await crashRounds(dir, 11, 20_261_126);
  expect(misses).toEqual([]);
  expect(acknowledged).toBeGreaterThan(40);
  expect(Object.keys(met).some((name) => name.startsWith('frozen'))).toBe(true);
  // The harness can fail: what nobody wrote is missed.
  const made = { leaves: new Map([[3, new Uint8Array(9)]]), probes: new Set([random(16)]) };
  expect(await judge(dir, made)).toEqual([
    'leaf 3 is missing or another one',
    expect.stringMatching(/^probe .* is missing$/),
  ]);
}, 120_000);

/** A disk that is full, and has room again. */
interface Disk {
  /** What is written from now on fails soon. Called with the vault's process running. */
  fill(pid: number): void;
  /** For the next process. */
  empty(): void;
}

/** Appends until the disk is full, as workers do; afterwards the ledger has all that was acknowledged. */
async function fillAndRecover(disk: Disk): Promise<void> {
  const vault = await launchVault(dir);
  const worker = await vault.worker(await meetingFor(vault));
  const { meeting } = worker;
  const about = { meeting: meeting.id, bridge: worker.join };
  const acknowledged: string[] = [];
  const append = async (): Promise<boolean> => {
    const probe = random(16);
    const written = await worker.vault.append([
      { ...about, type: 'refused', data: { what: 'packet', reason: 'probe', probe } },
    ]);
    if (written.ok) acknowledged.push(probe);
    return written.ok;
  };
  while (acknowledged.length < 10) expect(await append()).toBe(true);
  disk.fill(vault.handle.pid);
  for (let tries = 0; tries < 200 && (await append()); tries++);
  expect(acknowledged.length).toBeLessThan(200);
  expect(await append()).toBe(false);
  await expect.poll(() => vault.lost).toHaveLength(1);
  await expect.poll(() => worker.lost).toEqual(['ledger-failed']);
  await expect(vault.handle.append([{ type: 'drain' }])).rejects.toMatchObject({
    code: 'ledger-unavailable',
  });
  await vault.stop();
  disk.empty();
  await (await launchVault(dir)).stop();
  const found = new Set<string>();
  const source = openSource(join(dir, 'ledger.sqlite'));
  const report = verifyLog({
    primitives: nodePrimitives(),
    source,
    onLeaf: ({ data }) => typeof data['probe'] === 'string' && found.add(data['probe']),
  });
  source.close();
  expect(report.verified).toBe(true);
  expect(acknowledged.filter((probe) => !found.has(probe))).toEqual([]);
}

test('a limit on file sizes: appends are refused, control and workers are told, and with room again all that was acknowledged is there', async () => {
  await fillAndRecover({
    fill(pid) {
      const limit = walSize(join(dir, 'ledger.sqlite')) + 40_000;
      const limited = spawnSync('prlimit', [`--pid=${pid}`, `--fsize=${limit}`], { encoding: 'utf8' });
      expect(limited).toMatchObject({ status: 0 });
    },
    empty: () => undefined, // The limit was that process's own.
  });
}, 60_000);

/** A file system of 8 MiB over the test's folder; false where this user may not mount. */
const mountSmall = (folder: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=700', 'latchkey-test', folder]).status === 0;
const unmount = (folder: string): void => void spawnSync('umount', [folder]);

const mayMount = await (async (): Promise<boolean> => {
  const folder = await makeDir();
  const mounted = mountSmall(folder);
  if (mounted) unmount(folder);
  await removeDir(folder);
  return mounted;
})();

test.skipIf(!mayMount)(
  'a disk that is full in earnest (mounting one takes root): the same',
  async () => {
    const disk = dir;
    const ballast = join(disk, 'ballast');
    expect(mountSmall(disk)).toBe(true);
    try {
      await fillAndRecover({
        fill() {
          // All but some blocks: what the file system has left, it may still give.
          const { bavail, bsize } = statfsSync(disk);
          writeFileSync(ballast, Buffer.alloc(bavail * bsize - 40_000));
        },
        empty: () => rmSync(ballast),
      });
    } finally {
      unmount(disk);
    }
  },
  60_000,
);

/** Root may write everywhere: the test becomes somebody else for it. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : null;

function asNobody(...args: readonly string[]): Promise<{ code: unknown; stderr: string }> {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], nobody ?? {}, (error, _, stderr) =>
      resolve({ code: error?.code ?? 0, stderr }),
    );
  });
}

test('a folder that cannot be written: nothing starts, nothing changes, and reading still works', async () => {
  const vault = await launchVault(dir);
  const worker = await vault.worker(await meetingFor(vault));
  const about = { meeting: worker.meeting.id, bridge: worker.join };
  const leg = random(16);
  const salt = random(16);
  const label = personalCommitment(fromBase64url(salt)!, 'Somebody');
  const personal = [{ name: 'label', leg, salt, value: 'Somebody' }];
  await worker.vault.append([
    { ...about, type: 'leg-asked', leg, data: { request: random(32), label }, personal },
  ]);
  await vault.stop();
  await latchkey('ledger', 'backup', '--data', dir, '--out', join(dir, 'backup'));
  const file = join(dir, 'ledger.sqlite');
  const all = ['.', ...readdirSync(dir)];
  if (nobody !== null) for (const name of all) chownSync(join(dir, name), nobody.uid, nobody.gid);
  const before = statSync(file);
  const mayWrite = (yes: boolean): void => {
    for (const name of all.slice(1)) chmodSync(join(dir, name), yes ? 0o600 : 0o400);
    chmodSync(dir, yes ? 0o700 : 0o500);
  };
  mayWrite(false);
  const verified = await asNobody('ledger', 'verify', '--data', dir);
  const exported = await asNobody('ledger', 'export', '--data', dir);
  const erased = await asNobody('ledger', 'erase', '--leg', leg, '--data', dir);
  const restored = await asNobody('ledger', 'restore', '--from', join(dir, 'backup'), '--data', dir);
  mayWrite(true);
  expect(verified).toMatchObject({ code: 0, stderr: '' });
  expect(exported).toMatchObject({ code: 0, stderr: '' });
  for (const refused of [erased, restored]) {
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ledger-unavailable') as string,
    });
  }
  expect(statSync(file)).toMatchObject({ mtimeMs: before.mtimeMs, size: before.size });
  expect((await latchkey('ledger', 'verify', '--data', dir)).stdout).toContain('VERIFIED');
}, 60_000);
