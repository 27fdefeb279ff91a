import { expect, test } from 'vitest';
import { parseCommandLine } from '../../../src/cli/command-line.ts';

const options = {
  key: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

test('options have their values and defaults, also values that begin with a dash', () => {
  const { values } = parseCommandLine(['--key', '-abc', '--json'], options);
  expect({ ...values }).toEqual({ key: '-abc', json: true, help: false });
});

test.each([[['--nope']], [['--key']], [['--json=1']], [['word']]])(
  '%j is a wrong use, and says so',
  (args) => {
    expect(() => parseCommandLine(args, options)).toThrow(expect.objectContaining({ code: 'usage' }));
  },
);

test('words are taken where a command has names', () => {
  expect(parseCommandLine(['seal', '--json'], options, { names: true }).positionals).toEqual(['seal']);
});
