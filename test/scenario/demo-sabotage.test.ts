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

describe.concurrent.each([
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

describe.concurrent.each([
  ['a gate that is always open', 'gate', ['the caller is told why']],
  [
    'a cryptor that encrypts nothing',
    'cryptor',
    ['control: an independent decryptor opens what members sent, with the granted key'],
  ],
  // With a gate that works there is never a frame without a key to leak: nothing at all is wrong.
  ['a cryptor that fails open without a key', 'leak', []],
] as const)('with %s, and nothing else broken', (_, one, seen) => {
  it(
    'there is silence before the grant and after the revoke all the same',
    async () => {
      const { result, output } = await runDemo(one);
      expect(broken(result.failed), output).toEqual([]);
      // Where the break can be seen at all, it was: this run was not an ordinary one.
      expect(result.failed, output).toEqual(expect.arrayContaining([...seen]));
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
