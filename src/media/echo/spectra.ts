import { frameLength, isWide, sampleRate, wideRate, type Frame, type PcmRate } from '../audio/frame.ts';
import { meanSquare } from '../audio/speech-level.ts';
import { bandCount, overlapOf, Spectrum } from './spectrum.ts';

/** What is sent below that comes back unheard: -55 dBov. */
const loudEnough = 32_768 ** 2 * 10 ** -5.5;

/** 20 ms that are sent to a phone, or to many at once: looked at when somebody asks, and once. */
export class SentFrame {
  readonly frame: Frame;
  readonly #spectrum: Spectrum;
  readonly #powers = new Float64Array(bandCount);
  #before: Frame | null = null;
  #known = false;
  #loud = false;

  /** Of samples that `take` tells. Neither they nor those before change until then, or until `powers` has been asked for. */
  constructor(frame: Frame, spectrum: Spectrum) {
    this.frame = frame;
    this.#spectrum = spectrum;
  }

  /** The frame has its samples. `before`: what was sent in the tick before; null, and where its rate is another one: silence. */
  take(before: Frame | null): this {
    this.#loud = meanSquare(this.frame) > loudEnough;
    this.#before = before?.length === this.frame.length ? before : null;
    this.#known = false;
    return this;
  }

  get loud(): boolean {
    return this.#loud;
  }

  /** By band, on the square of the 16-bit scale. */
  get powers(): Float64Array {
    if (this.#known) return this.#powers;
    const overlap = overlapOf(rateOf(this.frame));
    const before = this.#before?.subarray(-overlap) ?? new Int16Array(overlap);
    this.#spectrum.powers(before, this.frame, this.#powers);
    this.#known = true;
    this.#before = null;
    return this.#powers;
  }
}

/** What the echo suppressors of a process have in common: the means to look at sound, and what many of their phones hear. */
export class Spectra {
  readonly #narrow = new Spectrum(sampleRate);
  readonly #wide = new Spectrum(wideRate);
  readonly #common = new WeakMap<Frame, SentFrame>();
  /** What was asked for last: mostly it is asked for again, once for each leg. */
  #asked: SentFrame | null = null;

  at(rate: PcmRate): Spectrum {
    return rate === wideRate ? this.#wide : this.#narrow;
  }

  /** Of a frame that this phone alone is sent, and that may change when the tick is over: a copy, in `used` where that is not needed any more. */
  own(frame: Frame, before: SentFrame | null, used: SentFrame | null): SentFrame {
    if (used?.frame.length !== frame.length) return this.#made(frame.slice()).take(before?.frame ?? null);
    used.frame.set(frame);
    return used.take(before?.frame ?? null);
  }

  /**
   * Of a frame that others are sent too, and that is not changed any more. Whoever asks first says what was sent before: it is the same
   * for all but those who spoke then.
   */
  common(frame: Frame, before: SentFrame | null): SentFrame {
    if (this.#asked?.frame === frame) return this.#asked;
    const known = this.#common.get(frame);
    if (known !== undefined) return (this.#asked = known);
    const made = this.#made(frame).take(before?.frame ?? null);
    this.#common.set(frame, made);
    return (this.#asked = made);
  }

  #made(frame: Frame): SentFrame {
    return new SentFrame(frame, this.at(rateOf(frame)));
  }
}

/** One phone's samples: what of them the next window begins with, before and after bands were changed. */
export class Line {
  readonly rate: PcmRate;
  /** Power by band of the frame that was looked at last. */
  readonly powers = new Float64Array(bandCount);
  readonly #spectrum: Spectrum;
  readonly #before: Int16Array;
  readonly #tail: Float64Array;
  readonly #windowed: Float64Array;
  readonly #out: Frame;
  #silent = true;

  constructor(rate: PcmRate, spectra: Spectra) {
    const overlap = overlapOf(rate);
    this.rate = rate;
    this.#spectrum = spectra.at(rate);
    this.#before = new Int16Array(overlap);
    this.#tail = new Float64Array(overlap);
    this.#windowed = new Float64Array(overlap + frameLength(rate));
    this.#out = new Int16Array(frameLength(rate));
  }

  look(frame: Frame): void {
    this.#spectrum.powers(this.#before, frame, this.powers);
  }

  /** The tick's frame, looked at or not; null is silence. After everything else that is asked of it. */
  keep(frame: Frame | null): void {
    if (frame === null && this.#silent) return;
    this.#silent = frame === null;
    if (frame === null) this.#before.fill(0);
    else {
      const from = frame.length - this.#before.length;
      for (let i = 0; i < this.#before.length; i++) this.#before[i] = frame[from + i] ?? 0;
    }
  }

  /** 20 ms up to 12 ms before the frame's end, as they came. Valid until the next call. */
  unchanged(frame: Frame | null): Frame {
    this.#spectrum.windowed(this.#before, frame, this.#windowed);
    return this.#overlapped();
  }

  /** The same, each band by its gain and with so much noise in it. The frame must have been looked at just now, and no other since. */
  shaped(gains: Float64Array, noise: Float64Array): Frame {
    this.#spectrum.shaped(gains, noise, this.#windowed);
    return this.#overlapped();
  }

  #overlapped(): Frame {
    const [out, tail, windowed] = [this.#out, this.#tail, this.#windowed];
    for (let i = 0; i < out.length; i++) {
      const sample = Math.round((windowed[i] ?? 0) + (i < tail.length ? (tail[i] ?? 0) : 0));
      out[i] = sample > 32_767 ? 32_767 : sample < -32_768 ? -32_768 : sample;
    }
    tail.set(windowed.subarray(out.length));
    return out;
  }
}

const rateOf = (frame: Frame): PcmRate => (isWide(frame) ? wideRate : sampleRate);
