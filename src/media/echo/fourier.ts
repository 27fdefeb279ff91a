/**
 * The discrete Fourier transform of `size` complex values, a power of two from 4 on: in place. Values are handed in at `placeOf`
 * (bit-reversed), which whoever writes them there does anyway, and come out in order. With the arguments exchanged it is the inverse
 * one, times `size`.
 */
export class Fourier {
  readonly size: number;
  /** Where value number i is to be put. */
  readonly placeOf: Uint16Array;
  /** Twiddle factors of the stage of that `width`, from index `width` on. */
  readonly #cosine: Float64Array;
  readonly #sine: Float64Array;

  constructor(size: number) {
    this.size = size;
    const bits = Math.log2(size);
    this.#cosine = new Float64Array(size);
    this.#sine = new Float64Array(size);
    for (let width = 1; width < size; width *= 2) {
      for (let k = 0; k < width; k++) {
        this.#cosine[width + k] = Math.cos((Math.PI * k) / width);
        this.#sine[width + k] = -Math.sin((Math.PI * k) / width);
      }
    }
    this.placeOf = Uint16Array.from({ length: size }, (_, i) => {
      let out = 0;
      for (let bit = 0; bit < bits; bit++) out |= ((i >> bit) & 1) << (bits - 1 - bit);
      return out;
    });
  }

  transform(re: Float64Array, im: Float64Array): void {
    const { size } = this;
    if (re.length !== size || im.length !== size) return;
    this.#quarters(re, im);
    for (let width = 4; width < size; width *= 2) this.#butterflies(re, im, width);
  }

  /** The first two stages, whose factors are 1 and -i. */
  #quarters(re: Float64Array, im: Float64Array): void {
    for (let i = 0; i < re.length; i += 4) {
      const a = re[i] ?? 0;
      const b = re[i + 1] ?? 0;
      const c = re[i + 2] ?? 0;
      const d = re[i + 3] ?? 0;
      const e = im[i] ?? 0;
      const f = im[i + 1] ?? 0;
      const g = im[i + 2] ?? 0;
      const h = im[i + 3] ?? 0;
      re[i] = a + b + c + d;
      im[i] = e + f + g + h;
      re[i + 1] = a - b + g - h;
      im[i + 1] = e - f - c + d;
      re[i + 2] = a + b - c - d;
      im[i + 2] = e + f - g - h;
      re[i + 3] = a - b - g + h;
      im[i + 3] = e - f + c - d;
    }
  }

  #butterflies(re: Float64Array, im: Float64Array, width: number): void {
    const cosine = this.#cosine;
    const sine = this.#sine;
    const { length } = re;
    for (let from = 0; from < length; from += 2 * width) {
      for (let k = 0; k < width; k++) {
        const c = cosine[width + k] ?? 0;
        const s = sine[width + k] ?? 0;
        const a = from + k;
        const b = a + width;
        const x = re[b] ?? 0;
        const y = im[b] ?? 0;
        const tr = x * c - y * s;
        const ti = x * s + y * c;
        const u = re[a] ?? 0;
        const v = im[a] ?? 0;
        re[b] = u - tr;
        im[b] = v - ti;
        re[a] = u + tr;
        im[a] = v + ti;
      }
    }
  }
}
