/**
 * One sub-band of G.722: an adaptive predictor with two poles and six zeros, and an adaptive step (ITU-T G.722 §3.6,
 * blocks 3L, 4L, 3H, 4H). Arithmetic is that of the recommendation, 16-bit saturating, so that encoder and decoder
 * stay together bit by bit.
 */

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
  // The six zeros and the six latest differences: fields, because an array here takes four times as long.
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
    const next = ((this.#logStep * 127) >> 7) + weight;
    this.#logStep = next < 0 ? 0 : next > most ? most : next;
    const mantissa = antilog[(this.#logStep >> 6) & 31] ?? 0;
    const exponent = shift - (this.#logStep >> 11);
    this.step = (exponent < 0 ? mantissa << -exponent : mantissa >> exponent) << 2;
  }

  /** Block 4: takes the quantized difference `d` and makes the next prediction. */
  adapt(d: number): void {
    const reconstructed = saturate(this.prediction + d);
    this.#movePoles(saturate(this.#zeroPart + d));
    this.#moveZeros(d);
    const poles =
      ((this.#pole1 * saturate(2 * reconstructed)) >> 15) +
      ((this.#pole2 * saturate(2 * this.#reconstructed1)) >> 15);
    this.#reconstructed1 = reconstructed;
    const zeros =
      ((this.#b6 * saturate(2 * this.#d6)) >> 15) +
      ((this.#b5 * saturate(2 * this.#d5)) >> 15) +
      ((this.#b4 * saturate(2 * this.#d4)) >> 15) +
      ((this.#b3 * saturate(2 * this.#d3)) >> 15) +
      ((this.#b2 * saturate(2 * this.#d2)) >> 15) +
      ((this.#b1 * saturate(2 * this.#d1)) >> 15);
    this.#zeroPart = saturate(zeros);
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
      ((turned > 32_767 ? 32_767 : turned) >> 7) + (same2 ? 128 : -128) + ((this.#pole2 * 32_512) >> 15);
    pole2 = pole2 > 12_288 ? 12_288 : pole2 < -12_288 ? -12_288 : pole2;
    let pole1 = saturate((same1 ? 192 : -192) + ((this.#pole1 * 32_640) >> 15));
    const limit = saturate(15_360 - pole2);
    pole1 = pole1 > limit ? limit : pole1 < -limit ? -limit : pole1;
    this.#pole1 = pole1;
    this.#pole2 = pole2;
    this.#partial2 = this.#partial1;
    this.#partial1 = partial;
  }

  /** Block UPZERO. */
  #moveZeros(d: number): void {
    const gain = d === 0 ? 0 : 128;
    const sign = d >> 15;
    this.#b1 = moved(this.#b1, this.#d1 >> 15 === sign ? gain : -gain);
    this.#b2 = moved(this.#b2, this.#d2 >> 15 === sign ? gain : -gain);
    this.#b3 = moved(this.#b3, this.#d3 >> 15 === sign ? gain : -gain);
    this.#b4 = moved(this.#b4, this.#d4 >> 15 === sign ? gain : -gain);
    this.#b5 = moved(this.#b5, this.#d5 >> 15 === sign ? gain : -gain);
    this.#b6 = moved(this.#b6, this.#d6 >> 15 === sign ? gain : -gain);
    this.#d6 = this.#d5;
    this.#d5 = this.#d4;
    this.#d4 = this.#d3;
    this.#d3 = this.#d2;
    this.#d2 = this.#d1;
    this.#d1 = d;
  }
}

function moved(zero: number, by: number): number {
  return saturate(by + ((zero * 32_640) >> 15));
}
