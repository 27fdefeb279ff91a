import { expect, it } from 'vitest';
import { Idempotency } from '../../../src/admin/api/idempotency.ts';
import { manualClock } from '../../support/clock.ts';

it('keeps a bounded number of answers, and forgets no request that is still being answered', () => {
  const kept = new Idempotency(manualClock());
  const who = { kind: 'key', id: 'k', role: 'operator' } as const;
  const request = { route: 'POST /v1/meetings', body: { kept: false } };
  const answer = { status: 201, body: {} };
  const claim = (key: string) => kept.claim(who, key, request);
  const first = claim('first-key');
  for (let i = 0; i < 2_000; i += 1) {
    const each = claim(`other-key-${i}`);
    if (each.kind === 'new') each.settle(answer);
  }
  expect(claim('first-key').kind).toBe('in-use');
  expect(claim('other-key-0').kind).toBe('new');
  expect(claim('other-key-1999').kind).toBe('again');
  if (first.kind === 'new') first.settle(answer);
  expect(claim('first-key')).toEqual({ kind: 'again', answer });
});
