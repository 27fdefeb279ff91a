import { G722Band, saturate } from './g722-band.ts';

/**
 * ITU-T G.722 at 64 kbit/s: 16 kHz samples, split by a quadrature mirror filter into two bands of 8 kHz, each coded by
 * ADPCM. One byte stands for two samples: two bits of the higher band, then six of the lower.
 *
 *   pcm -> QMF -> lower band, 6 bits --+-> byte
 *             \-> higher band, 2 bits -+
 *
 * One byte lasts 125 µs, and RTP's clock counts them: 8000 a second, although samples are twice as many (RFC 3551 §4.5.2).
 */

/** Decision levels of the lower band's 60-level quantizer (table Q6), for the magnitude. */
const levels6 = Int32Array.of(
  ...[0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023],
  ...[1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919],
);
/** Code words by interval, for negative and for positive differences (tables ILN and ILP). */
const negative6 = Uint8Array.of(0, 63, 62, ...Array.from({ length: 28 }, (_, i) => 31 - i));
const positive6 = Uint8Array.of(0, ...Array.from({ length: 30 }, (_, i) => 61 - i));
/** Output values of the 6-bit and the 4-bit inverse quantizer of the lower band, and of the 2-bit one of the higher. */
const inverse6 = Int32Array.of(
  ...[-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232],
  ...[-9360, -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400],
  ...[-2032, -1688, -1360, -1040, -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232],
  ...[9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688],
  ...[1360, 1040, 728, 432, 136, -432, -136],
);
const inverse4 = Int32Array.of(
  ...[0, -20456, -12896, -8968, -6288, -4240, -2584, -1200],
  ...[20456, 12896, 8968, 6288, 4240, 2584, 1200, 0],
);
const inverse2 = Int32Array.of(-7408, -1616, 7408, 1616);
/** What a code word does to the step (tables WL and WH, by 4 and by 2 bits). */
const weights = [-60, -30, 58, 172, 334, 538, 1198, 3042];
const weight4 = Int32Array.from([0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0], (i) => weights[i] ?? 0);
const weight2 = Int32Array.of(798, -214, 798, -214);
/** The decision level of the higher band (table Q2). */
const level2 = 564;

const lowRule = { most: 18_432, shift: 8 };
const highRule = { most: 22_528, shift: 10 };
const lowBand = (): G722Band => new G722Band(32, lowRule);
const highBand = (): G722Band => new G722Band(8, highRule);

/** The quadrature mirror filter has 24 coefficients (table 11): twelve for the samples at even places, their mirror for the others. */
const taps = 12;
const past = 2 * (taps - 1);
/** 120 ms, the longest packet looked at. */
const mostSamples = 1_920;
const { imul } = Math;

/** The filter over `x` from `at` on, for every second sample. Written out: a loop over a table of coefficients takes twice as long. */
function evenHalf(x: Int32Array, at: number): number {
  return (
    (imul(x[at] ?? 0, 3) +
      imul(x[at + 2] ?? 0, -11) +
      imul(x[at + 4] ?? 0, 12) +
      imul(x[at + 6] ?? 0, 32) +
      imul(x[at + 8] ?? 0, -210) +
      imul(x[at + 10] ?? 0, 951) +
      imul(x[at + 12] ?? 0, 3876) +
      imul(x[at + 14] ?? 0, -805) +
      imul(x[at + 16] ?? 0, 362) +
      imul(x[at + 18] ?? 0, -156) +
      imul(x[at + 20] ?? 0, 53) +
      imul(x[at + 22] ?? 0, -11)) |
    0
  );
}

/** The same with the coefficients the other way round. */
function oddHalf(x: Int32Array, at: number): number {
  return (
    (imul(x[at] ?? 0, -11) +
      imul(x[at + 2] ?? 0, 53) +
      imul(x[at + 4] ?? 0, -156) +
      imul(x[at + 6] ?? 0, 362) +
      imul(x[at + 8] ?? 0, -805) +
      imul(x[at + 10] ?? 0, 3876) +
      imul(x[at + 12] ?? 0, 951) +
      imul(x[at + 14] ?? 0, -210) +
      imul(x[at + 16] ?? 0, 32) +
      imul(x[at + 18] ?? 0, 12) +
      imul(x[at + 20] ?? 0, -11) +
      imul(x[at + 22] ?? 0, 3)) |
    0
  );
}

export class G722Encoder {
  readonly #low = lowBand();
  readonly #high = highBand();
  readonly #x = new Int32Array(past + mostSamples);

  /** `pcm`: 16 kHz, an even number of samples, at most 120 ms; half as many bytes are written to `out` from `at` on. */
  encode(pcm: Int16Array, out: Uint8Array, at = 0): void {
    const x = this.#x;
    const length = Math.min(pcm.length, mostSamples);
    for (let i = 0; i < length; i++) x[past + i] = pcm[i] ?? 0;
    for (let j = 0; j + 1 < length; j += 2) {
      const even = evenHalf(x, j);
      const odd = oddHalf(x, j + 1);
      const low = this.#encodeLow((odd + even) >> 14);
      out[at + (j >> 1)] = (this.#encodeHigh((odd - even) >> 14) << 6) | low;
    }
    x.copyWithin(0, length, length + past);
  }

  #encodeLow(sample: number): number {
    const band = this.#low;
    const difference = saturate(sample - band.prediction);
    const magnitude = difference >= 0 ? difference : -(difference + 1);
    // The interval, by halving: the levels rise.
    let interval = 1;
    let end = 30;
    while (interval < end) {
      const middle = (interval + end) >> 1;
      if (magnitude < imul(levels6[middle] ?? 0, band.step) >> 12) end = middle;
      else interval = middle + 1;
    }
    const code = (difference < 0 ? negative6[interval] : positive6[interval]) ?? 0;
    const coarse = code >> 2;
    const quantized = imul(band.step, inverse4[coarse] ?? 0) >> 15;
    band.scale(weight4[coarse] ?? 0);
    band.adapt(quantized);
    return code;
  }

  #encodeHigh(sample: number): number {
    const band = this.#high;
    const difference = saturate(sample - band.prediction);
    const magnitude = difference >= 0 ? difference : -(difference + 1);
    const outer = magnitude >= imul(level2, band.step) >> 12;
    const code = (difference < 0 ? 0 : 2) + (outer ? 0 : 1);
    const quantized = imul(band.step, inverse2[code] ?? 0) >> 15;
    band.scale(weight2[code] ?? 0);
    band.adapt(quantized);
    return code;
  }
}

/** Of a band's output, before the filter (§4.4.2). */
const limit14 = (value: number): number => (value > 16_383 ? 16_383 : value < -16_384 ? -16_384 : value);

export class G722Decoder {
  readonly #low = lowBand();
  readonly #high = highBand();
  readonly #x = new Int32Array(past + mostSamples);

  /** Two samples of `out` for each byte; what is longer than 120 ms is left out. */
  decode(code: Uint8Array, out: Int16Array): void {
    const x = this.#x;
    const bytes = Math.min(code.length, out.length >> 1, mostSamples >> 1);
    for (let k = 0; k < bytes; k++) {
      const byte = code[k] ?? 0;
      const low = this.#decodeLow(byte & 0x3f);
      const high = this.#decodeHigh(byte >> 6);
      const j = 2 * k;
      x[past + j] = low + high;
      x[past + j + 1] = low - high;
      const even = evenHalf(x, j);
      const odd = oddHalf(x, j + 1);
      out[j] = saturate(odd >> 11);
      out[j + 1] = saturate(even >> 11);
    }
    x.copyWithin(0, 2 * bytes, 2 * bytes + past);
  }

  #decodeLow(code: number): number {
    const band = this.#low;
    const sample = limit14(saturate(band.prediction + (imul(band.step, inverse6[code] ?? 0) >> 15)));
    const coarse = code >> 2;
    const quantized = imul(band.step, inverse4[coarse] ?? 0) >> 15;
    band.scale(weight4[coarse] ?? 0);
    band.adapt(quantized);
    return sample;
  }

  #decodeHigh(code: number): number {
    const band = this.#high;
    const quantized = imul(band.step, inverse2[code] ?? 0) >> 15;
    const sample = limit14(saturate(quantized + band.prediction));
    band.scale(weight2[code] ?? 0);
    band.adapt(quantized);
    return sample;
  }
}
