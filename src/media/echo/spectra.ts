import { frameLength, wideRate, type Frame, type PcmRate } from '../audio/frame.ts';
import { Fourier } from './fourier.ts';

/** Bands of 94 Hz from 250 Hz to 3.25 kHz: what every telephone carries, and narrow enough to tell one voice from another. */
export const bandCount = 32;
const firstBin = 8;
const binsPerBand = 3;

/**
 * What is sent to a phone and what comes from it, 20 ms at a time: both spectra by one transform, their powers by band, and the
 * phone's samples again with each band at a level of its own.
 *
 * A window of 32 ms, 12 ms of which it has in common with the one before (at 8 kHz: 96 of 256 samples). It is used before and
 * after the transform; its square, and that of its neighbour, add up to one: where no band is changed, no sample is, and all
 * come 12 ms late.
 */
export class Spectra {
  readonly rate: PcmRate;
  /** Powers of the latest frames, on the square of the 16-bit scale: of a band, or of one bin of it where that is said. */
  readonly sent = new Float64Array(bandCount);
  readonly heard = new Float64Array(bandCount);
  readonly #fourier: Fourier;
  readonly #window: Float64Array;
  readonly #overlap: number;
  readonly #scale: number;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #outRe: Float64Array;
  readonly #outIm: Float64Array;
  readonly #sentSamples: Float64Array;
  readonly #heardSamples: Float64Array;
  /** Of the window before, what the next frame begins with. */
  readonly #tail: Float64Array;
  readonly #out: Frame;
  #random = 1;

  constructor(rate: PcmRate) {
    this.rate = rate;
    const size = rate === wideRate ? 512 : 256;
    this.#fourier = new Fourier(size);
    const overlap = size - frameLength(rate);
    this.#overlap = overlap;
    this.#window = Float64Array.from({ length: size }, (_, i) => {
      const edge = Math.min(i, size - 1 - i);
      return edge >= overlap ? 1 : Math.sin((Math.PI * (edge + 0.5)) / (2 * overlap));
    });
    const power = this.#window.reduce((sum, weight) => sum + weight * weight, 0);
    // Each bin is there twice, once with a negative frequency.
    this.#scale = 2 / (size * power);
    [this.#re, this.#im] = [new Float64Array(size), new Float64Array(size)];
    [this.#outRe, this.#outIm] = [new Float64Array(size), new Float64Array(size)];
    [this.#sentSamples, this.#heardSamples] = [new Float64Array(size), new Float64Array(size)];
    this.#tail = new Float64Array(overlap);
    this.#out = new Int16Array(frameLength(rate));
  }

  /** Takes the frames and looks at them; null is silence. */
  push(sent: Frame | null, heard: Frame | null): void {
    this.#append(this.#sentSamples, sent);
    this.take(heard);
    const { size } = this.#fourier;
    const [re, im, window] = [this.#re, this.#im, this.#window];
    const [sentSamples, heardSamples] = [this.#sentSamples, this.#heardSamples];
    for (let i = 0; i < size; i++) {
      const weight = window[i] ?? 0;
      re[i] = (sentSamples[i] ?? 0) * weight;
      im[i] = (heardSamples[i] ?? 0) * weight;
    }
    this.#fourier.transform(re, im);
    for (let band = 0, bin = firstBin; band < bandCount; band++) {
      let sentPower = 0;
      let heardPower = 0;
      for (const end = bin + binsPerBand; bin < end; bin++) {
        const a = re[bin] ?? 0;
        const b = im[bin] ?? 0;
        const c = re[size - bin] ?? 0;
        const d = im[size - bin] ?? 0;
        sentPower += (a + c) * (a + c) + (b - d) * (b - d);
        heardPower += (b + d) * (b + d) + (a - c) * (a - c);
      }
      this.sent[band] = (sentPower * this.#scale) / 4;
      this.heard[band] = (heardPower * this.#scale) / 4;
    }
  }

  /** What was sent, and nothing of the phone: for frames that are looked at later. */
  pushSent(sent: Frame | null): void {
    this.#append(this.#sentSamples, sent);
    const { size } = this.#fourier;
    for (let i = 0; i < size; i++) this.#re[i] = (this.#sentSamples[i] ?? 0) * (this.#window[i] ?? 0);
    this.#im.fill(0);
    this.#fourier.transform(this.#re, this.#im);
    for (let band = 0, bin = firstBin; band < bandCount; band++) {
      let power = 0;
      for (const end = bin + binsPerBand; bin < end; bin++)
        power += (this.#re[bin] ?? 0) ** 2 + (this.#im[bin] ?? 0) ** 2;
      this.sent[band] = power * this.#scale;
    }
  }

  /** Takes the phone's frame without looking at it. */
  take(heard: Frame | null): void {
    this.#append(this.#heardSamples, heard);
  }

  /** The phone's latest 20 ms but for 12 ms, as they came. Valid until the next call. */
  unchanged(): Frame {
    const window = this.#window;
    this.#overlapped((i) => (this.#heardSamples[i] ?? 0) * (window[i] ?? 0) ** 2);
    return this.#out;
  }

  /**
   * The same of the frame that was looked at last, each band by its gain and with so much noise in it (power of the band). Below the
   * first and above the last band theirs hold. Valid until the next call.
   */
  shaped(gains: Float64Array, noise: Float64Array): Frame {
    const { size } = this.#fourier;
    const [re, im, outRe, outIm] = [this.#re, this.#im, this.#outRe, this.#outIm];
    for (let bin = 0; bin <= size / 2; bin++) {
      const band = Math.max(0, Math.min(bandCount - 1, Math.floor((bin - firstBin) / binsPerBand)));
      const mirror = (size - bin) % size;
      const gain = (gains[band] ?? 1) / 2;
      const level = Math.sqrt((noise[band] ?? 0) / (binsPerBand * this.#scale)) * 1.22;
      // The phone's spectrum is (Z[k] - conj Z[-k]) / 2i.
      const real = ((im[bin] ?? 0) + (im[mirror] ?? 0)) * gain + level * this.#uniform();
      const imaginary = ((re[mirror] ?? 0) - (re[bin] ?? 0)) * gain + level * this.#uniform();
      outRe[bin] = real;
      outIm[bin] = imaginary;
      outRe[mirror] = real;
      outIm[mirror] = -imaginary;
    }
    outIm[0] = 0;
    outIm[size / 2] = 0;
    this.#fourier.transform(outIm, outRe);
    const window = this.#window;
    this.#overlapped((i) => ((outRe[i] ?? 0) * (window[i] ?? 0)) / size);
    return this.#out;
  }

  #overlapped(at: (i: number) => number): void {
    const [out, tail, overlap] = [this.#out, this.#tail, this.#overlap];
    for (let i = 0; i < out.length; i++) {
      const sample = Math.round(at(i) + (i < overlap ? (tail[i] ?? 0) : 0));
      out[i] = sample > 32_767 ? 32_767 : sample < -32_768 ? -32_768 : sample;
    }
    for (let i = 0; i < overlap; i++) tail[i] = at(out.length + i);
  }

  #append(samples: Float64Array, frame: Frame | null): void {
    samples.copyWithin(0, this.#out.length);
    if (frame === null) samples.fill(0, this.#overlap);
    else samples.set(frame, this.#overlap);
  }

  /** From -1 to 1. */
  #uniform(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#random / 2 ** 31 - 1;
  }
}
