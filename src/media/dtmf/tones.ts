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

interface Probe {
  readonly coefficient: number;
  before: number;
  last: number;
}

const probe = (hertz: number, rate: number): Probe => ({
  ...{ coefficient: 2 * Math.cos((2 * Math.PI * hertz) / rate), before: 0, last: 0 },
});

export interface Heard {
  /** The press that became certain within these samples. */
  readonly digit: string | null;
  /** Key tones are in these samples, or were just now: they are no speech. */
  readonly tone: boolean;
}

const nothing: Heard = { digit: null, tone: false };

export class ToneDetector {
  readonly #blockLength: number;
  readonly #probes: readonly Probe[];
  #energy = 0;
  #filled = 0;
  /** What the blocks before this one held. */
  #candidate: string | null = null;
  #run = 0;
  #pressed: string | null = null;
  #missed = 0;

  constructor(rate: PcmRate) {
    this.#blockLength = Math.round((blockMs * rate) / 1_000);
    const harmonics = columns.map((hertz) => 2 * hertz);
    this.#probes = [...rows, ...columns, ...harmonics].map((hertz) => probe(hertz, rate));
  }

  reset(): void {
    this.#candidate = null;
    this.#run = 0;
    this.#pressed = null;
    this.#clear();
  }

  push(pcm: Int16Array): Heard {
    let digit: string | null = null;
    let tone = false;
    for (let at = 0; at < pcm.length;) {
      const end = Math.min(pcm.length, at + this.#blockLength - this.#filled);
      this.#take(pcm, at, end);
      at = end;
      if (this.#filled < this.#blockLength) continue;
      const key = this.#key();
      digit ??= this.#step(key);
      tone ||= key !== null;
      this.#clear();
    }
    tone ||= this.#pressed !== null;
    return digit === null && !tone ? nothing : { digit, tone };
  }

  #take(pcm: Int16Array, from: number, to: number): void {
    for (const one of this.#probes) {
      let { before, last } = one;
      const { coefficient } = one;
      for (let i = from; i < to; i++) {
        const now = (pcm[i] ?? 0) + coefficient * last - before;
        before = last;
        last = now;
      }
      one.before = before;
      one.last = last;
    }
    for (let i = from; i < to; i++) this.#energy += (pcm[i] ?? 0) ** 2;
    this.#filled += to - from;
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

  /** The key whose tones the block holds. */
  #key(): string | null {
    if (this.#energy < softest ** 2 * this.#blockLength) return null;
    const power = this.#probes.map(
      ({ before, last, coefficient }) => last ** 2 + before ** 2 - coefficient * last * before,
    );
    const row = strongest(power, 0);
    const column = strongest(power, 4);
    if (row === null || column === null) return null;
    const low = power[row] ?? 0;
    const high = power[4 + column] ?? 0;
    if (high > low * mostTwist || low > high * mostReverseTwist) return null;
    // A pure tone of power P over N samples has Goertzel power P N / 2.
    if ((low + high) * 2 < share * this.#energy * this.#blockLength) return null;
    if ((power[8 + column] ?? 0) > harmonicShare * high) return null;
    return keys[row]?.[column] ?? null;
  }

  #clear(): void {
    this.#energy = 0;
    this.#filled = 0;
    for (const one of this.#probes) {
      one.before = 0;
      one.last = 0;
    }
  }
}

/** Which of the four from `from` on is above the others; null where none is. */
function strongest(power: readonly number[], from: number): number | null {
  let best = 0;
  for (let i = 1; i < 4; i++) if ((power[from + i] ?? 0) > (power[from + best] ?? 0)) best = i;
  const most = power[from + best] ?? 0;
  for (let i = 0; i < 4; i++) if (i !== best && (power[from + i] ?? 0) * aboveOthers > most) return null;
  return best;
}
