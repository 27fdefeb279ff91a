import { readLeaf, type Leaf } from '../verify/leaf.ts';
import type { LogRecord, LogSource } from '../verify/source.ts';

/**
 * The log as comma-separated values (RFC 4180), one line an event, for a spreadsheet. It is a view: what proves something is
 * the export as JSON lines. Cells that a spreadsheet would take for a formula begin with an apostrophe.
 */
const columns = [
  'seq',
  'time',
  'mono_ms',
  'run',
  'type',
  'meeting',
  'bridge',
  'leg',
  'data',
  'message',
  'personal',
] as const;

type Row = Readonly<Record<(typeof columns)[number], string>>;

export function* csvLines(source: LogSource, personal: 'with' | 'without'): Generator<string> {
  yield columns.join(',');
  let row = null as Row | null;
  for (const record of source.records()) {
    if (record.kind === 'leaf') {
      if (row !== null) yield written(row);
      row = rowOf(record);
    } else if (record.kind === 'personal' && personal === 'with' && row !== null) {
      const own = `${record.name}${record.leg === '' ? '' : ` of ${record.leg}`}: ${record.value}`;
      row = { ...row, personal: row.personal === '' ? own : `${row.personal}; ${own}` };
    }
  }
  if (row !== null) yield written(row);
}

function rowOf(record: LogRecord & { kind: 'leaf' }): Row {
  const leaf = record.bytes === null ? null : readLeaf(record.bytes);
  if (leaf === null || typeof leaf === 'string') {
    const type = record.bytes === null ? 'pruned' : 'unreadable';
    return { ...nothing, seq: String(record.seq), type };
  }
  return {
    seq: String(leaf.seq),
    time: timeOf(leaf),
    mono_ms: String(leaf.mono),
    run: leaf.run,
    type: leaf.type,
    meeting: leaf.meeting,
    bridge: leaf.bridge,
    leg: leaf.leg,
    data: Object.keys(leaf.data).length === 0 ? '' : JSON.stringify(leaf.data),
    message: leaf.jws,
    personal: '',
  };
}

const nothing: Row = {
  seq: '',
  time: '',
  mono_ms: '',
  run: '',
  type: '',
  meeting: '',
  bridge: '',
  leg: '',
  data: '',
  message: '',
  personal: '',
};

/** RFC 3339; empty for a number that is no date, which only a forged leaf has. */
function timeOf({ at }: Leaf): string {
  return at <= maxDate ? new Date(at).toISOString() : '';
}

/** The last millisecond that ECMA-262 has a date for. */
const maxDate = 8_640_000_000_000_000;

const written = (row: Row): string => columns.map((column) => cell(row[column])).join(',');

function cell(value: string): string {
  const inert = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
