import { sampleRate } from './frame.ts';
import { peakOfDbm0 } from './level.ts';

/** A source of sines that goes on without a click from frame to frame. */
export interface ToneSpec {
  readonly hertz: readonly number[];
  /** Of each sine. */
  readonly dbm0: number;
}

export class ToneGenerator {
  readonly #steps: readonly number[];
  readonly #peak: number;
  #at = 0;

  constructor(spec: ToneSpec) {
    this.#steps = spec.hertz.map((hertz) => (2 * Math.PI * hertz) / sampleRate);
    this.#peak = peakOfDbm0(spec.dbm0);
  }

  fill(out: Int16Array): void {
    for (let i = 0; i < out.length; i++) {
      let sum = 0;
      for (const step of this.#steps) sum += Math.sin(step * this.#at);
      out[i] = Math.max(-32_768, Math.min(32_767, Math.round(sum * this.#peak)));
      this.#at += 1;
    }
  }
}
