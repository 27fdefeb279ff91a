import { expect, it } from 'vitest';
import type { CountedName, FailureCounts, RulesByKind } from '../../src/call/failures.ts';

/** Where failures are counted, at a time that is moved by hand. */
export interface CountedAt {
  readonly counts: FailureCounts;
  readonly advance: (ms: number) => void;
}

export const sameRules = (failures: number): RulesByKind => {
  const rules = { failures, lockoutMs: 10_000 };
  return { caller: rules, address: rules, meeting: rules };
};

const caller = (id: string): CountedName => ({ kind: 'caller', id });

/** What every place that counts failures does. `open`: an empty one, with a lock-out of 10 s after so many failures. */
export function failureContract(open: (failures: number) => Promise<CountedAt>): void {
  const at = async (failures: number) => {
    const { counts, advance } = await open(failures);
    const fail = async (id: string, times = 1): Promise<number> => {
      let delayMs = -1;
      for (let i = 0; i < times; i++) delayMs = (await counts.failed([caller(id)]))[0]?.delayMs ?? -1;
      return delayMs;
    };
    const lockedOut = async (id: string): Promise<boolean | undefined> =>
      (await counts.lockedOut([caller(id)]))[0];
    return { counts, advance, fail, lockedOut };
  };

  it('lock out after so many within the window, each time for longer', async () => {
    const { advance, fail, lockedOut } = await at(3);
    await fail('x', 2);
    expect(await lockedOut('x')).toBe(false);
    expect(await lockedOut('y')).toBe(false);
    await fail('x');
    expect(await lockedOut('x')).toBe(true);
    advance(10_000);
    expect(await lockedOut('x')).toBe(false);
    await fail('x', 3);
    advance(10_001);
    expect(await lockedOut('x')).toBe(true);
    advance(10_000);
    expect(await lockedOut('x')).toBe(false);
    // After a quiet time nothing is held against it.
    advance(100_000);
    await fail('x', 3);
    advance(10_001);
    expect(await lockedOut('x')).toBe(false);
  });

  it('do not add up over windows, and end with a success', async () => {
    const { counts, advance, fail, lockedOut } = await at(3);
    for (let i = 0; i < 10; i++) {
      await fail('x');
      advance(9_000);
      expect(await lockedOut('x')).toBe(false);
    }
    await fail('y', 2);
    await counts.succeeded(caller('y'));
    expect(await fail('y')).toBe(250);
    expect(await lockedOut('y')).toBe(false);
  });

  it('are answered slower and slower, and not for ever', async () => {
    const { fail } = await at(100);
    const delays: number[] = [];
    for (let i = 0; i < 7; i++) delays.push(await fail('x'));
    expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000, 4_000, 4_000]);
  });

  it('are of one name and kind, in the order that was asked for', async () => {
    const { counts } = await at(2);
    const names: readonly CountedName[] = [
      { kind: 'meeting', id: 'x' },
      { kind: 'address', id: 'x' },
    ];
    await counts.failed([names[1]!]);
    expect(await counts.failed(names)).toEqual([
      { lockedOut: false, delayMs: 250 },
      { lockedOut: true, delayMs: 0 },
    ]);
    expect(await counts.lockedOut(names)).toEqual([false, true]);
    expect(await counts.lockedOut([caller('x'), ...names.toReversed()])).toEqual([false, true, false]);
    await counts.succeeded(names[1]!);
    expect(await counts.lockedOut(names)).toEqual([false, false]);
  });
}
