import { delayCount } from './echo-delay.ts';
import { bandCount } from './spectrum.ts';

/**
 * How loud what was sent comes back, by band: learned from frames in which nothing else is heard, and used to say how much of
 * the next frame is echo. Powers are on the square of the 16-bit scale.
 */
const bandsPerGroup = 4;
const groupCount = bandCount / bandsPerGroup;
/** Frames that are remembered: the longest delay, and before it what a first estimate is made of. */
const memoryFrames = 128;
const firstFrames = memoryFrames - delayCount - 8;
/** What was sent stands out enough to say how loud it comes back: -58 dBov in a group. */
const worthLearning = 32_768 ** 2 * 10 ** -5.8;
/** The sound of a room dies away by 2.5 dB a frame (reverberation time 0.48 s). */
const reverberation = 10 ** -0.25;
/** A gain is followed so that one ratio in five is above it. */
const upStepDb = 0.5;
const downStepDb = 0.12;
/** So far below it the way of the echo has changed: somebody has picked up the receiver. */
const farBelowDb = 14;
const farBelowStepDb = 0.5;
const lowestDb = -60;
/** Of the powers that `returnDb` compares: four seconds. */
const measuring = 1 / 200;
/** Noise rises by 0.1 dB a frame at most, and falls at once. */
const noiseRise = 1.023;
const firstNoise = (32_768 ** 2 * 10 ** -5) / bandCount;

export class EchoPath {
  /** Power in each band of the latest frame: of the echo that is expected there, and of the line's noise. */
  readonly echo = new Float64Array(bandCount);
  readonly noise = new Float64Array(bandCount).fill(firstNoise);
  readonly #sent = new Float32Array(memoryFrames * bandCount);
  readonly #heard = new Float32Array(memoryFrames * bandCount);
  readonly #loudest = new Float64Array(bandCount);
  readonly #gainDb = new Float64Array(groupCount);
  #sentPower = 0;
  #heardPower = 0;
  #at = 0;
  #delay: number | null = null;

  /** In frames; null: no echo. */
  get delay(): number | null {
    return this.#delay;
  }

  /** How loud the echo is against what was sent, in dB, over the last seconds in which nothing else was heard. */
  get returnDb(): number {
    return 10 * Math.log10(Math.max(1, this.#heardPower) / Math.max(1, this.#sentPower));
  }

  /** One frame of each, as powers by band. `heard` null: it was too soft to be looked at. */
  push(sent: Float64Array, heard: Float64Array | null): void {
    this.#at = (this.#at + 1) % memoryFrames;
    const from = this.#at * bandCount;
    for (let band = 0; band < bandCount; band++) {
      const power = heard?.[band] ?? 0;
      this.#sent[from + band] = sent[band] ?? 0;
      this.#heard[from + band] = power;
      this.noise[band] = Math.max(0.1, Math.min(power, (this.noise[band] ?? 0) * noiseRise));
    }
    if (this.#delay !== null) this.#expect(this.#delay);
  }

  /** The delay is known, or is another one: the gain is taken from what was heard in the last 1.6 s. */
  begin(delay: number): void {
    this.#delay = delay;
    this.#loudest.fill(0);
    [this.#sentPower, this.#heardPower] = [0, 0];
    const ratios: number[][] = Array.from({ length: groupCount }, () => []);
    for (let ago = firstFrames - 1; ago >= 0; ago--) {
      const at = (this.#at - ago + memoryFrames) % memoryFrames;
      this.#follow(delay, at);
      this.#measure(delay, at);
      for (const [group, all] of ratios.entries()) {
        const ratio = this.#ratioDb(group, at);
        if (ratio !== null && ratio > lowestDb) all.push(ratio);
      }
    }
    for (const [group, all] of ratios.entries()) {
      all.sort((a, b) => a - b);
      this.#gainDb[group] = all[Math.floor(all.length * 0.7)] ?? lowestDb;
    }
    this.#expect(delay);
  }

  end(): void {
    this.#delay = null;
  }

  /** After silence so long that nothing of what was sent can come back. */
  forgetSounds(): void {
    this.#sent.fill(0);
    this.#heard.fill(0);
    this.#loudest.fill(0);
    this.echo.fill(0);
  }

  /** By how many dB, on the average of the bands, the latest frame is louder than echo and noise can be. */
  get unexplainedDb(): number {
    const from = this.#at * bandCount;
    let sum = 0;
    for (let band = 0; band < bandCount; band++) {
      const heard = this.#heard[from + band] ?? 0;
      const explained = 2 * ((this.echo[band] ?? 0) + 2 * (this.noise[band] ?? 0));
      if (heard > explained) sum += Math.min(15, 10 * Math.log10(heard / explained));
    }
    return sum / bandCount;
  }

  /** From a frame in which nothing but the echo is heard, as far as is known. */
  learn(): void {
    if (this.#delay !== null) this.#measure(this.#delay, this.#at);
    for (let group = 0; group < groupCount; group++) {
      const ratio = this.#ratioDb(group, this.#at);
      if (ratio === null) continue;
      const gain = this.#gainDb[group] ?? 0;
      const step = ratio > gain ? upStepDb : ratio < gain - farBelowDb ? -farBelowStepDb : -downStepDb;
      this.#gainDb[group] = Math.max(lowestDb, gain + step);
    }
  }

  #ratioDb(group: number, at: number): number | null {
    let sent = 0;
    let heard = 0;
    for (let band = group * bandsPerGroup; band < (group + 1) * bandsPerGroup; band++) {
      sent += this.#loudest[band] ?? 0;
      heard += this.#heard[at * bandCount + band] ?? 0;
    }
    return sent < worthLearning ? null : 10 * Math.log10(Math.max(1, heard) / sent);
  }

  #measure(delay: number, at: number): void {
    const then = ((at - delay + memoryFrames) % memoryFrames) * bandCount;
    let sent = 0;
    let heard = 0;
    for (let band = 0; band < bandCount; band++) {
      sent += this.#sent[then + band] ?? 0;
      heard += this.#heard[at * bandCount + band] ?? 0;
    }
    if (sent < worthLearning) return;
    this.#sentPower += sent - this.#sentPower * measuring;
    this.#heardPower += heard - this.#heardPower * measuring;
  }

  #expect(delay: number): void {
    this.#follow(delay, this.#at);
    for (let group = 0, band = 0; group < groupCount; group++) {
      const gain = 10 ** ((this.#gainDb[group] ?? 0) / 10);
      for (const end = band + bandsPerGroup; band < end; band++)
        this.echo[band] = (this.#loudest[band] ?? 0) * gain;
    }
  }

  /** What the echo in the frame `at` may come from: the loudest of three frames, for no delay is a whole number of them. */
  #follow(delay: number, at: number): void {
    const earliest = Math.max(0, delay - 1);
    for (let band = 0; band < bandCount; band++) {
      let loudest = (this.#loudest[band] ?? 0) * reverberation;
      for (let d = earliest; d <= delay + 1; d++) {
        const then = this.#sent[((at - d + memoryFrames) % memoryFrames) * bandCount + band] ?? 0;
        if (then > loudest) loudest = then;
      }
      this.#loudest[band] = loudest;
    }
  }
}
