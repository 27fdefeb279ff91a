import crypto from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { writeHeapSnapshot } from 'node:v8';

/**
 * Loaded into every process of the connector by NODE_OPTIONS=--import. It tells the test which 32-byte secrets a process draws
 * (HPKE private keys are such seeds), and writes a heap snapshot when it is asked to. What it notes is masked, so that looking
 * for secrets finds those of the process and none of its own making.
 */
const folder = process.env.LATCHKEY_MEMORY ?? '';
export const mask = 0xa5;

if (folder !== '' && process.argv[1]?.includes('/src/') === true) {
  const file = openSync(join(folder, `drawn-${process.pid}`), 'a');
  const masked = Buffer.alloc(32);
  const note = (drawn: Uint8Array): void => {
    if (drawn.length !== 32) return;
    for (let i = 0; i < 32; i++) masked[i] = drawn[i]! ^ mask;
    writeSync(file, masked);
  };
  const { randomBytes, randomFillSync } = crypto;
  crypto.randomBytes = (length: number) => {
    const drawn = randomBytes(length);
    note(drawn);
    return drawn;
  };
  crypto.randomFillSync = ((...args: [Uint8Array]) => {
    randomFillSync(args[0]);
    note(args[0]);
    return args[0];
  }) as typeof randomFillSync;
  syncBuiltinESMExports();
  process.on('SIGUSR2', () => {
    const file = writeHeapSnapshot(join(folder, `heap-${process.pid}`));
    if (file === '') process.exitCode = 1;
  });
}
