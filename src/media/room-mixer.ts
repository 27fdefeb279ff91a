import { frameLength, isWide, samplesPerFrame, wideFrame, type Frame, type PcmRate } from './audio/frame.ts';
import { limited } from './audio/limiter.ts';
import { Doubler, Halver } from './audio/resample.ts';

/** What one rate's listeners hear: the sum of all, and the frames that are given out. */
class Plane {
  readonly sum: Float64Array;
  readonly #own: Frame;
  #everybody: Frame | null = null;

  constructor(length: number) {
    this.sum = new Float64Array(length);
    this.#own = new Int16Array(length);
  }

  begin(): void {
    this.sum.fill(0);
    this.#everybody = null;
  }

  add(frame: Frame): void {
    for (let i = 0; i < frame.length; i++) this.sum[i] = (this.sum[i] ?? 0) + (frame[i] ?? 0);
    this.#everybody = null;
  }

  without(own: Frame): Frame {
    for (let i = 0; i < own.length; i++) this.#own[i] = limited((this.sum[i] ?? 0) - (own[i] ?? 0));
    return this.#own;
  }

  /** Listeners who say nothing all hear the same: it is limited once. Another object in each tick, so that it can be known again. */
  everybody(): Frame {
    this.#everybody ??= Int16Array.from(this.sum, limited);
    return this.#everybody;
  }

  isEverybody(frame: Frame): boolean {
    return frame === this.#everybody;
  }
}

/**
 * One room, one tick at a time: every source is added once, then each listener gets the sum without himself
 * (mix-minus, N-1), so that nobody hears his own voice back.
 *
 * Sources and listeners are narrowband or wideband. Each rate has a sum of its own, and only the sums are resampled, once
 * a tick each way, however many speak and listen:
 *
 *   narrow sources -> sum, 8 kHz  --doubled--> + wide sum   -> wide listeners
 *   wide sources   -> sum, 16 kHz --halved---> + narrow sum -> narrow listeners
 */
export class RoomMixer {
  readonly #narrow = new Plane(samplesPerFrame);
  readonly #wide = new Plane(wideFrame);
  readonly #sources = new Map<string, Frame>();
  readonly #halver = new Halver(wideFrame);
  readonly #doubler = new Doubler(samplesPerFrame);
  readonly #halved = new Float64Array(samplesPerFrame);
  readonly #doubled = new Float64Array(wideFrame);
  /** Ticks for which the wide plane is kept going after its last source or listener: what the filters hold rings out. */
  #wideTicks = 0;
  #joined = false;

  /** Starts a tick. `wide`: whether anybody hears at 16 kHz. */
  begin(wide = false): void {
    this.#narrow.begin();
    this.#wide.begin();
    this.#sources.clear();
    this.#wideTicks = wide ? 2 : Math.max(0, this.#wideTicks - 1);
    this.#joined = false;
  }

  /** `frame` must stay unchanged until the tick is over. A source adds at most once a tick. */
  add(source: string, frame: Frame): void {
    if (this.#sources.has(source)) return;
    this.#sources.set(source, frame);
    if (!isWide(frame)) {
      this.#narrow.add(frame);
      return;
    }
    this.#wide.add(frame);
    this.#wideTicks = 2;
  }

  /** Everybody but `listener`, valid until the next call; null where nobody else is heard. After all have been added. */
  mixFor(listener: string, rate: PcmRate = 8_000): Frame | null {
    this.#join();
    const own = this.#sources.get(listener);
    const plane = rate === 8_000 ? this.#narrow : this.#wide;
    if (own === undefined) return this.#sources.size === 0 ? null : plane.everybody();
    if (this.#sources.size === 1) return null;
    // A leg that changed its codec within this tick hears itself for 20 ms rather than a sum that was not made.
    return own.length === frameLength(rate) ? plane.without(own) : plane.everybody();
  }

  /** Whether it is what all hear who say nothing: one object, which is not changed any more. */
  isCommon(frame: Frame): boolean {
    return this.#narrow.isEverybody(frame) || this.#wide.isEverybody(frame);
  }

  /** Carries each sum over to the other rate. */
  #join(): void {
    if (this.#joined) return;
    this.#joined = true;
    if (this.#wideTicks === 0) return;
    this.#halver.push(this.#wide.sum, this.#halved);
    this.#doubler.push(this.#narrow.sum, this.#doubled);
    for (let i = 0; i < samplesPerFrame; i++) {
      this.#narrow.sum[i] = (this.#narrow.sum[i] ?? 0) + (this.#halved[i] ?? 0);
    }
    for (let i = 0; i < wideFrame; i++)
      this.#wide.sum[i] = (this.#wide.sum[i] ?? 0) + (this.#doubled[i] ?? 0);
  }
}
