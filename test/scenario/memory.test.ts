import { fork } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { searchMemory } from '../memory/run.ts';
import { searchProcess, whyNot } from '../memory/scan.ts';
import { rowsOf } from '../memory/table.ts';

/** K1 and K4 of the design, in the memory of the real processes. */
const skipped = whyNot(process.pid);
if (skipped !== null) console.log(`memory search skipped: ${skipped}`);

describe.skipIf(skipped !== null)('keys in memory', () => {
  it('a search finds a key that a process has, and no more once its owner has wiped it', async () => {
    const child = fork(new URL('../memory/holder.ts', import.meta.url), { stdio: 'inherit' });
    try {
      const [masked] = (await once(child, 'message')) as [number[]];
      const bytes = Buffer.from(masked.map((byte) => byte ^ 0xff));
      expect(searchProcess(child.pid!, [{ name: 'key', bytes }]).length).toBeGreaterThan(0);
      child.send('wipe');
      await once(child, 'message');
      expect(searchProcess(child.pid!, [{ name: 'key', bytes }])).toEqual([]);
    } finally {
      child.kill();
    }
  });

  it('none of the meeting before the grant, in the worker only under it, and none after the revoke', async () => {
    const report = await searchMemory({ snapshots: false });
    const { rows, faults } = rowsOf(report);
    expect(faults, rows.join('\n')).toEqual([]);
    expect(report.searched['frame key']).toBeGreaterThan(8);
    expect(report.searched['HPKE private key']).toBeGreaterThan(0);
  }, 180_000);
});
