import { expect, it } from 'vitest';
import { callerSound } from '../../support/caller-sound.ts';
import { sine } from '../../support/tone.ts';
import { soundOf } from '../../voices/sound.ts';

/** The tools that measure voices and calls, against sounds whose figures are known. */
it('a voice: level, clipping and band of sines', () => {
  const low = soundOf([sine(500, 8_000, 8_000)]);
  // 8,000 of 32,767 is 12.2 dB below +3.17 dBm0.
  expect(low.levelDbm0).toBeCloseTo(3.17 - 12.25, 1);
  expect(low).toMatchObject({ peak: 8_000, clipped: 0 });
  expect(Math.abs(low.rolloffHz - 500)).toBeLessThan(70);
  expect(low.highDb).toBeLessThan(-40);
  const high = soundOf([sine(3_000, 8_000, 8_000)]);
  expect(high.highDb).toBeGreaterThan(-0.1);
  expect(soundOf([new Int16Array(800).fill(32_767)]).clipped).toBe(800);
});

it('a voice: its pauses do not count', () => {
  const spoken = sine(500, 8_000, 8_000);
  const withPause = Int16Array.from([...spoken, ...new Int16Array(8_000)]);
  expect(soundOf([withPause]).levelDbm0).toBeCloseTo(soundOf([spoken]).levelDbm0, 1);
});

it('a call: level, the longest silence, and recordings that are cut', () => {
  const soft = sine(400, 8_000, 5_000);
  const call = Int16Array.from([...soft, ...new Int16Array(12_000), ...soft]);
  const sound = callerSound(call);
  expect(sound.speechDbm0).toBeCloseTo(3.17 - 16.2, 1);
  expect(sound.longestSilenceMs).toBeGreaterThan(1_490);
  expect(sound.longestSilenceMs).toBeLessThan(1_510);
  expect(sound).toMatchObject({ peak: 5_000, jumps: 0, seconds: 3.5 });
  const cut = Int16Array.from([...new Int16Array(100), ...new Int16Array(100).fill(12_000), ...soft]);
  expect(callerSound(cut).jumps).toBe(1);
});
