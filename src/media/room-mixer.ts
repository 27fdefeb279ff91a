import { samplesPerFrame, type Frame } from './audio/frame.ts';

/** Above this, peaks are bent instead of cut: up to here the mix is exact. */
const knee = 24_000;
const ceiling = 32_767;

/** A soft limiter without memory: continuous, monotonic, never above full scale. */
function limited(sum: number): number {
  const magnitude = Math.abs(sum);
  if (magnitude <= knee) return sum;
  const over = magnitude - knee;
  const room = ceiling - knee;
  const bent = knee + (room * over) / (over + room);
  return Math.round(sum < 0 ? -bent : bent);
}

/**
 * One room, one tick at a time: every source is added once, then each listener gets the sum without himself
 * (mix-minus, N-1), so that nobody hears his own voice back.
 */
export class RoomMixer {
  readonly #sum = new Int32Array(samplesPerFrame);
  readonly #sources = new Map<string, Int16Array>();
  readonly #all: Frame = new Int16Array(samplesPerFrame);
  readonly #own: Frame = new Int16Array(samplesPerFrame);
  #allIsReady = false;

  /** Starts a tick. */
  begin(): void {
    this.#sum.fill(0);
    this.#sources.clear();
    this.#allIsReady = false;
  }

  /** `frame` must stay unchanged until the tick is over. A source adds at most once a tick. */
  add(source: string, frame: Frame): void {
    if (this.#sources.has(source)) return;
    this.#sources.set(source, frame);
    for (let i = 0; i < samplesPerFrame; i++) this.#sum[i] = (this.#sum[i] ?? 0) + (frame[i] ?? 0);
    this.#allIsReady = false;
  }

  /** Everybody but `listener`, valid until the next call; null where nobody else is heard. */
  mixFor(listener: string): Frame | null {
    const own = this.#sources.get(listener);
    if (own === undefined) return this.#sources.size === 0 ? null : this.#everybody();
    if (this.#sources.size === 1) return null;
    for (let i = 0; i < samplesPerFrame; i++) this.#own[i] = limited((this.#sum[i] ?? 0) - (own[i] ?? 0));
    return this.#own;
  }

  /** Listeners who say nothing all hear the same: it is limited once. */
  #everybody(): Frame {
    if (!this.#allIsReady) {
      for (let i = 0; i < samplesPerFrame; i++) this.#all[i] = limited(this.#sum[i] ?? 0);
      this.#allIsReady = true;
    }
    return this.#all;
  }
}
