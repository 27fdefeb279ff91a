import { ChordDetector, type Party } from './chord.ts';

/** What one pair of ears heard, frame by frame, in times of the machine's monotonic clock. */
export interface Hearing {
  /** When each 20 ms frame of received audio arrived; silence counts as a frame. */
  readonly frames: readonly number[];
  /** Of those, the ones that held a party's chord. */
  readonly heard: Readonly<Partial<Record<Party, readonly number[]>>>;
}

/** Feeds a detector and keeps the times. `onChange` says when a party is first heard again after a pause, or no more. */
export class Listener {
  readonly #detector: ChordDetector;
  readonly #parties: readonly Party[];
  readonly #frames: number[] = [];
  readonly #heard = new Map<Party, number[]>();
  readonly #now = new Set<Party>();
  readonly #onChange: (party: Party, hears: boolean) => void;

  constructor(rate: number, parties: readonly Party[], onChange: (party: Party, hears: boolean) => void) {
    this.#detector = new ChordDetector(rate, parties);
    this.#parties = parties;
    this.#onChange = onChange;
  }

  push(frame: Int16Array, at: number): void {
    this.#frames.push(at);
    const heard = this.#detector.push(frame);
    for (const { party, frames } of heard) this.#times(party).push(...this.#frames.slice(-frames));
    for (const party of this.#parties) {
      const hears = heard.some((one) => one.party === party);
      if (hears === this.#now.has(party)) continue;
      if (hears) this.#now.add(party);
      else this.#now.delete(party);
      this.#onChange(party, hears);
    }
  }

  hearing(): Hearing {
    return { frames: this.#frames, heard: Object.fromEntries(this.#heard) };
  }

  #times(party: Party): number[] {
    let times = this.#heard.get(party);
    if (times === undefined) this.#heard.set(party, (times = []));
    return times;
  }
}

/** How many of `times` lie in [from, to). */
export function countBetween(times: readonly number[] | undefined, from: number, to: number): number {
  return (times ?? []).filter((at) => at >= from && at < to).length;
}

export function firstAfter(times: readonly number[] | undefined, from: number): number | null {
  return (times ?? []).find((at) => at >= from) ?? null;
}

export function lastBetween(times: readonly number[] | undefined, from: number, to: number): number | null {
  return (times ?? []).findLast((at) => at >= from && at < to) ?? null;
}
