import { join } from 'node:path';
import { readWav } from './wav.ts';

/**
 * Recognises recorded prompts in what the caller hears, by the waveform itself: normalised cross-correlation with the
 * loudest stretch near the prompt's start, at a quarter of the sampling rate. It knows the prompts' sound files, which
 * any operator may replace, and nothing of the process that plays them.
 */
const decimation = 4;
/** 600 ms: shorter stretches of one voice resemble each other. */
const stretch = 1200;
const searchWithin = 3000;
const certainty = 0.75;
/** Quieter stretches than this correlate with anything. */
const leastPower = 50 ** 2;

interface Known {
  readonly name: string;
  /** Of length one, one for each second phase of the decimation. */
  readonly templates: readonly Float64Array[];
  quietUntil: number;
}

export class PromptEar {
  readonly #known: readonly Known[];
  readonly #onPrompt: (name: string) => void;
  /** Decimated samples still to be searched, and how many came before them. */
  #held: number[] = [];
  #dropped = 0;

  constructor(folder: string, names: readonly string[], onPrompt: (name: string) => void) {
    this.#onPrompt = onPrompt;
    this.#known = names.map((name) => {
      const { samples } = readWav(join(folder, `${name}.wav`));
      const start = loudest(samples);
      const templates = [0, decimation / 2].map((phase) =>
        unit(decimate(samples.subarray(start + phase, start + phase + stretch * decimation))),
      );
      return { name, templates, quietUntil: 0 };
    });
  }

  push(frame: Int16Array): void {
    this.#held.push(...decimate(frame));
    // A few frames at a time: the search costs the same and the caller's own sending is not held up.
    if (this.#held.length < stretch + 200) return;
    const lags = this.#held.length - stretch;
    for (let lag = 0; lag < lags; lag++) this.#search(lag);
    this.#held = this.#held.slice(lags);
    this.#dropped += lags;
  }

  #search(lag: number): void {
    let power = 0;
    for (let i = 0; i < stretch; i++) power += (this.#held[lag + i] ?? 0) ** 2;
    if (power / stretch < leastPower) return;
    for (const known of this.#known) {
      if (this.#dropped + lag < known.quietUntil) continue;
      if (!known.templates.some((template) => this.#matches(template, lag, power))) continue;
      known.quietUntil = this.#dropped + lag + stretch;
      this.#onPrompt(known.name);
    }
  }

  #matches(template: Float64Array, lag: number, power: number): boolean {
    let product = 0;
    for (let i = 0; i < stretch; i++) product += (template[i] ?? 0) * (this.#held[lag + i] ?? 0);
    return product > certainty * Math.sqrt(power);
  }
}

/** Where the loudest stretch of the prompt's first part starts. */
function loudest(samples: Int16Array): number {
  let best = 0;
  let bestPower = -1;
  const last = Math.min(searchWithin, samples.length - stretch * decimation - decimation);
  for (let start = 0; start <= last; start += 80) {
    let power = 0;
    for (let i = 0; i < stretch * decimation; i++) power += (samples[start + i] ?? 0) ** 2;
    if (power <= bestPower) continue;
    best = start;
    bestPower = power;
  }
  return best;
}

function unit(samples: Float64Array): Float64Array {
  const length = Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0));
  return samples.map((value) => value / length);
}

function decimate(samples: Int16Array): Float64Array {
  return Float64Array.from({ length: Math.floor(samples.length / decimation) }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < decimation; k++) sum += samples[i * decimation + k] ?? 0;
    return sum / decimation;
  });
}
