import { parseEntry } from './entry.ts';
import type { LedgerEntry } from './event.ts';
import type { StoredRecord } from './records.ts';
import { maxPrunedLeaves, maxRanges, neverPruned, type Range, type Task } from './tasks.ts';

/** How long what is kept, each purpose on its own clock: milliseconds. */
export interface Retention {
  /** The contents of leaves, once the whole meeting that they belong to is that old. */
  readonly eventsMs: number | null;
  /** Personal values by name. */
  readonly personalMs: ReadonlyMap<string, number>;
}

/** The same as people configure it: days by purpose; null: no end. */
export interface RetentionDays {
  readonly label: number | null;
  readonly events: number | null;
}

const dayMs = 86_400_000;
/** What says who was on a phone: a caller's label, a number that a host has called. */
const callerValues = ['label', 'number'];

/** Null where nothing ever goes by itself. */
export function retentionOfDays({ label, events }: RetentionDays): Retention | null {
  if (label === null && events === null) return null;
  return {
    eventsMs: events === null ? null : events * dayMs,
    personalMs: new Map(label === null ? [] : callerValues.map((name) => [name, label * dayMs])),
  };
}

export interface PrunePlan {
  readonly tasks: readonly Task[];
  /** Contents of leaves that would go. */
  readonly leaves: number;
  /** Personal values that would go, by purpose; those that go with their leaf are not counted again. */
  readonly values: ReadonlyMap<string, number>;
}

/**
 * What may go by now. Reads the log twice: a meeting is as old as the newest leaf about it. Rests between some records and
 * the next, because a writer may run in the same process.
 */
export async function planPrune(
  readAll: () => Iterable<StoredRecord>,
  { retention, nowMs, rest }: PlanOptions,
): Promise<PrunePlan> {
  const read = (): AsyncGenerator<StoredRecord> => restful(readAll(), rest);
  const newest = new Map<string, number>();
  for await (const record of read()) {
    const entry = record.kind === 'leaf' ? entryOf(record.bytes) : null;
    if (entry?.meeting !== undefined)
      newest.set(entry.meeting, Math.max(entry.at, newest.get(entry.meeting) ?? 0));
  }
  const ranges: Range[] = [];
  const values = new Map<string, number>();
  const befores = new Map<string, number>();
  for await (const record of read()) {
    if (record.kind === 'personal' && record.seq < (befores.get(record.name) ?? 0)) {
      values.set(record.name, (values.get(record.name) ?? 0) + 1);
    }
    const entry = record.kind === 'leaf' ? entryOf(record.bytes) : null;
    if (entry === null) continue;
    if (isDue(entry, retention.eventsMs, nowMs, newest)) extend(ranges, entry.seq);
    for (const [purpose, keepMs] of retention.personalMs) {
      if (nowMs - entry.at > keepMs) befores.set(purpose, entry.seq + 1);
    }
  }
  const forgets = [...values.keys()].map((purpose): Task => ({
    kind: 'forget',
    purpose,
    before: befores.get(purpose) ?? 0,
  }));
  const prunes = pack(ranges).map((part): Task => ({ kind: 'prune', ranges: part }));
  const leaves = ranges.reduce((n, { from, to }) => n + to - from + 1, 0);
  return { tasks: [...forgets, ...prunes], leaves, values };
}

function isDue(
  entry: LedgerEntry,
  eventsMs: number | null,
  nowMs: number,
  newest: ReadonlyMap<string, number>,
): boolean {
  if (eventsMs === null || !isPrunable(entry)) return false;
  return nowMs - Math.max(entry.at, newest.get(entry.meeting ?? '') ?? 0) > eventsMs;
}

export interface PlanOptions {
  readonly retention: Retention;
  readonly nowMs: number;
  readonly rest: () => Promise<void>;
}

const recordsAtOnce = 256;

async function* restful(
  records: Iterable<StoredRecord>,
  rest: () => Promise<void>,
): AsyncGenerator<StoredRecord> {
  let count = 0;
  for (const record of records) {
    yield record;
    if (++count % recordsAtOnce === 0) await rest();
  }
}

function entryOf(bytes: Uint8Array | null): LedgerEntry | null {
  const entry = bytes === null ? null : parseEntry(bytes);
  return entry?.ok === true ? entry.value : null;
}

const isPrunable = ({ type }: LedgerEntry): boolean => !(neverPruned as readonly string[]).includes(type);

function extend(ranges: Range[], seq: number): void {
  const last = ranges.at(-1);
  if (last !== undefined && last.to === seq - 1) ranges[ranges.length - 1] = { from: last.from, to: seq };
  else ranges.push({ from: seq, to: seq });
}

/** Parts that one transaction takes each. */
function pack(ranges: readonly Range[]): Range[][] {
  const parts: Range[][] = [];
  let room = 0;
  for (const range of ranges.flatMap(split)) {
    const size = range.to - range.from + 1;
    const last = parts.at(-1);
    if (last === undefined || last.length >= maxRanges || size > room) {
      parts.push([range]);
      room = maxPrunedLeaves - size;
    } else {
      last.push(range);
      room -= size;
    }
  }
  return parts;
}

function split({ from, to }: Range): Range[] {
  const parts: Range[] = [];
  for (let at = from; at <= to; at += maxPrunedLeaves) {
    parts.push({ from: at, to: Math.min(to, at + maxPrunedLeaves - 1) });
  }
  return parts;
}
