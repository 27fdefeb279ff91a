import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/base/clock.ts';
import { Ticker } from '../../../src/media/audio/ticker.ts';
import { manualClock } from '../../support/clock.ts';

/** A machine that is too busy to run its timers: time passes, and they all come late. */
function stalling() {
  const base = manualClock();
  let stolen = 0;
  const clock: Clock = { ...base, monoMs: () => base.monoMs() + stolen };
  return { base, clock, stall: (ms: number) => void (stolen += ms) };
}

describe('the ticker', () => {
  it('keeps to its grid, however late single ticks come', () => {
    const clock = manualClock();
    const at: number[] = [];
    const ticker = new Ticker({ clock, onTick: () => at.push(clock.monoMs()) });
    ticker.start();
    clock.advance(100);
    expect(at).toEqual([0, 20, 40, 60, 80, 100]);
  });

  it('catches up a short stall tick by tick and counts it', () => {
    const { base, clock, stall } = stalling();
    const skips: number[] = [];
    const ticker = new Ticker({ clock, onTick: (skipped) => skips.push(skipped) });
    ticker.start();
    base.advance(0);
    stall(95);
    base.advance(20);
    base.advance(0);
    expect(skips).toEqual([0, 0, 0, 0, 0, 0]);
    expect(ticker.takeCounts()).toMatchObject({ total: 6, late: 5, worstLateMs: 95 });
    expect(ticker.takeCounts()).toMatchObject({ total: 0, late: 0, worstLateMs: 0 });
  });

  it('skips what is too old, and says how much', () => {
    const { base, clock, stall } = stalling();
    let skipped = 0;
    let ticks = 0;
    const ticker = new Ticker({
      clock,
      onTick: (n) => {
        skipped += n;
        ticks += 1;
      },
    });
    ticker.start();
    base.advance(0);
    stall(10_000);
    base.advance(20);
    expect(skipped).toBeGreaterThan(400);
    expect(ticks + skipped).toBe(502);
    expect(ticker.takeCounts()).toMatchObject({ total: ticks, skipped });
  });

  it('goes on after a tick that failed, and ends when it is stopped', () => {
    const clock = manualClock();
    let ticks = 0;
    const ticker = new Ticker({
      clock,
      onTick: () => {
        ticks += 1;
        if (ticks === 1) throw new Error('one bad tick');
      },
    });
    ticker.start();
    expect(() => clock.advance(0)).toThrow('one bad tick');
    clock.advance(40);
    expect(ticks).toBe(3);
    ticker.stop();
    clock.advance(100);
    expect(ticks).toBe(3);
    expect(ticker.running).toBe(false);
  });
});
