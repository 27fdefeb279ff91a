import { describe, expect, it } from 'vitest';
import { runDemo } from '../support/demo-run.ts';

/**
 * K3 of the design: gate and cryptor are independent, and the demo would notice if neither worked. The two are broken at
 * load time in every process of the run (test/demo/sabotage.ts).
 */
const limit = 150_000;
const silences = [
  'silence before the grant: the caller hears nothing of the room',
  'silence before the grant: the room hears nothing of the caller',
  'silence after the revoke: the caller hears nothing of the room',
  'silence after the revoke: the room hears nothing of the caller',
];
const broken = (failed: readonly string[]): readonly string[] =>
  failed.filter((name) => silences.includes(name));

describe.each([
  ['a cryptor that encrypts nothing', 'cryptor'],
  ['a cryptor that fails open without a key', 'leak'],
] as const)('with a gate that is always open and %s', (_, cryptor) => {
  it(
    'the demo hears the room before the grant and after the revoke, and fails by that',
    async () => {
      const { exit, result, output } = await runDemo('gate', cryptor);
      expect(exit).toBe(1);
      expect(result.demo).toBe('failed');
      expect(broken(result.failed), output).toEqual(silences);
      expect(result.heardBeforeGrantFrames).toBeGreaterThan(50);
      expect(result.heardAfterRevokeFrames).toBeGreaterThan(50);
    },
    limit,
  );
});

describe.each([['gate'], ['cryptor'], ['leak']] as const)('with the %s alone broken', (one) => {
  it(
    'there is silence before the grant and after the revoke all the same',
    async () => {
      const { exit, result, output } = await runDemo(one);
      // The break itself is seen, so that this run was not an ordinary one.
      expect(exit).toBe(1);
      expect(result.failed.length, output).toBeGreaterThan(0);
      expect(broken(result.failed), output).toEqual([]);
      expect(result.heardBeforeGrantFrames).toBe(0);
      expect(result.callerHeardBeforeGrantFrames).toBe(0);
      expect(result.heardAfterRevokeFrames).toBe(0);
      expect(result.listenedBeforeGrantFrames).toBeGreaterThan(100);
      expect(result.listenedAfterRevokeFrames).toBeGreaterThan(50);
      expect(result.framesHeardUnderGrant).toBeGreaterThan(50);
    },
    limit,
  );
});
