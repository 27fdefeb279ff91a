/**
 * How loud somebody speaks, pauses left out: the active speech level, in the manner of ITU-T P.56 but frame by frame. A
 * frame is speech where it stands out of the noise floor that it follows; after speech, short pauses still count as talk.
 */
const frameMsPerSecond = 50;
/** Mean square below which nothing is speech: -50 dBov. */
const softest = 32_768 ** 2 * 10 ** -5;
/** Speech stands out of the noise by 9 dB. */
const aboveNoise = 8;
/** The floor rises by 0.1 dB a frame, so a fan that starts is no talker for long; it falls at once. */
const floorRise = 1.023;
/** No floor is higher: what is louder than -35 dBov is meant to be heard, be it a hum. */
const highestFloor = 32_768 ** 2 * 10 ** -4.4;
/** Between words, and at their soft ends. */
const hangoverFrames = 15;
/** The level is that of the last three seconds of speech. */
const memoryFrames = 3 * frameMsPerSecond;
/** Half a second of speech before a level is worth something. */
const enoughFrames = frameMsPerSecond / 2;

export class SpeechLevel {
  #floor = softest;
  #power = 0;
  #level = 0;
  #frames = 0;
  #hangover = 0;

  /** Whether somebody talks: speech, or a pause within it. */
  get talking(): boolean {
    return this.#hangover > 0;
  }

  /** Mean square of the speech; null before there was enough of it. */
  get level(): number | null {
    return this.#frames < enoughFrames ? null : this.#level;
  }

  /** Mean square of the frame before, speech or not. */
  get power(): number {
    return this.#power;
  }

  /** True where the frame itself is speech. */
  push(pcm: Int16Array): boolean {
    const power = meanSquare(pcm);
    this.#power = power;
    this.#floor = Math.min(Math.max(power, 1), this.#floor * floorRise, highestFloor);
    const speech = power > softest && power > aboveNoise * this.#floor;
    if (!speech) {
      this.#hangover = Math.max(0, this.#hangover - 1);
      return false;
    }
    this.#hangover = hangoverFrames;
    this.#frames = Math.min(memoryFrames, this.#frames + 1);
    this.#level += (power - this.#level) / this.#frames;
    return true;
  }

  reset(): void {
    this.#hangover = 0;
  }
}

/** The power of a frame, on the square of the 16-bit scale. */
export function meanSquare(pcm: Int16Array): number {
  const { length } = pcm;
  // Two sums, so that no addition waits for the one before; no square of 16 bits is beyond what `imul` holds.
  let even = 0;
  let odd = 0;
  for (let i = 0; i < length; i += 2) {
    const a = pcm[i] ?? 0;
    const b = i + 1 < length ? (pcm[i + 1] ?? 0) : 0;
    even += Math.imul(a, a);
    odd += Math.imul(b, b);
  }
  return (even + odd) / Math.max(1, length);
}
