import { frameLength, wideRate, type Frame, type PcmRate } from '../audio/frame.ts';
import { Fourier } from './fourier.ts';

/** Bands of 94 Hz from 250 Hz to 3.25 kHz: what every telephone carries, and narrow enough to tell one voice from another. */
export const bandCount = 32;
const firstBin = 8;
const binsPerBand = 3;

/** How much of a frame its window has in common with the one before: 12 ms. */
export function overlapOf(rate: PcmRate): number {
  return (frameLength(rate) * 3) / 5;
}

/**
 * 20 ms of sound as powers by band, and the samples again with each band at a level of its own. One for all legs of a process: it
 * keeps nothing of them but what it looked at last.
 *
 * A window of 32 ms, 12 ms of which it has in common with the one before (at 8 kHz: 96 of 256 samples). It is used before and
 * after the transform; its square, and that of its neighbour, add up to one: where no band is changed, no sample is, and all
 * come 12 ms late. The samples are real, so one transform of half the size does: even samples in one part, odd ones in the other.
 */
export class Spectrum {
  readonly #size: number;
  readonly #overlap: number;
  readonly #window: Float64Array;
  /** To powers on the square of the 16-bit scale. */
  readonly #scale: number;
  readonly #fourier: Fourier;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  /** Of the transform of half the size to that of the whole. */
  readonly #cosine: Float64Array;
  readonly #sine: Float64Array;
  /** Bins from zero to half the rate, both included. */
  readonly #outRe: Float64Array;
  readonly #outIm: Float64Array;
  #random = 1;

  constructor(rate: PcmRate) {
    const size = rate === wideRate ? 512 : 256;
    const half = size / 2;
    const overlap = overlapOf(rate);
    this.#size = size;
    this.#overlap = overlap;
    this.#window = Float64Array.from({ length: size }, (_, i) => {
      const edge = Math.min(i, size - 1 - i);
      return edge >= overlap ? 1 : Math.sin((Math.PI * (edge + 0.5)) / (2 * overlap));
    });
    const power = this.#window.reduce((sum, weight) => sum + weight * weight, 0);
    // Each bin is there twice, once with a negative frequency.
    this.#scale = 2 / (size * power);
    this.#fourier = new Fourier(half);
    [this.#re, this.#im] = [new Float64Array(half), new Float64Array(half)];
    [this.#outRe, this.#outIm] = [new Float64Array(half + 1), new Float64Array(half + 1)];
    this.#cosine = Float64Array.from({ length: half + 1 }, (_, k) => Math.cos((2 * Math.PI * k) / size));
    this.#sine = Float64Array.from({ length: half + 1 }, (_, k) => Math.sin((2 * Math.PI * k) / size));
  }

  /** Power in each band of a frame, with the 12 ms before it: on the square of the 16-bit scale. */
  powers(before: Int16Array, frame: Frame, out: Float64Array): void {
    this.#put(before, 0);
    this.#put(frame, before.length);
    this.#fourier.transform(this.#re, this.#im);
    this.#sum(out);
  }

  /**
   * The frame that was looked at last, each band by its gain and with so much noise in it (power of the band). Below the first and
   * above the last band theirs hold. Windowed: to be added to its neighbours.
   */
  shaped(gains: Float64Array, noise: Float64Array, out: Float64Array): void {
    const [re, im, outRe, outIm] = [this.#re, this.#im, this.#outRe, this.#outIm];
    const half = re.length;
    for (let bin = 0; bin <= half; bin++) {
      const band = Math.max(0, Math.min(bandCount - 1, Math.floor((bin - firstBin) / binsPerBand)));
      const gain = gains[band] ?? 1;
      const level = Math.sqrt((noise[band] ?? 0) / (binsPerBand * this.#scale)) * 1.22;
      this.#bin(bin);
      outRe[bin] = (outRe[bin] ?? 0) * gain + level * this.#uniform();
      outIm[bin] = (outIm[bin] ?? 0) * gain + level * this.#uniform();
    }
    [outIm[0], outIm[half]] = [0, 0];
    this.#back();
    for (let i = 0; i < half; i++) {
      out[2 * i] = ((re[i] ?? 0) * (this.#window[2 * i] ?? 0)) / half;
      out[2 * i + 1] = ((im[i] ?? 0) * (this.#window[2 * i + 1] ?? 0)) / half;
    }
  }

  /** The same of samples that are left as they are. */
  windowed(before: Int16Array, frame: Frame | null, out: Float64Array): void {
    const [window, overlap] = [this.#window, this.#overlap];
    for (let i = 0; i < this.#size; i++) {
      const sample = i < overlap ? before[i] : frame?.[i - overlap];
      out[i] = (sample ?? 0) * (window[i] ?? 0) ** 2;
    }
  }

  /** From `at` on in the window: even samples in one part, odd ones in the other. */
  #put(samples: Int16Array, at: number): void {
    const re = this.#re;
    const im = this.#im;
    const window = this.#window;
    const { placeOf } = this.#fourier;
    for (let i = 0; i < samples.length; i += 2) {
      const place = placeOf[(at + i) >> 1] ?? 0;
      re[place] = (samples[i] ?? 0) * (window[at + i] ?? 0);
      im[place] = (samples[i + 1] ?? 0) * (window[at + i + 1] ?? 0);
    }
  }

  #sum(out: Float64Array): void {
    const re = this.#re;
    const im = this.#im;
    const cosine = this.#cosine;
    const sine = this.#sine;
    const scale = this.#scale / 4;
    const half = re.length;
    for (let band = 0, bin = firstBin; band < bandCount; band++) {
      let power = 0;
      for (const end = bin + binsPerBand; bin < end; bin++) {
        const a = re[bin] ?? 0;
        const b = im[bin] ?? 0;
        const c = re[half - bin] ?? 0;
        const d = im[half - bin] ?? 0;
        const cos = cosine[bin] ?? 0;
        const sin = sine[bin] ?? 0;
        const x = a + c + (b + d) * cos - (a - c) * sin;
        const y = b - d - (a - c) * cos - (b + d) * sin;
        power += x * x + y * y;
      }
      out[band] = power * scale;
    }
  }

  /** One bin of the whole transform. */
  #bin(bin: number): void {
    const re = this.#re;
    const im = this.#im;
    const half = re.length;
    const k = bin === half ? 0 : bin;
    const m = k === 0 ? 0 : half - k;
    const a = re[k] ?? 0;
    const b = im[k] ?? 0;
    const c = re[m] ?? 0;
    const d = im[m] ?? 0;
    const cos = this.#cosine[bin] ?? 0;
    const sin = this.#sine[bin] ?? 0;
    this.#outRe[bin] = (a + c + (b + d) * cos - (a - c) * sin) / 2;
    this.#outIm[bin] = (b - d - (a - c) * cos - (b + d) * sin) / 2;
  }

  /** From the bins to the samples, times half of `size`. */
  #back(): void {
    const re = this.#re;
    const im = this.#im;
    const outRe = this.#outRe;
    const outIm = this.#outIm;
    const half = re.length;
    const { placeOf } = this.#fourier;
    for (let k = 0; k < half; k++) {
      const a = outRe[k] ?? 0;
      const b = outIm[k] ?? 0;
      const c = outRe[half - k] ?? 0;
      const d = outIm[half - k] ?? 0;
      const cos = this.#cosine[k] ?? 0;
      const sin = this.#sine[k] ?? 0;
      const place = placeOf[k] ?? 0;
      re[place] = (a + c - (b + d) * cos - (a - c) * sin) / 2;
      im[place] = (b - d + (a - c) * cos - (b + d) * sin) / 2;
    }
    this.#fourier.transform(im, re);
  }

  /** From -1 to 1. */
  #uniform(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#random / 2 ** 31 - 1;
  }
}
