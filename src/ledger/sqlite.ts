import { closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { LatchkeyError } from '../base/errors.ts';
import { tileLeaves } from './tree.ts';
import type { Hash } from './merkle.ts';
import type { LedgerStore, StoredBatch, StoredCheckpoint, StoredLog } from './store.ts';

/** "Ltch": names the file's format to `file` and to us (PRAGMA application_id). */
const applicationId = 0x4c746368;

/** Each step brings a file one version up; version n is the state after the first n steps. Steps are never edited. */
const migrations: readonly string[] = [
  `
  CREATE TABLE leaves (
    seq INTEGER PRIMARY KEY,
    body BLOB,              -- NULL where it was pruned: hash and proofs stay
    hash BLOB NOT NULL
  ) STRICT;
  CREATE TABLE tiles (idx INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
  CREATE TABLE checkpoints (
    size INTEGER PRIMARY KEY,
    note TEXT NOT NULL,
    kept INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE personal (
    seq INTEGER NOT NULL,
    name TEXT NOT NULL,
    leg TEXT NOT NULL,      -- '' where the leaf is about one caller only
    salt TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (seq, name, leg)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX personal_of_leg ON personal (leg);
  CREATE TABLE marks (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
];

interface Statements {
  readonly leaf: StatementSync;
  readonly tile: StatementSync;
  readonly personal: StatementSync;
  readonly setMark: StatementSync;
  readonly removeMark: StatementSync;
  readonly addCheckpoint: StatementSync;
  readonly replaceCheckpoint: StatementSync;
  readonly hashes: StatementSync;
}

interface Opened {
  readonly db: DatabaseSync;
  readonly lock: DatabaseSync;
  readonly statements: Statements;
}

/**
 * The embedded store: one SQLite file in WAL mode with synchronous=FULL, so that each commit is synced before `append`
 * resolves. `<file>.lock` is held under an exclusive SQLite lock, which the system takes back when the process dies.
 */
export function sqliteStore(file: string): LedgerStore {
  let opened: Opened | null = null;
  let failed = false;
  let last: StoredCheckpoint | null = null;

  const use = (): Opened => {
    if (opened === null || failed)
      throw new LatchkeyError('ledger-unavailable', 'the ledger is not open for writing');
    return opened;
  };
  const close = (): void => {
    opened?.db.close();
    opened?.lock.close();
    opened = null;
  };

  const open = (): StoredLog => {
    if (opened !== null) throw new LatchkeyError('ledger-unavailable', 'the ledger is already open');
    const lock = takeLock(`${file}.lock`);
    try {
      const db = openForWriting(file);
      opened = { db, lock, statements: prepare(db) };
    } catch (error) {
      lock.close();
      throw error;
    }
    failed = false;
    const log = readLog(opened.db);
    last = log.checkpoint;
    return log;
  };

  const append = (batch: StoredBatch): void => {
    const { db, statements } = use();
    try {
      db.exec('BEGIN IMMEDIATE');
      writeBatch(statements, batch, last);
      db.exec('COMMIT');
      last = batch.checkpoint;
    } catch (error) {
      failed = true;
      rollBack(db);
      throw unavailable('the ledger could not be written', error);
    }
  };

  return {
    open: () => settle(open),
    append: (batch) => settle(() => append(batch)),
    leafHashes: (from, count) => settle(() => readHashes(use().statements.hashes, from, count)),
    close: () => settle(close),
  };
}

/** The commit has failed already; whether the file lets itself be rolled back now changes nothing. */
function rollBack(db: DatabaseSync): void {
  try {
    if (db.isTransaction) db.exec('ROLLBACK');
  } catch {
    // `open` finds out what is there.
  }
}

/** A promise of what a synchronous call returns or throws. */
function settle<T>(job: () => T): Promise<T> {
  return new Promise((resolve) => resolve(job()));
}

function unavailable(what: string, cause: unknown): LatchkeyError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new LatchkeyError('ledger-unavailable', `${what}: ${detail}`, { cause });
}

function takeLock(file: string): DatabaseSync {
  makePrivate(file);
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    lock.exec('PRAGMA journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    throw unavailable('another process writes this ledger', error);
  }
}

/** Creates the file with mode 0600, which SQLite keeps for the files that it adds beside it. */
function makePrivate(file: string): void {
  if (existsSync(file)) return;
  try {
    closeSync(openSync(file, 'a', 0o600));
  } catch (error) {
    throw unavailable('the ledger file cannot be made', error);
  }
}

function openForWriting(file: string): DatabaseSync {
  makePrivate(file);
  const db = new DatabaseSync(file, { timeout: 5_000 });
  try {
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA secure_delete = ON;
      PRAGMA trusted_schema = OFF;
    `);
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error instanceof LatchkeyError ? error : unavailable('the ledger cannot be opened', error);
  }
}

function migrate(db: DatabaseSync): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
  const id = Number(db.prepare('PRAGMA application_id').get()?.['application_id']);
  const tables = Number(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n']);
  if (tables > 0 && id !== applicationId) {
    throw new LatchkeyError(
      'ledger-unavailable',
      'the file is an SQLite database, but not a Latchkey ledger',
    );
  }
  if (version > migrations.length) {
    throw new LatchkeyError(
      'ledger-unavailable',
      `the ledger has format ${version}, made by a newer Latchkey`,
    );
  }
  for (const [step, sql] of migrations.entries()) {
    if (step < version) continue;
    db.exec(
      `BEGIN IMMEDIATE; ${sql} PRAGMA user_version = ${step + 1}; PRAGMA application_id = ${applicationId}; COMMIT`,
    );
  }
}

function prepare(db: DatabaseSync): Statements {
  return {
    leaf: db.prepare('INSERT INTO leaves (seq, body, hash) VALUES (?, ?, ?)'),
    tile: db.prepare('INSERT INTO tiles (idx, hash) VALUES (?, ?)'),
    personal: db.prepare('INSERT INTO personal (seq, name, leg, salt, value) VALUES (?, ?, ?, ?, ?)'),
    setMark: db.prepare('INSERT OR REPLACE INTO marks (name, value) VALUES (?, ?)'),
    removeMark: db.prepare('DELETE FROM marks WHERE name = ?'),
    addCheckpoint: db.prepare('INSERT INTO checkpoints (size, note, kept) VALUES (?, ?, ?)'),
    replaceCheckpoint: db.prepare('UPDATE checkpoints SET size = ?, note = ?, kept = ? WHERE size = ?'),
    hashes: db.prepare('SELECT hash FROM leaves WHERE seq >= ? AND seq < ? ORDER BY seq'),
  };
}

function writeBatch(statements: Statements, batch: StoredBatch, last: StoredCheckpoint | null): void {
  for (const [i, leaf] of batch.leaves.entries()) {
    statements.leaf.run(batch.firstSeq + i, leaf.bytes, leaf.hash);
  }
  for (const tile of batch.tiles) statements.tile.run(tile.index, tile.hash);
  for (const p of batch.personal) statements.personal.run(p.seq, p.name, p.leg ?? '', p.salt, p.value);
  for (const { name, value } of batch.marks) {
    if (value === null) statements.removeMark.run(name);
    else statements.setMark.run(name, value);
  }
  const { size, note, kept } = batch.checkpoint;
  if (last === null || last.kept) statements.addCheckpoint.run(size, note, kept ? 1 : 0);
  else statements.replaceCheckpoint.run(size, note, kept ? 1 : 0, last.size);
}

function readHashes(statement: StatementSync, from: number, count: number): Hash[] {
  const rows = statement.all(from, from + count);
  if (rows.length !== count) throw new RangeError(`the ledger has no leaves ${from} to ${from + count - 1}`);
  return rows.map((row) => row['hash'] as Uint8Array);
}

function readLog(db: DatabaseSync): StoredLog {
  const last = db.prepare('SELECT max(seq) AS seq FROM leaves').get()?.['seq'];
  const size = typeof last === 'number' ? last + 1 : 0;
  const tiles = db.prepare('SELECT hash FROM tiles ORDER BY idx').all();
  const tail = db
    .prepare('SELECT hash FROM leaves WHERE seq >= ? ORDER BY seq')
    .all(tiles.length * tileLeaves);
  const checkpoint = db.prepare('SELECT size, note, kept FROM checkpoints ORDER BY size DESC LIMIT 1').get();
  const marks = db.prepare('SELECT name, value FROM marks').all();
  return {
    size,
    tiles: tiles.map((row) => row['hash'] as Uint8Array),
    tail: tail.map((row) => row['hash'] as Uint8Array),
    checkpoint:
      checkpoint === undefined
        ? null
        : {
            size: Number(checkpoint['size']),
            note: String(checkpoint['note']),
            kept: checkpoint['kept'] === 1,
          },
    marks: new Map(marks.map((row) => [String(row['name']), String(row['value'])])),
  };
}
