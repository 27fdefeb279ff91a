import type { NewEntry } from '../ledger/event.ts';
import type { Mark } from '../ledger/store.ts';

/**
 * Two highest (term, epoch) of a meeting, which survive restarts (docs/protocol.md): of the keys that were granted here, so
 * that no old grant is taken twice, and of all that was seen here, so that nothing lower is believed again.
 */
export type FloorKind = 'granted' | 'seen';

export interface Floor {
  readonly term: number;
  readonly epoch: number;
}

const floorName = (kind: FloorKind, meeting: string): string => `${kind}:${meeting}`;

export function floorMark(kind: FloorKind, meeting: string, floor: Floor): Mark {
  return { name: floorName(kind, meeting), value: `${floor.term}.${floor.epoch}` };
}

export function readFloor(kind: FloorKind, meeting: string, mark: (name: string) => string | null): Floor {
  const [, term, epoch] = /^(\d{1,16})\.(\d{1,16})$/.exec(mark(floorName(kind, meeting)) ?? '') ?? [];
  return term === undefined || epoch === undefined
    ? { term: 0, epoch: 0 }
    : { term: Number(term), epoch: Number(epoch) };
}

/** Epochs count within a term; a higher term starts anew. */
export function isAbove(candidate: Floor, floor: Floor): boolean {
  return candidate.term > floor.term || (candidate.term === floor.term && candidate.epoch > floor.epoch);
}

/** The highest of `floor` and what the entries state as `term` and `epoch`. */
export function raised(floor: Floor, entries: readonly NewEntry[]): Floor {
  let highest = floor;
  for (const { data } of entries) {
    const { term, epoch = 0 } = data ?? {};
    if (typeof term !== 'number' || typeof epoch !== 'number') continue;
    if (isAbove({ term, epoch }, highest)) highest = { term, epoch };
  }
  return highest;
}
