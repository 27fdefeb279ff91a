import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LatchkeyError } from '../base/errors.ts';
import { isSigned } from './records.ts';
import { applicationId, openForWriting, takeLock } from './sqlite-file.ts';
import { queueTasks } from './task-queue.ts';
import type { Task } from './tasks.ts';

/**
 * Writes one state of a ledger file into a new file, while the writer goes on.
 *
 * @throws LatchkeyError `usage` where there is such a file, `ledger-unavailable`
 */
export function copyLedgerFile(file: string, out: string): Promise<void> {
  return placeWhole(out, (partial) => {
    const db = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
    try {
      for (let time = 1; ; time += 1) {
        db.prepare('VACUUM INTO ?').run(partial);
        // A state whose checkpoint was still to be signed; the next one may have it.
        if (time === mostCopies || isSignedFile(partial)) return;
        truncateSync(partial);
      }
    } finally {
      db.close();
    }
  });
}

const mostCopies = 20;

function isSignedFile(file: string): boolean {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return isSigned(db);
  } finally {
    db.close();
  }
}

/** The file is whole or absent: `write` works under a name beside it, and it gets its own when it is on disk. */
export async function placeWhole(
  out: string,
  write: (partial: string) => Promise<void> | void,
): Promise<void> {
  if (existsSync(out)) throw new LatchkeyError('usage', `${out} is there already: nothing is written over`);
  const partial = `${out}.partial`;
  try {
    rmSync(partial, { force: true });
    // SQLite fills an empty file that is there, and keeps its mode.
    closeSync(openSync(partial, 'wx', 0o600));
    await write(partial);
    syncPath(partial);
    renameSync(partial, out);
    syncPath(dirname(out));
  } catch (error) {
    rmSync(partial, { force: true });
    if (error instanceof LatchkeyError) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    throw new LatchkeyError('ledger-unavailable', `${out} could not be written: ${detail}`, { cause: error });
  }
}

function syncPath(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Whether it is a ledger in the format of the embedded store. */
export function isLedgerFile(file: string): boolean {
  try {
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      return Number(db.prepare('PRAGMA application_id').get()?.['application_id']) === applicationId;
    } finally {
      db.close();
    }
  } catch {
    return false;
  }
}

export interface Replacement {
  /** The back-up. */
  readonly from: string;
  /** Where that goes which was there. */
  readonly aside: string;
  /** Left for the next writer to account for. */
  readonly task: Task;
}

/** The files of an SQLite database that was not closed: the log beside it may hold the newest commits. */
const parts = ['', '-wal', '-shm'];

/**
 * Puts a back-up in the place of a ledger, and what stood there aside: nothing is deleted. The caller has made sure that
 * it may. Returns the id of the task.
 *
 * @throws LatchkeyError `ledger-in-use` while a writer lives, `ledger-unavailable`
 */
export async function replaceLedgerFile(file: string, { from, aside, task }: Replacement): Promise<number> {
  const lock = takeLock(`${file}.lock`);
  try {
    const fresh = `${file}.restored`;
    rmSync(fresh, { force: true });
    await copyLedgerFile(from, fresh);
    openForWriting(fresh).close();
    const [id = 0] = queueTasks(fresh, [task]);
    foldLog(fresh);
    moveInto(file, fresh, aside);
    return id;
  } finally {
    lock.close();
  }
}

/** Everything into the one file, on disk, so that it can be moved alone. */
function foldLog(file: string): void {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA journal_mode = DELETE');
  db.close();
  syncPath(file);
}

function moveInto(file: string, fresh: string, aside: string): void {
  for (const part of parts) if (existsSync(`${file}${part}`)) renameSync(`${file}${part}`, `${aside}${part}`);
  renameSync(fresh, file);
  syncPath(dirname(file));
}
