import type { NewEntry } from './event.ts';
import type { Mark } from './store.ts';

/**
 * What the writer must know at its next start without reading the log: that a run is open, and which keys and legs were
 * in use. Written in the same transaction as the leaves that say so.
 */
export const runningMark = 'running';
const keyPrefix = 'key:';
const legPrefix = 'leg:';

/** How the leaves change what is open. */
export function lifeMarks(entries: readonly NewEntry[], firstSeq: number, run: string): Mark[] {
  const marks: Mark[] = [];
  for (const [i, entry] of entries.entries()) {
    const mark = lifeMark(entry, run);
    if (mark !== null)
      marks.push({ name: mark.name, value: mark.opens ? (mark.value ?? String(firstSeq + i)) : null });
  }
  return marks;
}

interface LifeMark {
  readonly name: string;
  readonly opens: boolean;
  readonly value?: string;
}

function lifeMark(entry: NewEntry, run: string): LifeMark | null {
  switch (entry.type) {
    case 'start':
      return { name: runningMark, opens: true, value: run };
    case 'key-opened':
      return { name: `${keyPrefix}${entry.meeting ?? ''}/${entry.bridge ?? ''}`, opens: true };
    case 'key-destroyed':
      return { name: `${keyPrefix}${entry.meeting ?? ''}/${entry.bridge ?? ''}`, opens: false };
    case 'leg-joined':
      return {
        name: `${legPrefix}${entry.meeting ?? ''}/${entry.leg ?? ''}`,
        opens: true,
        value: entry.bridge ?? '',
      };
    case 'leg-left':
      return { name: `${legPrefix}${entry.meeting ?? ''}/${entry.leg ?? ''}`, opens: false };
    default:
      return null;
  }
}

const namesPerLeaf = 256;

/**
 * Closes what the run before left open, K9: a leaf for every part of a long list, so that nothing is left out. Empty after
 * a stop with nothing open, and for a new log.
 */
export function recoveredEntries(marks: ReadonlyMap<string, string>, size: number): NewEntry[] {
  const lastRun = marks.get(runningMark) ?? '';
  const keys = namesAfter(marks, keyPrefix);
  const legs = namesAfter(marks, legPrefix);
  if (lastRun === '' && keys.length + legs.length === 0) return [];
  const parts = Math.max(1, Math.ceil(keys.length / namesPerLeaf), Math.ceil(legs.length / namesPerLeaf));
  return Array.from({ length: parts }, (_, part) => {
    const of = (names: readonly string[]): string[] =>
      names.slice(part * namesPerLeaf, (part + 1) * namesPerLeaf);
    return { type: 'recovered', data: { lastRun, lastSeq: size - 1, keys: of(keys), legs: of(legs) } };
  });
}

/** What `recoveredEntries` closed is open no longer. */
export function recoveredMarks(marks: ReadonlyMap<string, string>): Mark[] {
  return [...marks.keys()]
    .filter((name) => name.startsWith(keyPrefix) || name.startsWith(legPrefix))
    .map((name) => ({ name, value: null }));
}

function namesAfter(marks: ReadonlyMap<string, string>, prefix: string): string[] {
  return [...marks.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
}

/** What is open of one bridge: whether it holds a key, and its legs. */
export interface OpenOfBridge {
  readonly key: boolean;
  readonly legs: readonly string[];
}

export function openOf(marks: ReadonlyMap<string, string>, meeting: string, bridge: string): OpenOfBridge {
  const place = `${legPrefix}${meeting}/`;
  const legs = [...marks].filter(([name, value]) => name.startsWith(place) && value === bridge);
  return {
    key: marks.has(`${keyPrefix}${meeting}/${bridge}`),
    legs: legs.map(([name]) => name.slice(place.length)),
  };
}
