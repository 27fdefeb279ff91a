import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const module = fileURLToPath(new URL('../../../src/cli/ledger-options.ts', import.meta.url));

/** A process whose standard output does not block, as it is once `process.stdout` has been touched, and that writes 2 MB there. */
function writer() {
  const script = `
    import { print, writeAll } from ${JSON.stringify(module)};
    print('begin');
    for (let i = 0; i < 2_000; i++)
      if (!writeAll(1, 'x'.repeat(999) + '\\n')) {
        process.stderr.write('nobody reads');
        break;
      }
  `;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script]);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<{ code: number | null; said: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, said })),
  );
  return { out: child.stdout, ended };
}

it('a reader that is slower than what is written gets all of it', async () => {
  const { out, ended } = writer();
  let length = 0;
  out.on('data', (chunk: Buffer) => {
    length += chunk.length;
    // The pipe fills up meanwhile.
    out.pause();
    setImmediate(() => out.resume());
  });
  expect(await ended).toEqual({ code: 0, said: '' });
  expect(length).toBe('begin\n'.length + 2_000_000);
});

it('a reader that has read enough ends the writing, and nothing is said of it', async () => {
  const { out, ended } = writer();
  out.once('data', () => out.destroy());
  expect(await ended).toEqual({ code: 0, said: 'nobody reads' });
});
