import { closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { LatchkeyError } from '../base/errors.ts';

/** "Ltch": names the file's format to `file` and to us (PRAGMA application_id). */
export const applicationId = 0x4c746368;

/** Each step brings a file one version up; version n is the state after the first n steps. Steps are never edited. */
const migrations: readonly string[] = [
  `
  CREATE TABLE leaves (
    seq INTEGER PRIMARY KEY,
    body BLOB,              -- NULL where it was pruned: hash and proofs stay
    hash BLOB NOT NULL,
    note TEXT               -- of the last leaf alone: the checkpoint that covers the whole log, or for a moment its seal
  ) STRICT;
  CREATE TABLE tiles (idx INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
  CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
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
  `
  CREATE TABLE tasks (
    id INTEGER PRIMARY KEY,
    task TEXT NOT NULL,
    done INTEGER            -- position of the leaf that accounts for it; NULL until then
  ) STRICT;
  `,
];

export function unavailable(what: string, cause: unknown): LatchkeyError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new LatchkeyError('ledger-unavailable', `${what}: ${detail}`, { cause });
}

/** SQLITE_BUSY (https://sqlite.org/rescode.html#busy). */
const busy = 5;

function openAnyhow(file: string, timeout: number): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout });
  } catch (error) {
    throw unavailable('the ledger cannot be opened', error);
  }
}

/** Held until the process ends, however it ends. */
export function takeLock(file: string): DatabaseSync {
  makePrivate(file);
  const lock = openAnyhow(file, 0);
  try {
    lock.exec('PRAGMA journal_mode = MEMORY');
    // Where the file may only be read, SQLite grants BEGIN EXCLUSIVE without a lock: the write finds that out.
    lock.exec('BEGIN EXCLUSIVE; PRAGMA user_version = 1');
    return lock;
  } catch (error) {
    lock.close();
    if ((error as { readonly errcode?: number }).errcode !== busy)
      throw unavailable('the ledger cannot be locked', error);
    throw new LatchkeyError('ledger-in-use', 'another process writes this ledger', { cause: error });
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

/** The file with every migration applied, synced at each commit. @throws LatchkeyError `ledger-unavailable` */
export function openForWriting(file: string): DatabaseSync {
  makePrivate(file);
  const db = openAnyhow(file, 5_000);
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
