import { describe, expect, it } from 'vitest';
import { Concealment } from '../../../src/media/concealment.ts';
import { peakAt, rms, sine } from '../../support/tone.ts';

/** Twenty frames of a tone, with those in `lost` concealed. */
function through(hertz: number, lost: readonly number[]): Int16Array[] {
  const concealment = new Concealment(8_000);
  return Array.from({ length: 20 }, (_, n) => {
    const frame = sine(hertz, 160, 8_000, n * 160);
    if (lost.includes(n)) concealment.conceal(frame.fill(0));
    else concealment.good(frame);
    return frame;
  });
}

const steepest = (pcm: Int16Array): number =>
  pcm.reduce((most, sample, i) => Math.max(most, i === 0 ? 0 : Math.abs(sample - (pcm[i - 1] ?? 0))), 0);

describe('concealment', () => {
  it('leaves what was not lost alone', () => {
    expect(through(200, [])[7]).toEqual(sine(200, 160, 8_000, 7 * 160));
  });

  it('carries a voiced sound over one lost frame, without a click at either end', () => {
    const out = through(200, [10]);
    expect(peakAt(200, out[10]!)).toBeGreaterThan(6_000);
    const around = Int16Array.from([...out[9]!, ...out[10]!, ...out[11]!, ...out[12]!]);
    expect(steepest(around)).toBeLessThan(2 * steepest(sine(200, 640)));
  });

  it('fades to nothing when the loss goes on', () => {
    const out = through(200, [5, 6, 7, 8, 9, 10]);
    const levels = out.slice(4, 10).map(rms);
    expect(levels.every((level, i) => i === 0 || level <= (levels[i - 1] ?? 0) + 1)).toBe(true);
    expect(rms(out[9]!)).toBe(0);
  });

  it('makes nothing out of silence', () => {
    const concealment = new Concealment(8_000);
    const frame = new Int16Array(160).fill(1);
    concealment.conceal(frame);
    expect(rms(frame)).toBe(0);
  });
});
