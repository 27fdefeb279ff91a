import { expect, it } from 'vitest';
import { ledgerReader } from '../../../src/admin/api/ledger-reader.ts';
import { ok, type Result } from '../../../src/base/result.ts';
import type { LedgerTail } from '../../../src/ledger/log-tail.ts';

const query = { before: null, count: 100, since: null };
const tail: LedgerTail = { size: 0, checkpoint: '', leaves: [], growth: null };

it('asks the vault one question at a time, lets only so many wait, and goes on after one that failed', async () => {
  const asked: ((answer: Result<LedgerTail>) => void)[] = [];
  const read = ledgerReader({ tail: () => new Promise((answer) => asked.push(answer)) });
  const answers = Array.from({ length: 32 }, () => read(query));
  expect(await read(query)).toEqual({ ok: false, reason: 'too-many-requests' });
  expect(asked).toHaveLength(1);
  asked[0]?.({ ok: false, reason: 'vault-lost' });
  expect(await answers[0]).toEqual({ ok: false, reason: 'ledger-unavailable' });
  for (let i = 1; i < 32; i += 1) {
    await expect.poll(() => asked.length).toBe(i + 1);
    asked[i]?.(ok(tail));
    expect(await answers[i]).toEqual(ok(tail));
  }
  const next = read(query);
  await expect.poll(() => asked.length).toBe(33);
  asked[32]?.(ok(tail));
  expect(await next).toEqual(ok(tail));
});
