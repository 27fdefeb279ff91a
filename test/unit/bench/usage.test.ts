import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const main = join(import.meta.dirname, '../../bench/main.ts');
const bench = (...args: readonly string[]) =>
  spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });

it.each([['--help'], ['consent', '--help'], ['ledger', '-h']])(
  'bench %s %s says how it is used',
  (...args) => {
    const { status, stdout } = bench(...args);
    expect([status, stdout]).toEqual([0, expect.stringContaining('--events N')]);
  },
);

it.each([
  ['ledger', '--bogus', 'Unknown option'],
  ['sip', '--rates=fast', 'takes a number'],
  ['no-such-bench', '--json', 'npm run bench'],
])('bench %s %s ends with words, not with a stack', (name, option, words) => {
  const { status, stderr } = bench(name, option);
  expect(status).toBe(2);
  expect(stderr).toContain(words);
  expect(stderr).not.toMatch(/^\s+at /m);
});
