import { expect, test } from 'vitest';
import { metersOf } from '../../../../src/web/pages/meters.ts';
import { manualClock } from '../../../support/clock.ts';

test('twenty meters share one timer, which ends with the last of them', () => {
  const clock = manualClock();
  let timers = 0;
  const page = {
    after: (ms: number, fn: () => void) => {
      timers += 1;
      const timer = clock.after(ms, () => {
        timers -= 1;
        fn();
      });
      return () => {
        timers -= 1;
        timer.cancel();
      };
    },
  };
  const drawn = new Array<number>(20).fill(0);
  const ends = drawn.map((_, i) => metersOf(page).add(() => void (drawn[i]! += 1)));
  expect(timers).toBe(1);
  for (let i = 0; i < 10; i += 1) clock.advance(80);
  expect(drawn).toEqual(new Array(20).fill(11));
  expect(timers).toBe(1);
  for (const end of ends.slice(1)) end();
  clock.advance(80);
  expect(drawn.slice(0, 2)).toEqual([12, 11]);
  ends[0]!();
  expect(timers).toBe(0);
  metersOf(page).add(() => void (drawn[1]! += 1));
  clock.advance(80);
  expect(drawn[1]).toBe(13);
});
