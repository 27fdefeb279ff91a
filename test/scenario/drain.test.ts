import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { latchkey } from '../support/cli.ts';
import { makeDir, removeDir } from '../support/vault.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

let dir: string;
beforeEach(async () => {
  dir = await makeDir();
});
afterEach(() => removeDir(dir));

test('a signal to the whole process group, handed on twice, is one drain: recorded, and everybody ends', async () => {
  const config = join(dir, 'config.json');
  writeFileSync(
    config,
    JSON.stringify({
      dataDir: dir,
      http: { port: 0 },
      sip: { listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }] },
      sfu: { port: 0 },
    }),
  );
  // A group of its own, as a terminal and a service manager give it.
  const connector = spawn(process.execPath, [main, 'start', '--config', config, '--json-banner'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const group = -(connector.pid ?? 0);
  try {
    await once(connector.stdout, 'data');
    const exited = once(connector, 'exit');
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.kill(group, signal);
    expect(await exited).toEqual([0, null]);
    await expect
      .poll(() => {
        try {
          return process.kill(group, 0);
        } catch {
          return false; // Nobody of the group is left.
        }
      })
      .toBe(false);
    const exported = await latchkey('ledger', 'export', '--config', config);
    const types = exported.stdout
      .split('\n')
      .flatMap((line) => /\\"type\\":\\"([a-z-]+)\\"/.exec(line)?.[1] ?? []);
    expect(types).toEqual(['start', 'drain', 'stop']);
  } finally {
    if (connector.exitCode === null) process.kill(group, 'SIGKILL');
  }
}, 60_000);
