import { expect, it } from 'vitest';
import { LegTimers } from '../../../src/call/leg-timers.ts';
import { manualClock } from '../../support/clock.ts';

function make() {
  const clock = manualClock();
  const due: string[] = [];
  return { clock, due, timers: new LegTimers({ clock, onDue: (name) => due.push(name) }) };
}

it('a caller has the same time to answer after a short recording and after a long one', () => {
  for (const lengthMs of [1_000, 23_600]) {
    const { clock, due, timers } = make();
    timers.saying(1);
    timers.set('no-input', 8_000);
    clock.advance(lengthMs);
    timers.said(1);
    clock.advance(7_999);
    expect(due).toEqual([]);
    clock.advance(1);
    expect(due).toEqual(['no-input']);
  }
});

it('what is said in place of another, or behind it, puts the end off; in silence the time begins at once', () => {
  const { clock, due, timers } = make();
  timers.saying(1);
  timers.set('no-input', 8_000);
  timers.saying(2);
  timers.said(1);
  clock.advance(20_000);
  expect(due).toEqual([]);
  timers.said(2);
  clock.advance(8_000);
  expect(due).toEqual(['no-input']);
  timers.set('no-input', 8_000);
  clock.advance(8_000);
  expect(due).toEqual(['no-input', 'no-input']);
});

it('a report that never comes delays the question, and does not keep the caller for ever', () => {
  const { clock, due, timers } = make();
  timers.saying(1);
  timers.set('no-input', 8_000);
  clock.advance(67_999);
  expect(due).toEqual([]);
  clock.advance(1);
  expect(due).toEqual(['no-input']);
});

it('what another worker was saying is over when the leg has moved', () => {
  const { clock, due, timers } = make();
  timers.saying(1);
  timers.set('no-input', 8_000);
  timers.moved();
  clock.advance(8_000);
  expect(due).toEqual(['no-input']);
});

it('limits of waiting and of the call count from when they are set, and an end clears all', () => {
  const { clock, due, timers } = make();
  timers.saying(1);
  timers.set('max-wait', 5_000);
  timers.set('no-input', 1_000);
  clock.advance(5_000);
  expect(due).toEqual(['max-wait']);
  timers.set('max-call', 5_000);
  timers.clear();
  timers.said(1);
  clock.advance(100_000);
  expect(due).toEqual(['max-wait']);
});

it('null takes a timer back, also one that waits for the end of what is said', () => {
  const { clock, due, timers } = make();
  timers.saying(1);
  timers.set('no-input', 1_000);
  timers.set('no-input', null);
  timers.said(1);
  clock.advance(100_000);
  expect(due).toEqual([]);
});
