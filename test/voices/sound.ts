import { frames, rms } from '../support/tone.ts';

/** What can be measured of a voice at 8 kHz without understanding it. */
export interface Sound {
  /** RMS of its active frames. A full-scale sine is +3.17 dBm0 (G.711). */
  readonly levelDbm0: number;
  /** Of 32,767. */
  readonly peak: number;
  /** Samples at full scale. */
  readonly clipped: number;
  /** Below it lies 95 % of the power. */
  readonly rolloffHz: number;
  /** Of the power above 2 kHz, where consonants are told apart, against all of it. */
  readonly highDb: number;
}

const rate = 8_000;
const fullScaleDbm0 = 3.17;
const fullScale = 32_767;
/** 15.9 dB below the mean, as ITU-T P.56 counts activity. */
const activeFrom = 10 ** -1.59;
const window = 256;

export function soundOf(parts: readonly Int16Array[]): Sound {
  const powers = parts.flatMap((pcm) => frames(pcm).map((frame) => rms(frame) ** 2));
  const mean = average(powers);
  const active = average(powers.filter((power) => power > mean * activeFrom));
  const spectrum = powerSpectrum(parts);
  const total = spectrum.reduce((sum, power) => sum + power, 0);
  let below = 0;
  const bin = spectrum.findIndex((power) => (below += power) >= 0.95 * total);
  const high = spectrum.slice(window / 4).reduce((sum, power) => sum + power, 0);
  const samples = (counts: (sample: number) => boolean): number =>
    parts.reduce((sum, pcm) => sum + pcm.filter(counts).length, 0);
  return {
    levelDbm0: 10 * Math.log10((2 * active) / fullScale ** 2) + fullScaleDbm0,
    peak: Math.max(...parts.map((pcm) => pcm.reduce((most, s) => Math.max(most, Math.abs(s)), 0))),
    clipped: samples((sample) => Math.abs(sample) >= fullScale),
    rolloffHz: (bin * rate) / window,
    highDb: 10 * Math.log10(high / total),
  };
}

const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** Mean power of each of 128 bins, 31 Hz wide, over windows that do not overlap (Hann, DFT). */
function powerSpectrum(parts: readonly Int16Array[]): number[] {
  const bins = window / 2;
  const hann = Float64Array.from(
    { length: window },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / window),
  );
  const cosine = Float64Array.from({ length: window }, (_, i) => Math.cos((2 * Math.PI * i) / window));
  const sums = new Array<number>(bins).fill(0);
  for (const pcm of parts) {
    for (let at = 0; at + window <= pcm.length; at += window) {
      for (let bin = 1; bin < bins; bin++) {
        let [re, im] = [0, 0];
        for (let i = 0; i < window; i++) {
          const value = (pcm[at + i] ?? 0) * (hann[i] ?? 0);
          re += value * (cosine[(bin * i) % window] ?? 0);
          im += value * (cosine[(bin * i + (3 * window) / 4) % window] ?? 0);
        }
        sums[bin] = (sums[bin] ?? 0) + re * re + im * im;
      }
    }
  }
  return sums;
}
