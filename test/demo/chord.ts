/**
 * Who hears whom is measured in audio. Each party hums a chord of its own, two sines that nobody else uses and that lie
 * off the DTMF grid; whoever hears both of them at once, and well above what lies beside them, for long enough, hears
 * that party. Two sines, so that a harmonic of somebody's speech is not taken for a party.
 */
export type Party = 'host' | 'member' | 'caller';

export const chords: Readonly<Record<Party, readonly [number, number]>> = {
  host: [1130, 2470],
  member: [1390, 2710],
  caller: [2050, 2290],
};

export const frameMs = 20;

/** Adds the party's chord to `frame`, which starts at sample `at` of its stream. `level`: peak of each sine, 0..1. */
export function addChord(frame: Int16Array, party: Party, rate: number, at: number, level: number): void {
  for (let i = 0; i < frame.length; i++) {
    let value = frame[i] ?? 0;
    for (const hz of chords[party]) value += level * 32767 * Math.sin((2 * Math.PI * hz * (at + i)) / rate);
    frame[i] = Math.max(-32768, Math.min(32767, Math.round(value)));
  }
}

/** Three frames: long enough to tell sines 100 Hz apart, short enough to say when they start and stop. */
const windowFrames = 3;
/** Above this many windows in a row it is a chord: speech does not hold two given sines that long. */
const windowsInARow = 4;
/** Amplitude of each sine, of full scale: -54 dB. Parties send theirs near -20 dB. */
const quietest = 0.002;
/** How far the sine's power must stand above the mean of what lies beside it. */
const clarity = 8;
/** How far apart the powers of the two may be: they are sent alike. */
const balance = 10;
const beside = [-105, -75, 75, 105] as const;

export interface Heard {
  readonly party: Party;
  /** Frames in which it was heard, counted back to the first window once it was sure. */
  readonly frames: number;
}

/** Listens to one stream of 20 ms frames. A frame counts where the window that ends with it holds the chord. */
export class ChordDetector {
  readonly #rate: number;
  readonly #parties: readonly Party[];
  readonly #window: Float64Array;
  readonly #hann: Float64Array;
  readonly #run = new Map<Party, number>();

  constructor(rate: number, parties: readonly Party[]) {
    this.#rate = rate;
    this.#parties = parties;
    const length = (rate * frameMs * windowFrames) / 1000;
    this.#window = new Float64Array(length);
    this.#hann = Float64Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length));
  }

  /** Who is newly or still heard with this frame, and how many frames that adds to their count. */
  push(frame: Int16Array): readonly Heard[] {
    this.#window.copyWithin(0, frame.length);
    for (let i = 0; i < frame.length; i++) {
      this.#window[this.#window.length - frame.length + i] = (frame[i] ?? 0) / 32768;
    }
    const heard: Heard[] = [];
    for (const party of this.#parties) {
      const run = this.#holds(chords[party]) ? (this.#run.get(party) ?? 0) + 1 : 0;
      this.#run.set(party, run);
      if (run >= windowsInARow) heard.push({ party, frames: run === windowsInARow ? windowsInARow : 1 });
    }
    return heard;
  }

  #holds([low, high]: readonly [number, number]): boolean {
    const lower = this.#power(low);
    const upper = this.#power(high);
    if (Math.min(lower, upper) < quietest ** 2) return false;
    if (Math.max(lower, upper) > balance * Math.min(lower, upper)) return false;
    return lower > clarity * this.#around(low) && upper > clarity * this.#around(high);
  }

  #around(hz: number): number {
    return beside.reduce((sum, offset) => sum + this.#power(hz + offset), 0) / beside.length;
  }

  /** Squared amplitude of a sine of `hz` in the window (Goertzel, Hann). */
  #power(hz: number): number {
    const step = (2 * Math.PI * hz) / this.#rate;
    const c = 2 * Math.cos(step);
    let a = 0;
    let b = 0;
    for (let i = 0; i < this.#window.length; i++) {
      const next = (this.#window[i] ?? 0) * (this.#hann[i] ?? 0) + c * a - b;
      b = a;
      a = next;
    }
    // Hann's mean is one half, so a sine of amplitude A gives (A * length / 4)^2.
    return (a * a + b * b - c * a * b) / (this.#window.length / 4) ** 2;
  }
}
