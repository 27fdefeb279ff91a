import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { LatchkeyError } from '../base/errors.ts';
import { parseEntry } from './entry.ts';
import type { Hash } from './merkle.ts';
import { openForWriting, takeLock, unavailable } from './sqlite-file.ts';
import { isSealText } from './seal.ts';
import type { LedgerStore, StoredBatch, StoredLog } from './store.ts';
import { neverPruned, parseTask, type Range, type StoredTask, type Task } from './tasks.ts';
import { tileLeaves } from './tree.ts';

interface Statements {
  readonly begin: StatementSync;
  readonly commit: StatementSync;
  readonly leaf: StatementSync;
  readonly tile: StatementSync;
  readonly personal: StatementSync;
  readonly setMark: StatementSync;
  readonly removeMark: StatementSync;
  readonly keepCheckpoint: StatementSync;
  readonly clearNote: StatementSync;
  readonly setNote: StatementSync;
  readonly syncLess: StatementSync;
  readonly syncFull: StatementSync;
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
    return readLog(opened.db);
  };

  const append = (batch: StoredBatch): void => {
    const { db, statements } = use();
    try {
      if (batch.leaves.length === 0) {
        cover(statements, batch);
        return;
      }
      statements.begin.run();
      writeBatch(statements, batch);
      finishTasks(db, batch);
      statements.commit.run();
    } catch (error) {
      failed = true;
      rollBack(db);
      throw unavailable('the ledger could not be written', error);
    }
  };

  return {
    takesSeals: true,
    open: () => settle(open),
    append: (batch) => settle(() => append(batch)),
    leafHashes: (from, count) => settle(() => readHashes(use().statements.hashes, from, count)),
    leafBodies: (from, count) => settle(() => readBodies(use().db, from, count)),
    openTasks: () => settle(() => readTasks(use().db)),
    weighTask: (task) => settle(() => weigh(use().db, task)),
    // Deleted content is zeroed in the file already (secure_delete); old pages may still stand in the write-ahead log.
    scrub: () => settle(() => use().db.exec('PRAGMA wal_checkpoint(TRUNCATE)')),
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

function prepare(db: DatabaseSync): Statements {
  return {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    leaf: db.prepare('INSERT INTO leaves (seq, body, hash, note) VALUES (?, ?, ?, ?)'),
    tile: db.prepare('INSERT INTO tiles (idx, hash) VALUES (?, ?)'),
    personal: db.prepare('INSERT INTO personal (seq, name, leg, salt, value) VALUES (?, ?, ?, ?, ?)'),
    setMark: db.prepare('INSERT OR REPLACE INTO marks (name, value) VALUES (?, ?)'),
    removeMark: db.prepare('DELETE FROM marks WHERE name = ?'),
    keepCheckpoint: db.prepare('INSERT INTO checkpoints (size, note) VALUES (?, ?)'),
    clearNote: db.prepare('UPDATE leaves SET note = NULL WHERE seq = ?'),
    setNote: db.prepare('UPDATE leaves SET note = ? WHERE seq = ?'),
    syncLess: db.prepare('PRAGMA synchronous = NORMAL'),
    syncFull: db.prepare('PRAGMA synchronous = FULL'),
    hashes: db.prepare('SELECT hash FROM leaves WHERE seq >= ? AND seq < ? ORDER BY seq'),
  };
}

/** Not synced by itself: what it takes the place of, the seal, is on disk already. */
function cover({ syncLess, setNote, syncFull }: Statements, { checkpoint }: StoredBatch): void {
  if (checkpoint === null) return;
  syncLess.get();
  try {
    setNote.run(checkpoint.note, checkpoint.size - 1);
  } finally {
    syncFull.get();
  }
}

/**
 * The newest checkpoint, or its seal (seal.ts), stands in the row of the last leaf, and moves on with it: the usual batch of one leaf changes one
 * page, which makes a single durable append nearly as fast as SQLite can sync. An older one left beside its leaf would make
 * a log that was cut off there look whole.
 */
function writeBatch(statements: Statements, batch: StoredBatch): void {
  const { leaves, firstSeq, checkpoint, seal } = batch;
  statements.clearNote.run(firstSeq - 1);
  for (const [i, leaf] of leaves.entries()) {
    const note = i === leaves.length - 1 ? (checkpoint?.note ?? seal) : null;
    statements.leaf.run(firstSeq + i, leaf.bytes, leaf.hash, note);
  }
  for (const p of batch.personal) statements.personal.run(p.seq, p.name, p.leg, p.salt, p.value);
  for (const { name, value } of batch.marks) {
    if (value === null) statements.removeMark.run(name);
    else statements.setMark.run(name, value);
  }
  for (const tile of batch.tiles) {
    statements.tile.run(tile.index, tile.hash);
  }
  if (checkpoint?.kept === true) statements.keepCheckpoint.run(checkpoint.size, checkpoint.note);
}

/** For people who look at the log: not often enough for a statement of its own that is kept. */
function readBodies(db: DatabaseSync, from: number, count: number): (Uint8Array | null)[] {
  const rows = db
    .prepare('SELECT body FROM leaves WHERE seq >= ? AND seq < ? ORDER BY seq')
    .all(from, from + count);
  if (rows.length !== count) throw new RangeError(`the ledger has no leaves ${from} to ${from + count - 1}`);
  return rows.map((row) => row['body'] as Uint8Array | null);
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
  const marks = db.prepare('SELECT name, value FROM marks').all();
  return {
    size,
    tiles: tiles.map((row) => row['hash'] as Uint8Array),
    tail: tail.map((row) => row['hash'] as Uint8Array),
    ...readHead(db, size),
    marks: new Map(marks.map((row) => [String(row['name']), String(row['value'])])),
  };
}

/** The newest checkpoint: beside the last leaf, or kept. A seal may stand in its place. */
function readHead(db: DatabaseSync, size: number): Pick<StoredLog, 'checkpoint' | 'seal'> {
  const beside = db.prepare('SELECT note FROM leaves WHERE seq = ?').get(size - 1)?.['note'];
  const isSeal = typeof beside === 'string' && isSealText(beside);
  if (typeof beside === 'string' && !isSeal)
    return { checkpoint: { size, note: beside, kept: false }, seal: null };
  const row = db.prepare('SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1').get();
  const kept =
    row === undefined ? null : { size: Number(row['size']), note: String(row['note']), kept: true };
  return { checkpoint: kept, seal: isSeal ? beside : null };
}

function readTasks(db: DatabaseSync): StoredTask[] {
  const rows = db.prepare('SELECT id, task FROM tasks WHERE done IS NULL ORDER BY id').all();
  return rows.flatMap((row) => {
    const task = parseTask(String(row['task']));
    return task.ok ? [{ id: Number(row['id']), task: task.value }] : [];
  });
}

function weigh(db: DatabaseSync, task: Task): number | null {
  switch (task.kind) {
    case 'erase':
      return count(db, 'SELECT count(*) AS n FROM personal WHERE leg = ?', task.leg);
    case 'forget':
      return count(
        db,
        'SELECT count(*) AS n FROM personal WHERE name = ? AND seq < ?',
        task.purpose,
        task.before,
      );
    case 'prune':
      return weighPrune(db, task.ranges);
    case 'restored':
      return 0;
  }
}

function count(db: DatabaseSync, sql: string, ...values: (string | number)[]): number {
  return Number(db.prepare(sql).get(...values)?.['n']);
}

/** How many of these leaves still have their content; null where one of them has to keep it. */
function weighPrune(db: DatabaseSync, ranges: readonly Range[]): number | null {
  const select = db.prepare('SELECT body FROM leaves WHERE seq BETWEEN ? AND ? AND body IS NOT NULL');
  let leaves = 0;
  for (const { from, to } of ranges) {
    for (const { body } of select.all(from, to)) {
      const entry = parseEntry(body as Uint8Array);
      if (!entry.ok || (neverPruned as readonly string[]).includes(entry.value.type)) return null;
      leaves += 1;
    }
  }
  return leaves;
}

function finishTasks(db: DatabaseSync, { tasks, firstSeq }: StoredBatch): void {
  for (const { id, removal } of tasks) {
    if (removal !== null) remove(db, removal);
    db.prepare('UPDATE tasks SET done = ? WHERE id = ?').run(firstSeq, id);
  }
}

function remove(db: DatabaseSync, task: Task): void {
  if (task.kind === 'erase') db.prepare('DELETE FROM personal WHERE leg = ?').run(task.leg);
  else if (task.kind === 'forget') {
    db.prepare('DELETE FROM personal WHERE name = ? AND seq < ?').run(task.purpose, task.before);
  } else if (task.kind === 'prune') {
    const body = db.prepare('UPDATE leaves SET body = NULL WHERE seq BETWEEN ? AND ?');
    const personal = db.prepare('DELETE FROM personal WHERE seq BETWEEN ? AND ?');
    for (const { from, to } of task.ranges) {
      body.run(from, to);
      personal.run(from, to);
    }
  }
}
