import { parseArgs } from 'node:util';
import { expect, test } from 'vitest';
import { joinDashedValues } from '../../../src/cli/dashed-values.ts';

const options = {
  key: { type: 'string' },
  trust: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const parsed = (...args: string[]) => parseArgs({ args: joinDashedValues(args, options), options }).values;

test('a value that begins with a dash is a value', () => {
  expect(parsed('--key', '-abc_', '--trust', '--xyz', '--trust', '-', '--json')).toEqual({
    key: '-abc_',
    trust: ['--xyz', '-'],
    json: true,
  });
});

test.each([[['--key', '--json']], [['--key', '-h']], [['--key', '--trust=x']]])(
  'an option is not taken for the value of the one before it: %j',
  (args) => {
    expect(() => parsed(...args)).toThrow();
  },
);

test('other values stay as they are', () => {
  expect(parsed('--key', 'abc', '--key=-x', '-h')).toEqual({ key: '-x', help: true });
});
