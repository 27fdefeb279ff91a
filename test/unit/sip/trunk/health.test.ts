import { expect, it } from 'vitest';
import { healthStart, healthStep, isAlive, type HealthRules } from '../../../../src/sip/trunk/health.ts';

const rules: HealthRules = { target: 'sip:192.0.2.1', intervalMs: 30_000, downAfter: 3, upAfter: 2 };

/** `+` an answer, `-` a silence; what the trunk is after each. */
function run(answers: string): string {
  let state = healthStart;
  return Array.from(answers, (each) => {
    state = healthStep(state, each === '+', rules);
    return state.health[0];
  }).join('');
}

it('one answer makes an unknown trunk up, three silences in a row down, two answers in a row up again', () => {
  expect(run('+--+---+-++-')).toBe('uuuuuudddduu');
  expect(run('---')).toBe('uud');
  expect(run('--+')).toBe('uuu');
  expect(run('---+-+-++')).toBe('uudddd' + 'ddu');
});

it('a refusal is an answer, and what stands for silence is none', () => {
  expect([200, 401, 403, 404, 405, 500].every(isAlive)).toBe(true);
  expect([null, 408, 502, 503, 504].some(isAlive)).toBe(false);
});
