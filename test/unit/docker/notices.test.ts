import { expect, it } from 'vitest';
import { notices } from '../../../.ci/notices.ts';

it('every package of the lock file that is installed with Latchkey has a licence that is named', () => {
  const page = notices();
  expect(page).toContain('| node-datachannel |');
  expect(page).not.toMatch(/see its package|UNLICENSED|AGPL/);
});
