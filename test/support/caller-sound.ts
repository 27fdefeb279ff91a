import { frames, rms } from './tone.ts';

/** What a call sounded like, measured: 8 kHz, as a phone received it. */
export interface CallerSound {
  readonly seconds: number;
  /** Of 32,767. */
  readonly peak: number;
  /** RMS of frames with speech in them. */
  readonly speechDbm0: number;
  /** Of all stretches in which nothing at all was heard, the longest. */
  readonly longestSilenceMs: number;
  /** Samples that jump by more than speech does, next to silence: a recording that was cut. */
  readonly jumps: number;
}

/** A full-scale sine is +3.17 dBm0 in µ-law (G.711). */
const fullScaleDbm0 = 3.17;
/** Frames above this are speech; the lobby's sound is far below. -35 dBm0. */
const speechFrom = 400;
/** µ-law's smallest steps. */
const silent = 16;
const jumpFrom = 9_000;

export function callerSound(samples: Int16Array): CallerSound {
  const levels = frames(samples).map(rms);
  const spoken = levels.filter((level) => level > speechFrom);
  const mean = Math.sqrt(spoken.reduce((sum, level) => sum + level ** 2, 0) / Math.max(1, spoken.length));
  return {
    seconds: samples.length / 8_000,
    peak: samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0),
    speechDbm0: 20 * Math.log10((mean * Math.SQRT2) / 32_124) + fullScaleDbm0,
    longestSilenceMs: longestSilence(samples),
    jumps: jumps(samples),
  };
}

function longestSilence(samples: Int16Array): number {
  let longest = 0;
  let since = 0;
  for (let i = 0; i < samples.length; i++) {
    if (Math.abs(samples[i] ?? 0) > silent) since = i;
    longest = Math.max(longest, i - since);
  }
  return longest / 8;
}

/** From loud to nothing, or from nothing to loud, within one sample. */
function jumps(samples: Int16Array): number {
  let count = 0;
  for (let i = 20; i + 20 < samples.length; i++) {
    const step = Math.abs((samples[i] ?? 0) - (samples[i - 1] ?? 0));
    if (step < jumpFrom) continue;
    const before = samples.subarray(i - 20, i).every((sample) => Math.abs(sample) <= silent);
    const after = samples.subarray(i, i + 20).every((sample) => Math.abs(sample) <= silent);
    if (before || after) count += 1;
  }
  return count;
}
