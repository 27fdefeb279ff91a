import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { notices } from '../../../.ci/notices.ts';

it('the third-party notices are those of the lock file (node .ci/notices.ts writes them), and no licence is unknown', () => {
  const page = readFileSync(new URL('../../../THIRD-PARTY-NOTICES.md', import.meta.url), 'utf8');
  expect(page).toBe(notices());
  expect(page).toContain('| node-datachannel |');
  expect(page).not.toMatch(/see its package|UNLICENSED|AGPL/);
});
