import { sampleRate, samplesPerFrame } from './audio/frame.ts';

/**
 * Packet-loss concealment for G.711, in the manner of its appendix I: the last pitch period is repeated, fading to
 * silence, and the first good samples after the loss are blended in.
 */
const shortestPeriod = sampleRate / 400;
const longestPeriod = sampleRate / 66;
const matchLength = samplesPerFrame;
const historyLength = Math.ceil(longestPeriod) + matchLength + samplesPerFrame;
const blendLength = sampleRate / 200;
/** Repeating is true to speech for about 10 ms; from there it fades, and is gone 60 ms later. */
const holdSamples = sampleRate / 100;
const fadeSamples = (sampleRate * 60) / 1000;

export class Concealment {
  readonly #history = new Int16Array(historyLength);
  /** Samples concealed since the last good one. */
  #concealed = 0;
  #period = 0;

  reset(): void {
    this.#history.fill(0);
    this.#concealed = 0;
  }

  /** Good samples have come: blends them with what was being made up, in place. */
  good(pcm: Int16Array): void {
    if (this.#concealed > 0) {
      const length = Math.min(blendLength, pcm.length);
      for (let i = 0; i < length; i++) {
        const weight = (i + 1) / (length + 1);
        const made = this.#next(i);
        pcm[i] = Math.round((pcm[i] ?? 0) * weight + made * (1 - weight));
      }
      this.#concealed = 0;
    }
    this.#remember(pcm);
  }

  /** Fills `out` with what probably was there. */
  conceal(out: Int16Array): void {
    if (this.#concealed === 0) this.#period = this.#findPeriod();
    for (let i = 0; i < out.length; i++) out[i] = this.#next(i);
    this.#concealed += out.length;
  }

  /** The `i`th made-up sample from here. The history stays what was really heard. */
  #next(i: number): number {
    const at = this.#concealed + i;
    const gain = at < holdSamples ? 1 : Math.max(0, 1 - (at - holdSamples) / fadeSamples);
    const sample = this.#history[historyLength - this.#period + (at % this.#period)] ?? 0;
    return Math.round(sample * gain);
  }

  #remember(pcm: Int16Array): void {
    const length = Math.min(pcm.length, historyLength);
    this.#history.copyWithin(0, length);
    this.#history.set(pcm.subarray(pcm.length - length), historyLength - length);
  }

  /** The lag at which the latest 20 ms look most like what came before them. */
  #findPeriod(): number {
    const history = this.#history;
    const from = historyLength - matchLength;
    let best = shortestPeriod;
    let bestScore = -Infinity;
    for (let lag = shortestPeriod; lag <= longestPeriod; lag++) {
      let product = 0;
      let energy = 1;
      for (let i = from; i < historyLength; i++) {
        const then = history[i - lag] ?? 0;
        product += (history[i] ?? 0) * then;
        energy += then * then;
      }
      const score = product / Math.sqrt(energy);
      if (score > bestScore) {
        bestScore = score;
        best = lag;
      }
    }
    return best;
  }
}
