import { frameLength, type PcmRate } from './audio/frame.ts';

/**
 * Packet-loss concealment for codecs that have none of their own, in the manner of G.711 appendix I: the last pitch period is repeated, fading to
 * silence, and the first good samples after the loss are blended in.
 */
/** Of the pitch: 66 to 400 Hz. */
const lowestPitch = 66;
const highestPitch = 400;
/** Repeating is true to speech for about 10 ms; from there it fades, and is gone 60 ms later. */
const holdMs = 10;
const fadeMs = 60;
const blendMs = 5;
/** That are remembered before any of it is moved. */
const roomFrames = 8;

export class Concealment {
  readonly #shortest: number;
  readonly #longest: number;
  readonly #match: number;
  readonly #hold: number;
  readonly #fade: number;
  readonly #blend: number;
  /** What was heard, up to `#end`, at least `#least` samples of it: moved to the front only where there is no room behind it any more. */
  readonly #history: Int16Array;
  readonly #least: number;
  #end: number;
  /** Samples concealed since the last good one. */
  #concealed = 0;
  #period = 0;

  constructor(rate: PcmRate) {
    const perMs = rate / 1_000;
    this.#shortest = rate / highestPitch;
    this.#longest = Math.floor(rate / lowestPitch);
    this.#match = frameLength(rate);
    this.#hold = holdMs * perMs;
    this.#fade = fadeMs * perMs;
    this.#blend = blendMs * perMs;
    this.#least = this.#longest + 1 + 2 * this.#match;
    this.#end = this.#least;
    this.#history = new Int16Array(this.#least + roomFrames * this.#match);
  }

  reset(): void {
    this.#history.fill(0);
    this.#end = this.#least;
    this.#concealed = 0;
  }

  /** Good samples have come: blends them with what was being made up, in place. */
  good(pcm: Int16Array): void {
    if (this.#concealed > 0) {
      const length = Math.min(this.#blend, pcm.length);
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
    const gain = at < this.#hold ? 1 : Math.max(0, 1 - (at - this.#hold) / this.#fade);
    const sample = this.#history[this.#end - this.#period + (at % this.#period)] ?? 0;
    return Math.round(sample * gain);
  }

  #remember(pcm: Int16Array): void {
    const history = this.#history;
    const least = this.#least;
    const latest = pcm.length <= least ? pcm : pcm.subarray(pcm.length - least);
    if (this.#end + latest.length > history.length) {
      history.copyWithin(0, this.#end - least, this.#end);
      this.#end = least;
    }
    history.set(latest, this.#end);
    this.#end += latest.length;
  }

  /** The lag at which the latest 20 ms look most like what came before them. */
  #findPeriod(): number {
    const history = this.#history;
    const end = this.#end;
    const from = end - this.#match;
    let best = this.#shortest;
    let bestScore = -Infinity;
    // Of the piece that is `lag` back, which from one lag to the next gains a sample in front and loses one at its end.
    let energy = 1;
    for (let i = from - this.#shortest; i < end - this.#shortest; i++) energy += (history[i] ?? 0) ** 2;
    for (let lag = this.#shortest; lag <= this.#longest; lag++) {
      let product = 0;
      for (let i = from; i < end; i++) product += (history[i] ?? 0) * (history[i - lag] ?? 0);
      const score = product / Math.sqrt(energy);
      if (score > bestScore) {
        bestScore = score;
        best = lag;
      }
      energy += (history[from - lag - 1] ?? 0) ** 2 - (history[end - lag - 1] ?? 0) ** 2;
    }
    return best;
  }
}
