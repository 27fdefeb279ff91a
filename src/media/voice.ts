import { frameLength, isWide, wideFrame, type Frame } from './audio/frame.ts';
import { knee, limited } from './audio/limiter.ts';
import { SpeechLevel } from './audio/speech-level.ts';

/**
 * One voice on its way into the room: brought to a common loudness, without a click where it begins, ends or is muted.
 *
 *   frame -> level -> gain, slowly towards the common level -> soft limiter -> frame
 */

/** Mean square of the common level: -26 dBov, as networks are planned for (ITU-T G.101). */
const target = 32_768 ** 2 * 10 ** -2.6;
/** In amplitude: 12 dB either way. More would raise the noise of a bad line, or trust a meter too far. */
const mostGain = 10 ** (12 / 20);
const leastGain = 1 / mostGain;
/** 0.12 dB a frame, 6 dB a second: slower than syllables. */
const gainStep = 10 ** (0.12 / 20);
const rampMs = 5;
/** Rounds to the nearest, halves up, where what is cut off is never negative. */
const offset = 32_768.5;
const frameMs = 20;

export class Voice {
  readonly #meter = new SpeechLevel();
  readonly #frames = [new Int16Array(frameLength(8_000)), new Int16Array(wideFrame)] as const;
  #gain = 1;
  #running = false;
  #last: Frame | null = null;

  /** Whether somebody talks, or paused a moment ago. */
  get talking(): boolean {
    return this.#meter.talking;
  }

  /** Valid until the next call. Null: nothing is heard; after something was, one more frame lets it end softly. */
  push(pcm: Frame | null): Frame | null {
    if (pcm === null) return this.#ending();
    const speech = this.#meter.push(pcm);
    const from = this.#gain;
    if (speech) this.#gain = this.#nextGain();
    const out = this.#frames[isWide(pcm) ? 1 : 0];
    // No sample is larger than the root of the sum of all squares: what is soft needs no limiter.
    const most = Math.max(from, this.#gain);
    const soft = this.#meter.power * pcm.length * most * most < knee * knee;
    if (soft && from === 1 && this.#gain === 1) out.set(pcm);
    else if (soft) amplifiedSoft(pcm, from, this.#gain, out);
    else amplified(pcm, from, this.#gain, out);
    if (!this.#running) fadeIn(out);
    this.#running = true;
    this.#last = out;
    return out;
  }

  /** At once and without an echo of what was: this voice may not be heard any more. */
  cut(): void {
    this.#running = false;
    this.#last = null;
    this.#meter.reset();
  }

  #nextGain(): number {
    const { level } = this.#meter;
    if (level === null) return this.#gain;
    const wanted = Math.max(leastGain, Math.min(mostGain, Math.sqrt(target / level)));
    return Math.max(this.#gain / gainStep, Math.min(this.#gain * gainStep, wanted));
  }

  /** The last 5 ms backwards, fading: it goes on where the voice broke off. */
  #ending(): Frame | null {
    const last = this.#last;
    this.#running = false;
    this.#last = null;
    this.#meter.reset();
    if (last === null) return null;
    const ramp = (last.length * rampMs) / frameMs;
    const tail = Array.from(
      { length: ramp },
      (_, i) => (last[last.length - 1 - i] ?? 0) * (1 - (i + 1) / ramp),
    );
    last.fill(0);
    last.set(tail.map(Math.round));
    return last;
  }
}

/** Each sample by a gain that goes from the one to the other. */
function amplified(pcm: Frame, from: number, to: number, out: Frame): void {
  const { length } = pcm;
  const step = (to - from) / length;
  for (let i = 0; i < length; i++) {
    const sample = (pcm[i] ?? 0) * (from + step * i);
    // Most samples need no limiter: what is below is what `limited` gives for them, without a call.
    out[i] = sample < knee && sample > -knee ? ((sample + offset) | 0) - 32_768 : limited(sample);
  }
}

/** The same where no sample can need the limiter. */
function amplifiedSoft(pcm: Frame, from: number, to: number, out: Frame): void {
  const { length } = pcm;
  const step = (to - from) / length;
  for (let i = 0; i < length; i++) out[i] = (((pcm[i] ?? 0) * (from + step * i) + offset) | 0) - 32_768;
}

function fadeIn(frame: Frame): void {
  const ramp = (frame.length * rampMs) / frameMs;
  for (let i = 0; i < ramp; i++) frame[i] = Math.round(((frame[i] ?? 0) * i) / ramp);
}

/** In or out within the frame, in place. */
export function fade(frame: Frame, rising: boolean): void {
  const { length } = frame;
  for (let i = 0; i < length; i++) {
    frame[i] = Math.round(((frame[i] ?? 0) * (rising ? i : length - i)) / length);
  }
}
