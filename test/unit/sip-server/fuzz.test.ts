import { describe, expect, test } from 'vitest';
import { parseMessage } from '../../../src/sip-server/message/message.ts';
import { fuzzSip } from '../../fuzz/sip.ts';
import { turnedClock, type TurnedClock } from '../../fuzz/turned-clock.ts';

describe('the fuzzer', () => {
  test('finds nothing in three seconds', async () => {
    const end = performance.now() + 3_000;
    const result = await fuzzSip({ seed: 20_261, enough: () => performance.now() >= end });
    expect(result.findings).toEqual([]);
    expect(result.executions).toBeGreaterThan(500);
  });

  /** Stops at the first finding; a planted bug that is not found in so many executions is not found. */
  const untilFound = (executions: number, findings: number): boolean => findings > 0 || executions >= 20_000;

  test('finds an exception at one number among all that it tries', async () => {
    const parse: typeof parseMessage = (bytes, framing) => {
      if (bytes.includes('2147483648')) throw new RangeError('planted');
      return parseMessage(bytes, framing);
    };
    const { findings } = await fuzzSip({ seed: 1, enough: untilFound, parse });
    expect(findings[0]?.what).toContain('planted');
    expect(findings[0]?.input).toContain('2147483648');
  });

  test('finds a header that is lost where a message is read', async () => {
    const parse: typeof parseMessage = (bytes, framing) => {
      const parsed = parseMessage(bytes, framing);
      if (!parsed.ok || parsed.value.message.headers.length < 12) return parsed;
      const { message, fault } = parsed.value;
      return { ok: true, value: { message: { ...message, headers: message.headers.slice(1) }, fault } };
    };
    const { findings } = await fuzzSip({ seed: 1, enough: untilFound, parse });
    expect(findings[0]?.what).toContain('not read as it was');
  });

  test('finds what a timer that never fires leaves behind', async () => {
    const clock = turnedClock();
    let armed = 0;
    const forgetful: TurnedClock = {
      ...clock,
      after(ms, fn) {
        armed += 1;
        return armed % 200 === 0 ? { cancel: () => undefined } : clock.after(ms, fn);
      },
    };
    const { findings } = await fuzzSip({ seed: 1, enough: untilFound, clock: forgetful });
    expect(findings[0]?.what).toContain('still held when all is over');
  });

  test('finds a timer that nobody cancels', async () => {
    const clock = turnedClock();
    const endless: TurnedClock = {
      ...clock,
      after(ms, fn) {
        const timer = clock.after(ms, fn);
        if (ms !== 300_000) return timer;
        const again = (): void => void clock.after(ms, again);
        return { cancel: again };
      },
    };
    const { findings } = await fuzzSip({ seed: 1, enough: untilFound, clock: endless });
    expect(findings[0]?.what).toContain('timers still run');
  });
});
