import { describe, expect, it } from 'vitest';
import { Doubler, Halver } from '../../../src/media/audio/resample.ts';
import { peakAt, rms, sine } from '../../support/tone.ts';

/** The sines of the test's ears are at 8 kHz: at 16 kHz the same samples have twice the frequency. */
const wideSine = (hertz: number, samples: number) => sine(hertz / 2, samples);
const widePeak = (hertz: number, pcm: Int16Array) => peakAt(hertz / 2, pcm);

function halved(wide: Int16Array): Int16Array {
  const halver = new Halver(320);
  const out = new Int16Array(wide.length / 2);
  for (let i = 0; i < wide.length; i += 320) {
    halver.push(wide.subarray(i, i + 320), out.subarray(i / 2, i / 2 + 160));
  }
  return out;
}

function doubled(narrow: Int16Array): Int16Array {
  const doubler = new Doubler(160);
  const out = new Int16Array(2 * narrow.length);
  for (let i = 0; i < narrow.length; i += 160) {
    doubler.push(narrow.subarray(i, i + 160), out.subarray(2 * i, 2 * i + 320));
  }
  return out;
}

describe('resampling between 8 and 16 kHz', () => {
  it.each([100, 1_000, 2_500, 3_300])('keeps %i Hz as loud as it was, both ways', (hertz) => {
    const down = halved(wideSine(hertz, 3_200)).subarray(160);
    expect(rms(down) / rms(sine(hertz, 1_440))).toBeCloseTo(1, 1);
    const up = doubled(sine(hertz, 1_600)).subarray(320);
    expect(rms(up) / rms(wideSine(hertz, 2_880))).toBeCloseTo(1, 1);
  });

  it('lets nothing from above 4.6 kHz fold down', () => {
    for (const hertz of [4_700, 5_500, 7_000]) {
      expect(rms(halved(wideSine(hertz, 3_200)).subarray(160))).toBeLessThan(0.003 * rms(sine(hertz, 3_200)));
    }
  });

  it('makes no image above 4.6 kHz', () => {
    const up = doubled(sine(3_000, 1_600)).subarray(320);
    expect(widePeak(5_000, up)).toBeLessThan(0.003 * widePeak(3_000, up));
  });

  it('gives back what it took, a little later', () => {
    const tone = sine(700, 1_600);
    const back = halved(doubled(tone));
    const delay = 24;
    const error = tone.subarray(200, 1_000).map((sample, i) => sample - (back[200 + delay + i] ?? 0));
    expect(rms(error)).toBeLessThan(0.02 * rms(tone));
  });
});
