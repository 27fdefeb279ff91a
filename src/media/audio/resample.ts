/**
 * Between 8 and 16 kHz by one half-band filter: flat to 3.4 kHz, 60 dB down from 4.6 kHz on. Every other coefficient of a
 * half-band filter is zero, and the middle one is one half.
 *
 * Both take and give plain numbers, so that sums of many speakers pass through without being cut.
 */
const halfTaps = 12;
/** The non-zero coefficients beside the middle one, from the middle outwards, at distances 1, 3, 5, ... samples. */
const side = Float64Array.from({ length: halfTaps }, (_, i) => {
  const distance = 2 * i + 1;
  // sin(πd/2) / πd, and a Kaiser window of β = 6.
  const ideal = Math.sin((Math.PI * distance) / 2) / (Math.PI * distance);
  return ideal * kaiser(distance / (2 * halfTaps));
});
const gain = 0.5 + 2 * side.reduce((sum, tap) => sum + tap, 0);
/** Samples of 16 kHz on either side of the middle, and what is kept of them: one more, so that the delay is a whole number of 8 kHz samples. */
const reach = 2 * halfTaps - 1;
const past = 2 * reach + 1;

function kaiser(x: number): number {
  return bessel(6 * Math.sqrt(1 - x * x)) / bessel(6);
}

/** I0, by its series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < 30; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

type Samples = ArrayLike<number>;

/** 16 kHz to 8 kHz, 1.5 ms late. */
export class Halver {
  readonly #x: Float64Array;

  /** `longest`: of the input, in samples. */
  constructor(longest: number) {
    this.#x = new Float64Array(past + longest);
  }

  /** `out` takes half as many samples as `wide` has. */
  push(wide: Samples, out: Float64Array | Int16Array): void {
    const x = this.#x;
    const { length } = wide;
    for (let i = 0; i < length; i++) x[past + i] = wide[i] ?? 0;
    for (let n = 0; 2 * n < length; n++) {
      const middle = reach + 2 * n;
      let sum = 0.5 * (x[middle] ?? 0);
      for (let k = 0; k < halfTaps; k++) {
        const distance = 2 * k + 1;
        sum += (side[k] ?? 0) * ((x[middle - distance] ?? 0) + (x[middle + distance] ?? 0));
      }
      out[n] = clipped(sum / gain, out);
    }
    x.copyWithin(0, length, length + past);
  }
}

/** 8 kHz to 16 kHz, 1.5 ms late. */
export class Doubler {
  readonly #x: Float64Array;

  /** `longest`: of the input, in samples. */
  constructor(longest: number) {
    this.#x = new Float64Array(2 * halfTaps + longest);
  }

  /** `out` takes twice as many samples as `narrow` has. */
  push(narrow: Samples, out: Float64Array | Int16Array): void {
    const x = this.#x;
    const { length } = narrow;
    for (let i = 0; i < length; i++) x[2 * halfTaps + i] = narrow[i] ?? 0;
    for (let n = 0; n < length; n++) {
      const at = halfTaps + n;
      out[2 * n] = clipped((x[at] ?? 0) / gain, out);
      let sum = 0;
      for (let k = 0; k < halfTaps; k++) {
        sum += (side[k] ?? 0) * ((x[at - k] ?? 0) + (x[at + k + 1] ?? 0));
      }
      out[2 * n + 1] = clipped((2 * sum) / gain, out);
    }
    x.copyWithin(0, length, length + 2 * halfTaps);
  }
}

/** A 16-bit place takes no more than 16 bits. */
function clipped(value: number, out: Float64Array | Int16Array): number {
  if (out instanceof Float64Array) return value;
  return Math.max(-32_768, Math.min(32_767, Math.round(value)));
}
