import { join } from 'node:path';
import { readWav } from '../demo/wav.ts';

/**
 * The digits that are spoken in a recording, in order, found by the waveform of the recorded prompts themselves: each is slid
 * along, and where it fits nearly exactly (normalised cross-correlation), it was said.
 */
const rate = 8_000;
const decimation = 2;
const certainty = 0.8;
/** Of a digit's prompt: its loudest 240 ms. */
const stretch = (rate * 0.24) / decimation;
const leastPower = 100 ** 2;

interface Match {
  readonly digit: string;
  readonly at: number;
  readonly score: number;
}

export function spokenDigits(samples: Int16Array, promptsDir: string): string {
  const heard = decimate(samples);
  const powers = slidingPower(heard);
  const matches: Match[] = [];
  for (let digit = 0; digit <= 9; digit++) {
    const prompt = decimate(readWav(join(promptsDir, `digit-${String(digit)}.wav`)).samples);
    const from = loudest(prompt);
    const template = prompt.subarray(from, from + stretch);
    const own = Math.sqrt(product(template, template, 0));
    for (let at = 0; at < powers.length; at++) {
      const there = powers[at]!;
      if (there / stretch <= leastPower) continue;
      const score = product(template, heard, at) / (own * Math.sqrt(there) + 1);
      if (score > certainty) matches.push({ digit: String(digit), at, score });
    }
  }
  return best(matches)
    .map(({ digit }) => digit)
    .join('');
}

/** Of matches that lie over each other the best one. */
function best(matches: readonly Match[]): readonly Match[] {
  const chosen: Match[] = [];
  for (const match of [...matches].sort((a, b) => b.score - a.score)) {
    if (chosen.every(({ at }) => Math.abs(at - match.at) > stretch / 2)) chosen.push(match);
  }
  return chosen.sort((a, b) => a.at - b.at);
}

function loudest(samples: Float64Array): number {
  const powers = slidingPower(samples);
  let from = 0;
  for (let at = 20; at < powers.length; at += 20) if (powers[at]! > powers[from]!) from = at;
  return from;
}

/** Of `template` with what stands at `at`. A plain loop: with `reduce` eleven seconds of sound took a minute. */
function product(template: Float64Array, samples: Float64Array, at: number): number {
  let sum = 0;
  for (let i = 0; i < stretch; i++) sum += template[i]! * samples[at + i]!;
  return sum;
}

/** Of the stretch that begins at each place. Samples are halves of whole numbers, so that the running sum is exact. */
function slidingPower(samples: Float64Array): Float64Array {
  const powers = new Float64Array(Math.max(0, samples.length - stretch + 1));
  let sum = 0;
  for (let i = 0; i < samples.length; i++) {
    sum += samples[i]! ** 2;
    if (i >= stretch) sum -= samples[i - stretch]! ** 2;
    if (i >= stretch - 1) powers[i - stretch + 1] = sum;
  }
  return powers;
}

function decimate(samples: Int16Array): Float64Array {
  return Float64Array.from(
    { length: Math.floor(samples.length / decimation) },
    (_, i) => ((samples[i * decimation] ?? 0) + (samples[i * decimation + 1] ?? 0)) / 2,
  );
}
