import { entryBytes } from './entry.ts';
import { fitsItsType } from './event-rules.ts';
import { eventTypes, type NewEntry } from './event.ts';
import type { Stamp } from './leaves.ts';

/** More than one caller hands in as one. */
const maxKept = 16;

/**
 * What stands in the log for entries that were refused because one of them is no leaf of its type. Nothing that they would
 * have allowed is done: their writer was told no, and closes. That it was tried is not lost, though: for each entry a
 * `refused` leaf keeps its type, the ids that are ids, and the signed message where it is one.
 */
export function misfitEntries(entries: readonly NewEntry[], reason: string, stamp: Stamp): NewEntry[] {
  return entries.slice(0, maxKept).map((entry) => {
    const what = (eventTypes as readonly string[]).includes(entry.type) ? entry.type : 'unknown';
    const bare: NewEntry = { type: 'refused', data: { what, reason } };
    return keepable.reduce<NewEntry>((kept, name) => {
      const more = entry[name] === undefined ? kept : { ...kept, [name]: entry[name] };
      return isLeaf(more, stamp) ? more : kept;
    }, bare);
  });
}

const keepable = ['meeting', 'bridge', 'leg', 'jws'] as const satisfies readonly (keyof NewEntry)[];

function isLeaf(entry: NewEntry, stamp: Stamp): boolean {
  const whole = { v: 1, seq: 0, ...stamp, ...entry } as const;
  return entryBytes(whole).ok && fitsItsType(whole);
}
