import { peakAt } from './tone.ts';

/**
 * Which steady tones sound in a stretch of 8 kHz audio. 400 ms resolve 2.5 Hz: a voice or a chime has its energy
 * elsewhere or beside, so a tone counts only where its neighbours 15 Hz away are far weaker.
 */
const windowSamples = 3_200;
const quietest = 60;
const overNeighbours = 8;
/** A vowel may sing one frequency for a moment; a tone keeps its level over overlapping windows. */
const steadyWithin = 0.2;

export interface Window {
  /** Position of its first sample. */
  readonly at: number;
  readonly tones: readonly number[];
}

export function toneWindows(pcm: Int16Array, candidates: readonly number[]): Window[] {
  const starts = Array.from(
    { length: Math.max(0, Math.floor((pcm.length - windowSamples) / hop) + 1) },
    (_, i) => i * hop,
  );
  const peaks = starts.map((at) =>
    candidates.map((hz) => tonePeak(pcm.subarray(at, at + windowSamples), hz)),
  );
  return starts.map((at, n) => ({
    at,
    tones: candidates.filter((_, i) =>
      [n - 1, n + 1].some((m) => alike(peaks[n]?.[i] ?? 0, peaks[m]?.[i] ?? 0)),
    ),
  }));
}

const hop = windowSamples / 2;

/** The level of the tone; 0 where there is no tone but sound of that frequency among others. */
function tonePeak(part: Int16Array, hz: number): number {
  const peak = peakAt(hz, part);
  const beside = Math.max(peakAt(hz - 15, part), peakAt(hz + 15, part));
  return peak > quietest && peak > overNeighbours * beside ? peak : 0;
}

function alike(a: number, b: number): boolean {
  return a > 0 && b > 0 && Math.abs(a - b) < steadyWithin * Math.max(a, b);
}
