import { describe, expect, it } from 'vitest';
import { createRateLimit, rateSource } from '../../../src/http/rate-limit.ts';
import { manualClock } from '../../support/clock.ts';

describe('rate limit', () => {
  it('lets a burst pass, then says how long to wait, then lets one pass again', () => {
    const clock = manualClock();
    const limit = createRateLimit({ clock, burst: 3, perSecond: 0.5, maxSources: 8 });
    expect([1, 2, 3].map(() => limit.take('a'))).toEqual([0, 0, 0]);
    expect(limit.take('a')).toBe(2);
    clock.advance(1_000);
    expect(limit.take('a')).toBe(1);
    clock.advance(1_000);
    expect(limit.take('a')).toBe(0);
    expect(limit.take('a')).toBeGreaterThan(0);
  });

  it('counts each source on its own', () => {
    const limit = createRateLimit({ clock: manualClock(), burst: 1, perSecond: 1, maxSources: 8 });
    expect(limit.take('a')).toBe(0);
    expect(limit.take('a')).toBe(1);
    expect(limit.take('b')).toBe(0);
  });

  it('never gathers more than its burst, however long a source was silent', () => {
    const clock = manualClock();
    const limit = createRateLimit({ clock, burst: 2, perSecond: 10, maxSources: 8 });
    clock.advance(3_600_000);
    expect([1, 2, 3].map(() => limit.take('a') === 0)).toEqual([true, true, false]);
  });

  it('forgets the source that was idle longest, so that many sources cannot grow it', () => {
    const limit = createRateLimit({ clock: manualClock(), burst: 1, perSecond: 0.001, maxSources: 2 });
    limit.take('old');
    limit.take('kept');
    limit.take('new');
    expect(limit.take('kept')).toBeGreaterThan(0);
    expect(limit.take('old')).toBe(0);
  });
});

describe('the source of an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:0DB8:0001:2:ffff::', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
  ])('%s counts as %s', (address, source) => {
    expect(rateSource(address)).toBe(source);
  });
});
