import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { keyFileText, readSealSecret, readSecretBytes } from '../../../src/keys/secret-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'latchkey-test-'));
afterAll(() => rmSync(dir, { recursive: true }));

let n = 0;
function file(content: string | Uint8Array, mode = 0o600): string {
  const path = join(dir, `secret-${n++}`);
  writeFileSync(path, content, { mode });
  return path;
}

describe('a secret file', () => {
  it('is one line, whatever ends it', () => {
    for (const text of ['drowssap', 'drowssap\n', 'drowssap\r\n']) {
      expect(readSecretBytes('keys.secretFile', file(text)).toString()).toBe('drowssap');
    }
  });

  it.each([
    ['empty', ''],
    ['an empty line', '\n'],
    ['two lines', 'drowssap\nsecond\n'],
    ['too long', 'x'.repeat(1_025)],
  ])('is refused: %s, and what stood in it is not repeated', (_, content) => {
    const path = file(content);
    expect(() => readSecretBytes('keys.secretFile', path)).toThrow(
      `keys.secretFile: ${path} must hold exactly one line`,
    );
  });

  it('that everybody may read, or that is not there, is refused', () => {
    expect(() => readSecretBytes('keys.secretFile', file('drowssap', 0o604))).toThrow('everybody may read');
    expect(() => readSecretBytes('keys.secretFile', join(dir, 'nowhere'))).toThrow('cannot read');
  });

  it('of a key holds 32 bytes in one spelling', () => {
    const key = new Uint8Array(32).fill(7);
    expect(readSealSecret('key-file', 'keys.secretFile', file(keyFileText(key))).bytes).toEqual(key);
    for (const text of ['short', 'A'.repeat(44), `${'A'.repeat(42)}B`]) {
      expect(() => readSealSecret('key-file', 'keys.secretFile', file(text))).toThrow('is no key file');
    }
  });
});
