import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { encodeMulaw } from './g711.ts';
import { readWav } from './wav.ts';

/**
 * What a caller who was not let in may hear: the recorded prompts, the lobby's loop and silence, sample for sample as
 * µ-law. Any other frame is strange, whatever it sounds like: voices, hums, or the noise of somebody's ciphertext.
 * Encoders may differ by one step of the quantiser where a sample lies on the border of two.
 */
export class SoundBook {
  /** Steps of all files, one after the other; each followed by silence, as a caller hears it. */
  readonly #steps: Int16Array;
  /** Where the frame that was found last ends: the next one most likely starts there. */
  #expected = 0;

  /** `folder`: the prompts of one language; the loop lies beside it. */
  constructor(folder: string) {
    const prompts = readdirSync(folder).filter((name) => name.endsWith('.wav'));
    const pause = new Int16Array(frameSamples);
    const loop = steps(join(folder, '../lobby-sound.wav'));
    // The loop goes on from its end at its beginning.
    const parts = [
      ...prompts.flatMap((name) => [steps(join(folder, name)), pause]),
      loop,
      loop.slice(0, frameSamples),
    ];
    this.#steps = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      this.#steps.set(part, at);
      at += part.length;
    }
  }

  /** `code`: 160 bytes of µ-law as received. */
  isKnown(code: Buffer): boolean {
    const frame = Int16Array.from(code, stepOf);
    if (frame.every((step) => Math.abs(step) <= 1)) return true;
    if (this.#matches(frame, this.#expected)) return this.#found(this.#expected);
    for (let at = 0; at <= this.#steps.length - frameSamples; at++) {
      if (this.#matches(frame, at)) return this.#found(at);
    }
    return false;
  }

  #found(at: number): true {
    this.#expected = at + frameSamples;
    return true;
  }

  #matches(frame: Int16Array, at: number): boolean {
    for (let i = 0; i < frameSamples; i++) {
      if (Math.abs((this.#steps[at + i] ?? 1000) - (frame[i] ?? 0)) > 1) return false;
    }
    return true;
  }
}

const frameSamples = 160;

function steps(path: string): Int16Array {
  return readWav(path).samples.map((sample) => stepOf(encodeMulaw(sample)));
}

/** The quantiser's steps counted from zero, with the sign of the sample. */
function stepOf(code: number): number {
  const bits = ~code & 0xff;
  return bits < 0x80 ? bits : 0x80 - bits;
}
