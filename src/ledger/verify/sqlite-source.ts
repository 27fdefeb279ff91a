import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { UnreadableLog, type LogRecord, type LogSource } from './source.ts';

type Row = readonly unknown[];

/** Reads a ledger file, also while the gateway writes it: one read transaction is one state of the log. */
export function sqliteSource(file: string): LogSource {
  const db = open(file);
  return {
    *records() {
      const leaves = rowsOf(db, 'SELECT seq, body, hash, note FROM leaves ORDER BY seq');
      const checkpoints = lookAhead(rowsOf(db, 'SELECT size, note FROM checkpoints ORDER BY size'));
      const personal = lookAhead(
        rowsOf(db, 'SELECT seq, name, leg, salt, value FROM personal ORDER BY seq, leg, name'),
      );
      let beside: { readonly size: number; readonly note: unknown } | null = null;
      for (const [at, body, hash, note] of leaves) {
        const seq = Number(at);
        beside = { size: seq + 1, note };
        if (isDue(checkpoints, seq)) yield* takeWhile(checkpoints, seq, checkpointOf);
        yield { kind: 'leaf', seq, bytes: bytesOf(body), hash: bytesOf(hash) };
        if (isDue(personal, seq)) yield* takeWhile(personal, seq, personalOf);
      }
      // The last checkpoint may stand beside its leaf only.
      if (typeof beside?.note === 'string' && !isSeal(beside.note))
        yield { kind: 'checkpoint', size: beside.size, note: beside.note };
      yield* takeWhile(checkpoints, Infinity, checkpointOf);
      yield* takeWhile(personal, Infinity, personalOf);
    },
    close: () => db.close(),
  };
}

function open(file: string): DatabaseSync {
  try {
    return begin(file);
  } catch (error) {
    // In a folder that cannot be written SQLite has no place for the index of its log; without a log it needs none.
    const log = statSync(`${file}-wal`, { throwIfNoEntry: false });
    if (existsSync(file) && (log === undefined || log.size === 0)) {
      const url = pathToFileURL(file);
      url.searchParams.set('immutable', '1');
      try {
        return begin(url);
      } catch {
        // What was wrong at first is said below.
      }
    }
    throw new UnreadableLog(
      `${file} cannot be read as a ledger: ${error instanceof Error ? error.message : 'unknown'}`,
      'unopened',
    );
  }
}

/**
 * The gateway signs its checkpoint a moment after it wrote; until then a seal stands in its place, which says something to the
 * gateway alone. A reader looks again for so long; what is not signed by then has no writer that would sign it.
 */
const waits = { times: 40, ms: 5 } as const;

const isSeal = (note: unknown): boolean => typeof note === 'string' && note.startsWith('seal ');

function begin(place: string | URL): DatabaseSync {
  const db = new DatabaseSync(place, { readOnly: true, timeout: 5_000 });
  try {
    const last = db.prepare('SELECT note FROM leaves ORDER BY seq DESC LIMIT 1');
    for (let time = 0; ; time += 1) {
      db.exec('BEGIN');
      if (!isSeal(last.get()?.['note']) || time === waits.times) return db;
      db.exec('COMMIT');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waits.ms);
    }
  } catch (error) {
    db.close();
    throw error;
  }
}

const bytesOf = (value: unknown): Uint8Array | null => (value instanceof Uint8Array ? value : null);

const checkpointOf = ([size, note]: Row): LogRecord => ({
  kind: 'checkpoint',
  size: Number(size),
  note: String(note),
});

const personalOf = ([seq, name, leg, salt, value]: Row): LogRecord => ({
  kind: 'personal',
  seq: Number(seq),
  name: String(name),
  leg: String(leg),
  salt: String(salt),
  value: String(value),
});

/** Rows as lists: an object for each costs a large log more than reading it. */
function rowsOf(db: DatabaseSync, sql: string): Iterator<Row> & Iterable<Row> {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return statement.iterate() as unknown as Iterator<Row> & Iterable<Row>;
}

interface LookAhead {
  peek(): Row | null;
  take(): void;
}

function lookAhead(rows: Iterator<Row>): LookAhead {
  let next = rows.next();
  return {
    peek: () => (next.done === true ? null : next.value),
    take: () => {
      next = rows.next();
    },
  };
}

/** Whether the next row is about position `seq` or one before; each row begins with its position. One that is no number is. */
function isDue(rows: LookAhead, seq: number): boolean {
  const next = rows.peek();
  return next !== null && !(Number(next[0]) > seq);
}

function* takeWhile(rows: LookAhead, seq: number, recordOf: (row: Row) => LogRecord): Generator<LogRecord> {
  for (let row = rows.peek(); row !== null && isDue(rows, seq); row = rows.peek()) {
    yield recordOf(row);
    rows.take();
  }
}
