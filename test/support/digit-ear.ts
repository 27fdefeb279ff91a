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
  const matches: Match[] = [];
  for (let digit = 0; digit <= 9; digit++) {
    const prompt = decimate(readWav(join(promptsDir, `digit-${String(digit)}.wav`)).samples);
    const template = prompt.subarray(loudest(prompt), loudest(prompt) + stretch);
    const own = Math.sqrt(power(template));
    for (let at = 0; at + stretch <= heard.length; at++) {
      const there = heard.subarray(at, at + stretch);
      const score = product(template, there) / (own * Math.sqrt(power(there)) + 1);
      if (score > certainty && power(there) / stretch > leastPower)
        matches.push({ digit: String(digit), at, score });
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
  let from = 0;
  let most = -1;
  for (let at = 0; at + stretch <= samples.length; at += 20) {
    const here = power(samples.subarray(at, at + stretch));
    if (here > most) [from, most] = [at, here];
  }
  return from;
}

const product = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const power = (a: Float64Array): number => product(a, a);

function decimate(samples: Int16Array): Float64Array {
  return Float64Array.from(
    { length: Math.floor(samples.length / decimation) },
    (_, i) => ((samples[i * decimation] ?? 0) + (samples[i * decimation + 1] ?? 0)) / 2,
  );
}
