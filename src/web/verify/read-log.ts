import { exportReader } from '../../ledger/verify/export-source.ts';
import type { Leaf } from '../../ledger/verify/leaf.ts';
import { UnreadableLog } from '../../ledger/verify/source.ts';
import { beginVerification, type Report } from '../../ledger/verify/verify.ts';
import { pagePrimitives } from './primitives.ts';

/** What the page needs of a file; a browser's `File` is one. */
export interface LogFile {
  readonly name: string;
  readonly size: number;
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
}

export interface Event {
  readonly seq: number;
  readonly at: number;
  readonly type: string;
  readonly meeting: string;
  readonly bridge: string;
  readonly leg: string;
}

export interface Checked {
  readonly report: Report;
  readonly events: readonly Event[];
  /** More than the page shows. */
  readonly eventsLeftOut: number;
}

/** Enough for a long day of meetings; the command line shows the rest. */
const maxEvents = 20_000;
const maxLine = 1 << 20;
const sqliteStart = 'SQLite format 3';
/** What repeats all through a meeting and changes nothing that anybody heard. */
const quiet: ReadonlySet<string> = new Set(['roster', 'switched', 'witnessed', 'cosigned', 'checkpoint']);

/**
 * Reads and verifies a file piece by piece: it is never in memory whole, and the page stays alive between the pieces.
 *
 * @throws UnreadableLog where the file is no export
 */
export async function checkFile(
  file: LogFile,
  trust: readonly string[],
  onProgress: (read: number) => void,
): Promise<Checked> {
  const events: Event[] = [];
  let eventsLeftOut = 0;
  const onLeaf = ({ seq, at, type, meeting, bridge, leg }: Leaf): void => {
    if (quiet.has(type)) return;
    if (events.length < maxEvents) events.push({ seq, at, type, meeting, bridge, leg });
    else eventsLeftOut += 1;
  };
  const verification = beginVerification({ primitives: pagePrimitives, trust, onLeaf });
  const reader = exportReader();
  for await (const line of linesOf(file, onProgress)) {
    const record = reader.line(line);
    if (record !== null) verification.record(record);
  }
  reader.end();
  return { report: verification.end(), events, eventsLeftOut };
}

async function* linesOf(file: LogFile, onProgress: (read: number) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const chunks = file.stream().getReader();
  let held = '';
  let read = 0;
  for (;;) {
    const { done, value } = await chunks.read();
    if (done) break;
    const text = decode(decoder, value);
    if (read === 0 && text.startsWith(sqliteStart)) throw new UnreadableLog(ledgerItself);
    read += value.length;
    held += text;
    const lines = held.split('\n');
    held = lines.pop() ?? '';
    if (held.length > maxLine) throw new UnreadableLog('a line of it is longer than any record');
    yield* lines;
    onProgress(read);
  }
  if (held !== '') yield held;
}

function decode(decoder: TextDecoder, bytes: Uint8Array<ArrayBuffer>): string {
  try {
    return decoder.decode(bytes, { stream: true });
  } catch {
    // The header of an SQLite file is text; what follows it is not.
    const start = String.fromCharCode(...bytes.subarray(0, sqliteStart.length));
    throw new UnreadableLog(start === sqliteStart ? ledgerItself : 'it is not text in UTF-8');
  }
}

const ledgerItself =
  'it is the ledger itself, not an export of it: write one with “latchkey ledger export --out FILE”';
