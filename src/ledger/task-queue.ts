import { DatabaseSync } from 'node:sqlite';
import { LatchkeyError } from '../base/errors.ts';
import { taskText, type Task } from './tasks.ts';

/**
 * The operator's side of the task table: hands tasks in beside the running writer, and sees when each is done.
 *
 * @throws LatchkeyError `ledger-unavailable`
 */
export function queueTasks(file: string, tasks: readonly Task[]): number[] {
  return withFile(file, (db) => {
    const insert = db.prepare('INSERT INTO tasks (task) VALUES (?)');
    db.exec('BEGIN IMMEDIATE');
    const ids = tasks.map((task) => Number(insert.run(taskText(task)).lastInsertRowid));
    db.exec('COMMIT');
    return ids;
  });
}

/** Positions of the leaves that account for these tasks; null where one is still open. */
export function taskOutcomes(file: string, ids: readonly number[]): (number | null)[] {
  return withFile(file, (db) => {
    const select = db.prepare('SELECT done FROM tasks WHERE id = ?');
    return ids.map((id) => {
      const done = select.get(id)?.['done'];
      return typeof done === 'number' ? done : null;
    });
  });
}

function withFile<T>(file: string, job: (db: DatabaseSync) => T): T {
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(file, { timeout: 5_000 });
    db.exec('PRAGMA synchronous = FULL');
    return job(db);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new LatchkeyError('ledger-unavailable', `${file}: ${detail}`, { cause: error });
  } finally {
    db?.close();
  }
}
