/**
 * The discrete Fourier transform of `size` complex values, a power of two: in place, radix 2. With the arguments exchanged it is
 * the inverse one, times `size`.
 */
export class Fourier {
  readonly size: number;
  readonly #cosine: Float64Array;
  readonly #sine: Float64Array;
  readonly #reversed: Uint16Array;

  constructor(size: number) {
    this.size = size;
    const bits = Math.log2(size);
    this.#cosine = Float64Array.from({ length: size / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / size));
    this.#sine = Float64Array.from({ length: size / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / size));
    this.#reversed = Uint16Array.from({ length: size }, (_, i) => {
      let out = 0;
      for (let bit = 0; bit < bits; bit++) out |= ((i >> bit) & 1) << (bits - 1 - bit);
      return out;
    });
  }

  transform(re: Float64Array, im: Float64Array): void {
    const { size } = this;
    for (let i = 0; i < size; i++) {
      const j = this.#reversed[i] ?? 0;
      if (j <= i) continue;
      const a = re[i] ?? 0;
      const b = im[i] ?? 0;
      re[i] = re[j] ?? 0;
      im[i] = im[j] ?? 0;
      re[j] = a;
      im[j] = b;
    }
    for (let width = 1; width < size; width *= 2) this.#butterflies(re, im, width);
  }

  #butterflies(re: Float64Array, im: Float64Array, width: number): void {
    const { size } = this;
    const stride = size / (2 * width);
    for (let k = 0; k < width; k++) {
      const c = this.#cosine[k * stride] ?? 0;
      const s = this.#sine[k * stride] ?? 0;
      for (let a = k; a < size; a += 2 * width) {
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
