import type { PcmRate } from '../audio/frame.ts';

/**
 * Key presses as they are heard: two tones at once, one of a row and one of a column of the keypad (ITU-T Q.23), found by
 * Goertzel's algorithm in blocks of 12.75 ms. A press is reported after two blocks in a row that hold nothing but the same
 * two tones, so one of 40 ms is found (ITU-T Q.24), and speech, which hardly ever holds two pure tones and nothing else, is
 * not taken for one (docs/media.md has the figures).
 */
const rows = [697, 770, 852, 941] as const;
const columns = [1_209, 1_336, 1_477, 1_633] as const;
const keys = ['123A', '456B', '789C', '*0#D'] as const;

/** In ms. */
const blockMs = 12.75;
const blocksOfPress = 2;
/** A press is over after so many blocks without its tones. */
const blocksOfPause = 2;
/** Q.24 annex A: the column's tone may be up to 4 dB louder than the row's (twist), the row's up to 8 dB. A little more is let in. */
const mostTwist = 10 ** (6 / 10);
const mostReverseTwist = 10 ** (10.5 / 10);
/** Of the two tones, each against the others of its group: 8 dB. */
const aboveOthers = 5;
/** Of all that is in the block, so much must be the two tones. */
const share = 0.7;
/** The second harmonic of the column's tone: speech has it, a key does not. (The row's lies among the columns.) */
const harmonicShare = 0.1;
/** RMS of the softest tone looked at, on the 16-bit scale: about -42 dBov. */
const softest = 260;

export interface Heard {
  /** The press that became certain within these samples. */
  readonly digit: string | null;
  /** Key tones are in these samples, or were just now: they are no speech. */
  readonly tone: boolean;
}

const nothing: Heard = { digit: null, tone: false };

export class ToneDetector {
  /** As the samples came: eight bytes each would be twelve cache lines a leg and tick instead of three. */
  readonly #block: Int16Array;
  /** Of Goertzel's recursion, for the rows, the columns, and the columns' second harmonics. */
  readonly #coefficients: Float64Array;
  readonly #power = new Float64Array(rows.length + columns.length);
  #filled = 0;
  /** Of what fills the block. */
  #energy = 0;
  /** What the blocks before this one held. */
  #candidate: string | null = null;
  #run = 0;
  #pressed: string | null = null;
  #missed = 0;

  constructor(rate: PcmRate) {
    this.#block = new Int16Array(Math.round((blockMs * rate) / 1_000));
    const harmonics = columns.map((hertz) => 2 * hertz);
    this.#coefficients = Float64Array.from(
      [...rows, ...columns, ...harmonics],
      (hertz) => 2 * Math.cos((2 * Math.PI * hertz) / rate),
    );
  }

  reset(): void {
    this.#candidate = null;
    this.#run = 0;
    this.#pressed = null;
    this.#filled = 0;
    this.#energy = 0;
  }

  push(pcm: Int16Array): Heard {
    const block = this.#block;
    let digit: string | null = null;
    let tone = this.#pressed !== null;
    for (let from = 0; from < pcm.length;) {
      const count = Math.min(pcm.length - from, block.length - this.#filled);
      // By hand: `set` between arrays of two types takes longer, and `subarray` makes an object.
      let energy = 0;
      for (let i = 0; i < count; i++) {
        const sample = pcm[from + i] ?? 0;
        block[this.#filled + i] = sample;
        energy += Math.imul(sample, sample);
      }
      this.#energy += energy;
      from += count;
      this.#filled += count;
      if (this.#filled < block.length) break;
      this.#filled = 0;
      const key = this.#key(this.#energy);
      this.#energy = 0;
      digit ??= this.#step(key);
      tone ||= key !== null;
    }
    tone ||= this.#pressed !== null;
    return digit === null && !tone ? nothing : { digit, tone };
  }

  #step(key: string | null): string | null {
    if (this.#pressed !== null) {
      this.#missed = key === this.#pressed ? 0 : this.#missed + 1;
      if (this.#missed < blocksOfPause) return null;
      this.#pressed = null;
    }
    this.#run = key !== null && key === this.#candidate ? this.#run + 1 : 1;
    this.#candidate = key;
    if (key === null || this.#run < blocksOfPress) return null;
    this.#pressed = key;
    this.#missed = 0;
    return key;
  }

  /** The key whose tones the block holds. What is soft is not looked at any further. */
  #key(energy: number): string | null {
    const block = this.#block;
    if (energy < softest ** 2 * block.length) return null;
    const power = this.#power;
    // Most speech has no such row: then its columns need not be looked at.
    this.#powersFrom(0);
    const row = strongest(power, 0);
    if (row === null) return null;
    this.#powersFrom(rows.length);
    const column = strongest(power, rows.length);
    if (column === null) return null;
    const low = power[row] ?? 0;
    const high = power[rows.length + column] ?? 0;
    if (high > low * mostTwist || low > high * mostReverseTwist) return null;
    // A pure tone of power P over N samples has Goertzel power P N / 2.
    if ((low + high) * 2 < share * energy * block.length) return null;
    if (this.#powerAt(power.length + column) > harmonicShare * high) return null;
    return keys[row]?.[column] ?? null;
  }

  /** As `#powerAt` for four frequencies at once: each step of one of them waits for its last, which leaves time for three others. */
  #powersFrom(first: number): void {
    const [block, power] = [this.#block, this.#power];
    const coefficients = this.#coefficients;
    const c0 = coefficients[first] ?? 0;
    const c1 = coefficients[first + 1] ?? 0;
    const c2 = coefficients[first + 2] ?? 0;
    const c3 = coefficients[first + 3] ?? 0;
    let a0 = 0;
    let a1 = 0;
    let a2 = 0;
    let a3 = 0;
    let b0 = 0;
    let b1 = 0;
    let b2 = 0;
    let b3 = 0;
    for (let i = 0; i < block.length; i++) {
      const sample = block[i] ?? 0;
      const n0 = sample + c0 * a0 - b0;
      const n1 = sample + c1 * a1 - b1;
      const n2 = sample + c2 * a2 - b2;
      const n3 = sample + c3 * a3 - b3;
      b0 = a0;
      b1 = a1;
      b2 = a2;
      b3 = a3;
      a0 = n0;
      a1 = n1;
      a2 = n2;
      a3 = n3;
    }
    power[first] = a0 * a0 + b0 * b0 - c0 * a0 * b0;
    power[first + 1] = a1 * a1 + b1 * b1 - c1 * a1 * b1;
    power[first + 2] = a2 * a2 + b2 * b2 - c2 * a2 * b2;
    power[first + 3] = a3 * a3 + b3 * b3 - c3 * a3 * b3;
  }

  /** Goertzel's algorithm over the block, for the frequency in place `index`. */
  #powerAt(index: number): number {
    const block = this.#block;
    const coefficient = this.#coefficients[index] ?? 0;
    let before = 0;
    let last = 0;
    for (let i = 0; i < block.length; i++) {
      const now = (block[i] ?? 0) + coefficient * last - before;
      before = last;
      last = now;
    }
    return last * last + before * before - coefficient * last * before;
  }
}

/** Which of the four from `from` on is above the others; null where none is. */
function strongest(power: Float64Array, from: number): number | null {
  let best = 0;
  for (let i = 1; i < 4; i++) if ((power[from + i] ?? 0) > (power[from + best] ?? 0)) best = i;
  const most = power[from + best] ?? 0;
  for (let i = 0; i < 4; i++) if (i !== best && (power[from + i] ?? 0) * aboveOthers > most) return null;
  return best;
}
