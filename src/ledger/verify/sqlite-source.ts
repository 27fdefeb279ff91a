import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { UnreadableLog, type LogRecord, type LogSource } from './source.ts';

type Row = Record<string, unknown>;

/** Reads a ledger file, also while the gateway writes it: one read transaction is one state of the log. */
export function sqliteSource(file: string): LogSource {
  const db = open(file);
  return {
    *records() {
      const leaves = db.prepare('SELECT seq, body, hash, note FROM leaves ORDER BY seq').iterate();
      const checkpoints = lookAhead(db.prepare('SELECT size, note FROM checkpoints ORDER BY size').iterate());
      const personal = lookAhead(
        db.prepare('SELECT seq, name, leg, salt, value FROM personal ORDER BY seq, leg, name').iterate(),
      );
      let beside: { readonly size: number; readonly note: unknown } | null = null;
      for (const row of leaves) {
        const seq = Number(row['seq']);
        beside = { size: seq + 1, note: row['note'] };
        yield* takeWhile(checkpoints, (next) => Number(next['size']) <= seq, checkpointOf);
        yield { kind: 'leaf', seq, bytes: bytesOf(row['body']), hash: bytesOf(row['hash']) };
        yield* takeWhile(personal, (next) => Number(next['seq']) <= seq, personalOf);
      }
      // The last checkpoint may stand beside its leaf only.
      if (typeof beside?.note === 'string' && !isSeal(beside.note))
        yield { kind: 'checkpoint', size: beside.size, note: beside.note };
      yield* takeWhile(checkpoints, () => true, checkpointOf);
      yield* takeWhile(personal, () => true, personalOf);
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

const checkpointOf = (row: Row): LogRecord => ({
  kind: 'checkpoint',
  size: Number(row['size']),
  note: String(row['note']),
});

const personalOf = (row: Row): LogRecord => ({
  kind: 'personal',
  seq: Number(row['seq']),
  name: String(row['name']),
  leg: String(row['leg']),
  salt: String(row['salt']),
  value: String(row['value']),
});

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

function* takeWhile(
  rows: LookAhead,
  isDue: (row: Row) => boolean,
  recordOf: (row: Row) => LogRecord,
): Generator<LogRecord> {
  for (let row = rows.peek(); row !== null && isDue(row); row = rows.peek()) {
    yield recordOf(row);
    rows.take();
  }
}
