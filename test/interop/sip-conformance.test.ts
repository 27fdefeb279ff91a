import { expect, test } from 'vitest';
import { runConformance } from '../conformance/suite.ts';

test("drachtio-srf's own suite passes against the embedded SIP server", async () => {
  const verdict = await runConformance(() => undefined);
  expect(verdict.failures.join('\n')).toBe('');
  expect(verdict).toMatchObject({ passed: 77, failed: 0 });
}, 300_000);
