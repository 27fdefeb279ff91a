import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../../../', import.meta.url);
const text = readFileSync(new URL('docs/protocol-rules.md', root), 'utf8');

it('the rules name code and tests that are there, each rule once', () => {
  const rows = text.split('\n').filter((line) => /^\| A\d+ \|/.test(line));
  const numbers = rows.map((line) => Number(/^\| A(\d+)/.exec(line)![1]));
  expect(numbers).toEqual([...Array.from({ length: 21 }, (_, i) => i + 1), 23]);
  for (const row of rows) {
    const paths = [...row.matchAll(/`((?:src|test)\/[\w./-]+)`/g)].map((match) => match[1]!);
    expect(paths.some((path) => path.startsWith('src/'))).toBe(true);
    expect(paths.some((path) => path.startsWith('test/'))).toBe(true);
    expect(paths.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
  }
});
