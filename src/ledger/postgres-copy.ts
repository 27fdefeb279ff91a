import type { Client } from 'pg';
import type { DatabaseSync } from 'node:sqlite';
import { connectPostgres, postgresFailure } from './postgres-connect.ts';
import type { PostgresPlace } from './postgres-place.ts';
import { openForWriting } from './sqlite-file.ts';

const rowsAtOnce = 2_000;

/**
 * Writes one state of a log in PostgreSQL into a new SQLite ledger file, while its writer goes on. What reads ledgers, the
 * verifier first of all, then needs to know one store only; and the file is the back-up.
 *
 * Returns false where there is no such log.
 *
 * @throws LatchkeyError `config-invalid`, `ledger-unavailable`
 */
export async function copyFromPostgres(place: PostgresPlace, file: string): Promise<boolean> {
  const client = await connectPostgres(place, { queryMs: 0 });
  try {
    const { rows: schema } = await client.query("SELECT 1 FROM pg_namespace WHERE nspname = 'latchkey'");
    if (schema.length === 0) return false;
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows } = await client.query<{ size: string; note: string | null }>(
      'SELECT size, note FROM latchkey.logs WHERE log = $1',
      [place.log],
    );
    const head = rows[0];
    if (head === undefined) return false;
    const db = openForWriting(file);
    try {
      db.exec('BEGIN');
      await copyTables(client, place.log, db);
      db.prepare('UPDATE leaves SET note = ? WHERE seq = ?').run(head.note, Number(head.size) - 1);
      db.exec('COMMIT; PRAGMA journal_mode = DELETE');
      return true;
    } finally {
      db.close();
    }
  } catch (error) {
    throw postgresFailure(`the log “${place.log}” cannot be read`, error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

type Value = string | number | Buffer | null;

/** The tables of a log, each with the order in which it is read, and its columns as both stores have them. */
const tables = [
  { name: 'leaves', columns: ['seq', 'body', 'hash'], order: 'seq' },
  { name: 'tiles', columns: ['idx', 'hash'], order: 'idx' },
  { name: 'checkpoints', columns: ['size', 'note'], order: 'size' },
  { name: 'personal', columns: ['seq', 'name', 'leg', 'salt', 'value'], order: 'seq, name, leg' },
  { name: 'marks', columns: ['name', 'value'], order: 'name' },
  { name: 'tasks', columns: ['id', 'task', 'done'], order: 'id' },
] as const;
const numbers = new Set(['seq', 'idx', 'size', 'id', 'done']);

async function copyTables(client: Client, log: string, db: DatabaseSync): Promise<void> {
  for (const { name, columns, order } of tables) {
    const insert = db.prepare(
      `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    );
    await client.query(
      `DECLARE rows_of_log CURSOR FOR SELECT ${columns.join(', ')} FROM latchkey.${name} ` +
        `WHERE log = '${log.replaceAll("'", "''")}' ORDER BY ${order}`,
    );
    for (;;) {
      const { rows } = await client.query<Record<string, Value>>(`FETCH ${rowsAtOnce} FROM rows_of_log`);
      for (const row of rows) insert.run(...columns.map((column) => sqliteValue(name, column, row[column])));
      if (rows.length < rowsAtOnce) break;
    }
    await client.query('CLOSE rows_of_log');
  }
}

function sqliteValue(table: string, column: string, value: Value | undefined): Value {
  if (value === null || value === undefined) return null;
  if (numbers.has(column)) return Number(value);
  return table === 'personal' && Buffer.isBuffer(value) ? value.toString() : value;
}
