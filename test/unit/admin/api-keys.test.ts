import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { newKey, openKeyBook, writeKeys } from '../../../src/admin/api-keys.ts';
import { manualClock } from '../../support/clock.ts';

it('a file of keys that cannot even be looked at has none, and says so instead of throwing', () => {
  const dir = mkdtempSync(join(tmpdir(), 'latchkey-keys-'));
  try {
    const file = join(dir, 'keys.json');
    const { text, stored } = newKey({ role: 'operator', name: '', nowMs: 0, until: 0 });
    writeKeys(file, [stored]);
    const clock = manualClock();
    const faults: string[] = [];
    const book = openKeyBook(file, clock, (reason) => faults.push(reason));
    expect(book.check(text)?.role).toBe('operator');
    rmSync(file);
    symlinkSync(file, file);
    clock.advance(1_000);
    expect(book.check(text)).toBeNull();
    expect(faults).toHaveLength(1);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
