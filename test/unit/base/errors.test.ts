import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorTable, LatchkeyError } from '../../../src/base/errors.ts';

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
const src = new URL('../../../src/', import.meta.url);
const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('base/errors.ts'))
  .map((file) => readFileSync(new URL(file, src), 'utf8'))
  .join('\n');

describe('the table of errors', () => {
  it('is documented line by line', () => {
    for (const [code, { ends, remedy }] of Object.entries(errorTable)) {
      expect(page).toContain(`| \`${code}\` | ${ends} | ${remedy} |`);
    }
    expect(page.match(/^\| `/gm)).toHaveLength(Object.keys(errorTable).length);
  });

  it('holds no code that nothing throws', () => {
    for (const code of Object.keys(errorTable)) expect(sources, code).toContain(`'${code}'`);
  });

  it('tells what ends, and what to do', () => {
    const error = new LatchkeyError('port-busy', 'udp 127.0.0.1:5060 is in use');
    expect(error.ends).toBe('process');
    expect(error.remedy).toMatch(/change the named setting/);
  });
});
