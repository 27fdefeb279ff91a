import { ok, refuse, type Result } from '../base/result.ts';
import type { NewEntry } from './event.ts';

/**
 * What an operator asks of the one writer: to forget, or to own up to a restore. The log itself only grows, so each is
 * first written down as an `operator-action` leaf, in the same transaction that removes what it names; hashes and proofs stay.
 */
export type Task =
  /** A person asked: everything personal of one caller. */
  | { readonly kind: 'erase'; readonly leg: string }
  /** A retention clock ran out: personal values of one purpose in leaves before a position. */
  | { readonly kind: 'forget'; readonly purpose: string; readonly before: number }
  /** A retention clock ran out: the contents of leaves, whose hashes stay. */
  | { readonly kind: 'prune'; readonly ranges: readonly Range[] }
  /** The log was put back from a back-up of `size` leaves; `lost` more had been there. Takes nothing away. */
  | { readonly kind: 'restored'; readonly size: number; readonly lost: number; readonly forced: boolean };

/** Positions, both included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface StoredTask {
  readonly id: number;
  readonly task: Task;
}

/** What one task may name, so that one transaction stays short while calls are going on. */
export const maxRanges = 400;
export const maxPrunedLeaves = 4_000;

/** Leaves that a reader of the log needs for as long as there is a log: they open runs, name keys, account for gaps. */
export const neverPruned = [
  'start',
  'stop',
  'recovered',
  'registration-seen',
  'operator-action',
] as const satisfies readonly NewEntry['type'][];

export const taskText = (task: Task): string => JSON.stringify(task);

export function parseTask(text: string): Result<Task, 'task-malformed'> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('task-malformed');
  }
  if (typeof value !== 'object' || value === null) return refuse('task-malformed');
  const { kind, leg, purpose, before, ranges, size, lost, forced } = value as Record<string, unknown>;
  if (kind === 'erase' && isName(leg)) return ok({ kind, leg });
  if (kind === 'forget' && isName(purpose) && isPosition(before)) return ok({ kind, purpose, before });
  if (kind === 'prune' && isRanges(ranges)) return ok({ kind, ranges });
  if (kind === 'restored' && isPosition(size) && isPosition(lost) && typeof forced === 'boolean')
    return ok({ kind, size, lost, forced });
  return refuse('task-malformed');
}

const isName = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value);
const isPosition = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function isRanges(value: unknown): value is Range[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > maxRanges) return false;
  const ranges = value as { from?: unknown; to?: unknown }[];
  const whole = ranges.every(({ from, to }) => isPosition(from) && isPosition(to) && from <= to);
  return whole && countOf(ranges as Range[]) <= maxPrunedLeaves;
}

export const countOf = (ranges: readonly Range[]): number =>
  ranges.reduce((n, { from, to }) => n + to - from + 1, 0);

/** The leaf that accounts for a task. `removed`: how many values or leaves it takes away. */
export function taskEntry(task: Task, removed: number): NewEntry {
  switch (task.kind) {
    case 'erase':
      return { type: 'operator-action', leg: task.leg, data: { action: 'erase', values: removed } };
    case 'forget':
      return {
        type: 'operator-action',
        data: { action: 'forget', purpose: task.purpose, before: task.before, values: removed },
      };
    case 'prune':
      return {
        type: 'operator-action',
        data: {
          action: 'prune',
          ranges: task.ranges.map(({ from, to }) => `${from}-${to}`),
          leaves: removed,
        },
      };
    case 'restored':
      return {
        type: 'operator-action',
        data: { action: 'restored', size: task.size, lost: task.lost, forced: task.forced },
      };
  }
}

/** A task that would have taken away what has to stay. */
export function refusedTaskEntry(task: Task): NewEntry {
  return { type: 'operator-action', data: { action: `${task.kind}-refused` } };
}
