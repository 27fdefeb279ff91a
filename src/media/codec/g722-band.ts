/**
 * One sub-band of G.722: an adaptive predictor with two poles and six zeros, and an adaptive step (ITU-T G.722 §3.6,
 * blocks 3L, 4L, 3H, 4H). Arithmetic is that of the recommendation, 16-bit saturating, so that encoder and decoder
 * stay together bit by bit.
 */

const { imul } = Math;

export function saturate(value: number): number {
  return value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
}

/** Table ILB: the antilogarithm of the step. */
const antilog = Int32Array.of(
  ...[2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834],
  ...[2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008],
);

export interface StepRule {
  /** Of the logarithmic step factor. */
  readonly most: number;
  readonly shift: number;
}

export class G722Band {
  /** Of the next sample. */
  prediction = 0;
  /** The quantizer's step. */
  step: number;
  readonly #rule: StepRule;
  /** The part of the prediction that the zeros make. */
  #zeroPart = 0;
  #logStep = 0;
  #reconstructed1 = 0;
  #partial1 = 0;
  #partial2 = 0;
  #pole1 = 0;
  #pole2 = 0;
  // The six zeros, and twice the six latest differences: fields, because an array here takes four times as long.
  #b1 = 0;
  #b2 = 0;
  #b3 = 0;
  #b4 = 0;
  #b5 = 0;
  #b6 = 0;
  #d1 = 0;
  #d2 = 0;
  #d3 = 0;
  #d4 = 0;
  #d5 = 0;
  #d6 = 0;

  constructor(step: number, rule: StepRule) {
    this.step = step;
    this.#rule = rule;
  }

  /** Blocks SCALEL and SCALEH: the step after a code word of weight `weight`. */
  scale(weight: number): void {
    const { most, shift } = this.#rule;
    const next = (imul(this.#logStep, 127) >> 7) + weight;
    this.#logStep = next < 0 ? 0 : next > most ? most : next;
    const mantissa = antilog[(this.#logStep >> 6) & 31] ?? 0;
    const exponent = shift - (this.#logStep >> 11);
    this.step = (exponent < 0 ? mantissa << -exponent : mantissa >> exponent) << 2;
  }

  /** Block 4: takes the quantized difference `d` and makes the next prediction. */
  adapt(d: number): void {
    const reconstructed = saturate(this.prediction + d);
    this.#movePoles(saturate(this.#zeroPart + d));
    this.#zeroPart = saturate(this.#moveZeros(d));
    const poles =
      (imul(this.#pole1, saturate(2 * reconstructed)) >> 15) +
      (imul(this.#pole2, saturate(2 * this.#reconstructed1)) >> 15);
    this.#reconstructed1 = reconstructed;
    this.prediction = saturate(saturate(poles) + this.#zeroPart);
  }

  /** Blocks UPPOL1 and UPPOL2: the signs of the last three partial reconstructions steer the poles. */
  #movePoles(partial: number): void {
    const sign = partial >> 15;
    const same1 = sign === this.#partial1 >> 15;
    const same2 = sign === this.#partial2 >> 15;
    const four = saturate(this.#pole1 << 2);
    const turned = same1 ? -four : four;
    let pole2 =
      ((turned > 32_767 ? 32_767 : turned) >> 7) + (same2 ? 128 : -128) + (imul(this.#pole2, 32_512) >> 15);
    pole2 = pole2 > 12_288 ? 12_288 : pole2 < -12_288 ? -12_288 : pole2;
    let pole1 = saturate((same1 ? 192 : -192) + (imul(this.#pole1, 32_640) >> 15));
    const limit = saturate(15_360 - pole2);
    pole1 = pole1 > limit ? limit : pole1 < -limit ? -limit : pole1;
    this.#pole1 = pole1;
    this.#pole2 = pole2;
    this.#partial2 = this.#partial1;
    this.#partial1 = partial;
  }

  /** Blocks UPZERO and FILTEZ: what the zeros make of the latest differences. */
  #moveZeros(d: number): number {
    const gain = d === 0 ? 0 : 128;
    const [d1, d2, d3, d4, d5] = [this.#d1, this.#d2, this.#d3, this.#d4, this.#d5];
    const b1 = moved(this.#b1, d1 ^ d, gain);
    const b2 = moved(this.#b2, d2 ^ d, gain);
    const b3 = moved(this.#b3, d3 ^ d, gain);
    const b4 = moved(this.#b4, d4 ^ d, gain);
    const b5 = moved(this.#b5, d5 ^ d, gain);
    const b6 = moved(this.#b6, this.#d6 ^ d, gain);
    const latest = saturate(2 * d);
    this.#b1 = b1;
    this.#b2 = b2;
    this.#b3 = b3;
    this.#b4 = b4;
    this.#b5 = b5;
    this.#b6 = b6;
    this.#d1 = latest;
    this.#d2 = d1;
    this.#d3 = d2;
    this.#d4 = d3;
    this.#d5 = d4;
    this.#d6 = d5;
    return (
      (imul(b6, d5) >> 15) +
      (imul(b5, d4) >> 15) +
      (imul(b4, d3) >> 15) +
      (imul(b3, d2) >> 15) +
      (imul(b2, d1) >> 15) +
      (imul(b1, latest) >> 15)
    );
  }
}

/** By `gain`, downwards where `signs` is negative: where the two differences have different ones. Never beyond 16 bits, as 255/256 of them and 128 are not. */
function moved(zero: number, signs: number, gain: number): number {
  const down = signs >> 31;
  return ((imul(zero, 32_640) >> 15) + ((gain ^ down) - down)) | 0;
}
