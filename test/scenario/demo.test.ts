import { expect, it } from 'vitest';
import { runDemo } from '../support/demo-run.ts';

/** The demo is the measurement; this only sees that it says what it must, and that its figures are what they should be. */
it('one call from PIN to revoke: silence, then everybody, then silence, and a ledger that says so', async () => {
  const { exit, result, output } = await runDemo();
  expect(result.failed, output).toEqual([]);
  expect(exit).toBe(0);
  expect(result).toMatchObject({
    demo: 'ok',
    heardBeforeGrantFrames: 0,
    callerHeardBeforeGrantFrames: 0,
    heardAfterRevokeFrames: 0,
    postRevokeFramesDecryptable: 0,
    ledgerVerified: true,
    ledgerCoversHearing: true,
  });
  expect(result.listenedBeforeGrantFrames).toBeGreaterThan(100);
  expect(result.framesHeardUnderGrant).toBeGreaterThan(50);
  expect(result.postRevokeFramesKept).toBeGreaterThan(50);
  expect(result.clickToAudioMs).toBeGreaterThan(0);
  expect(result.revokeToSilenceMs).toBeLessThan(1_500);
}, 120_000);
