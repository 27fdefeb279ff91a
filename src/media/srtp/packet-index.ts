import type { ReplayState } from './state.ts';

/**
 * Which packet of a stream this is: the 16 bits of the sequence number put behind the rollover counter that the sender
 * must have had (RFC 3711 §3.3.1 and appendix A). Negative where the packet would be older than the stream.
 */
export function estimateIndex(highest: number, sequence: number): number {
  const rollover = Math.floor(highest / 0x10000);
  const latest = highest % 0x10000;
  if (latest < 0x8000) return (sequence - latest > 0x8000 ? rollover - 1 : rollover) * 0x10000 + sequence;
  return (latest - 0x8000 > sequence ? rollover + 1 : rollover) * 0x10000 + sequence;
}

/** RFC 3711 §3.3.2 asks for 64 at least. */
const windowSize = 128;

/**
 * The packets of one stream that have been accepted (RFC 3711 §3.3.2). Each place holds the latest index that fell on
 * it, so a place says at once whether an index of the window was there before.
 */
export class ReplayWindow {
  readonly #seen: Float64Array;
  #highest: number;

  constructor(state: ReplayState | null = null) {
    this.#seen = new Float64Array(windowSize).fill(-1);
    if (state?.seen.length === windowSize) this.#seen.set(state.seen);
    this.#highest = state?.highest ?? -1;
  }

  /** -1 before the first packet. */
  get highest(): number {
    return this.#highest;
  }

  get state(): ReplayState {
    return { highest: this.#highest, seen: [...this.#seen] };
  }

  isFresh(index: number): boolean {
    return index >= 0 && index > this.#highest - windowSize && this.#seen[index % windowSize] !== index;
  }

  /** Only after the packet's tag has verified. */
  accept(index: number): void {
    this.#seen[index % windowSize] = index;
    if (index > this.#highest) this.#highest = index;
  }
}
