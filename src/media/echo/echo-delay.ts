import { bandCount } from './spectrum.ts';

/**
 * After how many frames what was sent comes back. Each frame is one bit a band: louder there than it usually is. Two frames of
 * one sound have the same bits more often than chance has it, whatever level, noise or a codec did to one of them; two voices
 * that talk at the same time have not. Per delay the covariance of the bits is summed over about a second, across bands within
 * a frame, so that the mere rise and fall of both counts for nothing.
 */
export const delayCount = 40;
/** Of the sums: half is gone after 0.7 s. */
const memory = 0.98;
/** Of what is usual in a band: a second. */
const usualStep = 1 / 64;
/** A frame with fewer bits says nothing about where its sound lies. */
const fewestBits = 3;
/**
 * Measured on six pairs of synthesized voices that talk at the same time for 40 s: the best of all delays reaches 0.34 while
 * little is known and 0.25 later. Echoes 6 to 30 dB down: 0.30 to 0.77.
 */
const found = [
  { evidence: 70, score: 0.42 },
  { evidence: 150, score: 0.33 },
] as const;

export class EchoDelay {
  readonly #sentUsual = new Float64Array(bandCount);
  readonly #heardUsual = new Float64Array(bandCount);
  readonly #sent = new Int32Array(delayCount);
  readonly #covariance = new Float64Array(delayCount);
  readonly #spread = new Float64Array(delayCount);
  #at = 0;

  /** One frame of each, as powers by band; null: not looked at. What was sent may come back from the next frame on. */
  push(sent: Float64Array | null, heard: Float64Array | null): void {
    this.#at = (this.#at + 1) % delayCount;
    this.#sent[this.#at] = sent === null ? 0 : bitsOf(sent, this.#sentUsual);
    if (heard === null) return;
    const now = bitsOf(heard, this.#heardUsual);
    const own = ones(now);
    if (own < fewestBits) return;
    const ownSpread = own - (own * own) / bandCount;
    for (let delay = 0; delay < delayCount; delay++) {
      const then = this.#sent[(this.#at - delay + delayCount) % delayCount] ?? 0;
      const count = ones(then);
      if (count < fewestBits) continue;
      const covariance = ones(now & then) - (own * count) / bandCount;
      const spread = Math.sqrt(ownSpread * (count - (count * count) / bandCount));
      this.#covariance[delay] = (this.#covariance[delay] ?? 0) * memory + covariance;
      this.#spread[delay] = (this.#spread[delay] ?? 0) * memory + spread;
    }
  }

  /** In frames; null where nothing that was sent comes back for sure. */
  get best(): number | null {
    let best = -1;
    let most = 0;
    for (let delay = 0; delay < delayCount; delay++) {
      const score = this.score(delay);
      if (score > most) [best, most] = [delay, score];
    }
    const evidence = this.#spread[best] ?? 0;
    return found.some((least) => evidence >= least.evidence && most >= least.score) ? best : null;
  }

  /** Correlation, -1 to 1. */
  score(delay: number): number {
    return (this.#covariance[delay] ?? 0) / Math.max(1, this.#spread[delay] ?? 0);
  }

  reset(): void {
    this.#sent.fill(0);
    this.#covariance.fill(0);
    this.#spread.fill(0);
  }
}

function bitsOf(powers: Float64Array, usual: Float64Array): number {
  let bits = 0;
  for (let band = 0; band < bandCount; band++) {
    const magnitude = Math.sqrt(powers[band] ?? 0);
    const mean = usual[band] ?? 0;
    if (magnitude > mean) bits |= 1 << band;
    usual[band] = mean + (magnitude - mean) * usualStep;
  }
  return bits;
}

/** How many bits are set. */
function ones(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return (Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24) & 0x3f;
}
