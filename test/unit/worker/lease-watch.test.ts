import { expect, it } from 'vitest';
import type { Clock } from '../../../src/base/clock.ts';
import { LeaseWatch } from '../../../src/worker/lease-watch.ts';
import { manualClock } from '../../support/clock.ts';

const watched = (forMs: number) => {
  const time = manualClock();
  let aside = 0;
  const clock: Clock = { ...time, wallMs: () => time.wallMs() + aside };
  let ends = 0;
  const watch = new LeaseWatch(clock, { forMs, wallMs: time.wallMs() + forMs }, () => ends++);
  return {
    ...{ watch, time },
    ends: () => ends,
    moveWall: (ms: number): void => {
      aside += ms;
    },
    renew: (ms: number): void => {
      watch.renew({ forMs: ms, wallMs: clock.wallMs() + ms });
    },
  };
};

it('a lease ends once, a fifth of a second late at most, and does not come back', () => {
  const { watch, time, ends, renew } = watched(1_000);
  time.advance(999);
  expect(ends()).toBe(0);
  expect(watch.over).toBe(false);
  time.advance(201);
  expect(ends()).toBe(1);
  renew(60_000);
  time.advance(120_000);
  expect(watch.over).toBe(true);
  expect(ends()).toBe(1);
});

it('a lease that is renewed in time goes on, and one that is taken back ends at once', () => {
  const { time, ends, renew } = watched(1_000);
  for (let i = 0; i < 20; i++) {
    time.advance(900);
    renew(1_000);
  }
  expect(ends()).toBe(0);
  renew(0);
  expect(ends()).toBe(1);
});

it('a lease is over where the machine has slept, and where its wall clock was set back', () => {
  const slept = watched(10_000);
  slept.moveWall(9_900);
  slept.time.advance(200);
  expect(slept.ends()).toBe(1);
  const setBack = watched(10_000);
  setBack.moveWall(-3_600_000);
  setBack.time.advance(10_200);
  expect(setBack.ends()).toBe(1);
});

it('whoever has stopped watching is told nothing', () => {
  const { watch, time, ends } = watched(1_000);
  watch.stop();
  time.advance(5_000);
  expect(ends()).toBe(0);
});
