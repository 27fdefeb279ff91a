import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readWav } from '../../demo/wav.ts';
import { aligned } from '../../quality/align.ts';
import { stoi } from '../../quality/stoi.ts';

const { samples } = readWav(join(import.meta.dirname, '../../demo/speech.wav'));
const clean = Float64Array.from(samples.subarray(0, 8_000 * 6), (sample) => sample / 32_768);

/** The same noise at each run, uniform, of this amplitude. */
function noisy(amplitude: number): Float64Array {
  let state = 1;
  return clean.map((value) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return value + amplitude * (state / 2 ** 32 - 0.5);
  });
}

test('scores what pystoi 0.4.1 scores: the clean speech, three strengths of noise, one frame in ten missing', () => {
  const gaps = clean.map((value, i) => (Math.floor(i / 160) % 10 === 3 ? 0 : value));
  // The last noise goes on with the numbers of the one before in the other program; the scores hardly move by it.
  const expected: readonly (readonly [Float64Array, number])[] = [
    [clean, 1],
    [noisy(0.02), 0.971],
    [noisy(0.2), 0.7614],
    [noisy(1), 0.5477],
    [gaps, 0.8859],
  ];
  for (const [degraded, score] of expected)
    expect(Math.abs(stoi(clean, degraded, 8_000) - score)).toBeLessThan(0.01);
});

test('a delay that changes in the middle is found, and costs nothing', () => {
  const said = samples.subarray(0, 8_000 * 4);
  const heard = new Int16Array(said.length + 2_000);
  heard.set(said.subarray(0, 16_000), 480);
  heard.set(said.subarray(16_000), 16_000 + 720);
  const score = stoi(
    Float64Array.from(said, (sample) => sample / 32_768),
    aligned(said, heard, 8_000),
    8_000,
  );
  expect(score).toBeGreaterThan(0.98);
});
