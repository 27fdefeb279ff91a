import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { LatchkeyError } from '../base/errors.ts';
import type { PersonalValue } from './event.ts';
import { isSealText } from './seal.ts';

/** What a log holds, in its order: each leaf with what belongs to it, each checkpoint behind the leaves that it covers. */
export type StoredRecord =
  | {
      readonly kind: 'leaf';
      readonly seq: number;
      readonly bytes: Uint8Array | null;
      readonly hash: Uint8Array;
    }
  | { readonly kind: 'checkpoint'; readonly size: number; readonly note: string }
  | ({ readonly kind: 'personal'; readonly seq: number; readonly leg: string } & PersonalValue);

export interface ReadOptions {
  /**
   * One state that ends with a signed checkpoint: the writer signs it a moment after the leaf, so this waits, up to 200 ms and
   * with the whole thread. Not for the writer's own process.
   */
  readonly signed: boolean;
}

const waits = { times: 40, ms: 5 } as const;

/**
 * Reads one state of an SQLite ledger, also while it is written.
 *
 * @throws LatchkeyError `ledger-unavailable`
 */
export function* sqliteRecords(
  file: string,
  options: ReadOptions = { signed: false },
): Generator<StoredRecord> {
  const db = openReadOnly(file);
  try {
    db.exec('BEGIN');
    for (let time = 0; options.signed && !isSigned(db) && time < waits.times; time += 1) {
      db.exec('COMMIT');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waits.ms);
      db.exec('BEGIN');
    }
    const checkpoints = db.prepare('SELECT note FROM checkpoints WHERE size = ?');
    const personal = db.prepare(
      'SELECT name, leg, salt, value FROM personal WHERE seq = ? ORDER BY leg, name',
    );
    for (const row of db.prepare('SELECT seq, body, hash, note FROM leaves ORDER BY seq').iterate()) {
      const seq = Number(row['seq']);
      const bytes = row['body'] instanceof Uint8Array ? row['body'] : null;
      yield { kind: 'leaf', seq, bytes, hash: row['hash'] as Uint8Array };
      for (const { name, leg, salt, value } of personal.all(seq)) {
        yield {
          kind: 'personal',
          seq,
          name: String(name),
          leg: String(leg),
          salt: String(salt),
          value: String(value),
        };
      }
      const note = checkpoints.get(seq + 1)?.['note'] ?? row['note'];
      if (typeof note === 'string' && !isSealText(note)) yield { kind: 'checkpoint', size: seq + 1, note };
    }
  } finally {
    db.close();
  }
}

/** Whether the newest leaf stands under a checkpoint, not under a seal. */
export function isSigned(db: DatabaseSync): boolean {
  const note = db.prepare('SELECT note FROM leaves ORDER BY seq DESC LIMIT 1').get()?.['note'];
  return typeof note !== 'string' || !isSealText(note);
}

function hasLog(file: string): boolean {
  const log = statSync(`${file}-wal`, { throwIfNoEntry: false });
  return log !== undefined && log.size > 0;
}

function immutable(file: string): URL {
  const url = pathToFileURL(file);
  url.searchParams.set('immutable', '1');
  return url;
}

function openReadOnly(file: string): DatabaseSync {
  try {
    const db = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
    try {
      db.prepare('SELECT 1 FROM leaves LIMIT 1').get();
      return db;
    } catch (error) {
      db.close();
      // In a folder that cannot be written SQLite has no place for the index of its log; without a log it needs none.
      if (hasLog(file)) throw error;
      return new DatabaseSync(immutable(file), { readOnly: true });
    }
  } catch (error) {
    throw new LatchkeyError('ledger-unavailable', `${file} cannot be opened`, { cause: error });
  }
}
