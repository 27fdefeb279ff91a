import { expect, test } from 'vitest';
import { tamperRounds } from '../../tamper/rounds.ts';

test('every falsified log is refused, and what was done to it is named', async () => {
  const { misses, tried } = await tamperRounds(500, 7);
  expect(misses).toEqual([]);
  expect(Object.keys(tried)).toHaveLength(23);
});

test('an edit that changes nothing counts as a miss: the harness can fail', async () => {
  const nothing = {
    name: 'nothing',
    named: ['root-mismatch'] as const,
    apply: (log: { records: readonly never[] }) => log.records,
  };
  const { misses } = await tamperRounds(3, 7, [nothing as never]);
  expect(misses).toHaveLength(3);
});
