import { DatabaseSync } from 'node:sqlite';
import type { Client } from 'pg';
import type { Replacement } from './backup.ts';
import { connectPostgres, postgresFailure } from './postgres-connect.ts';
import type { PostgresPlace } from './postgres-place.ts';
import { migratePostgres, takeLog } from './postgres-schema.ts';
import { taskText } from './tasks.ts';

const tables = ['logs', 'leaves', 'tiles', 'checkpoints', 'personal', 'marks', 'tasks'] as const;
const rowsAtOnce = 1_000;

/**
 * Puts a back-up in the place of a log, in one transaction, and what stood there aside, as a log of another name. Returns
 * the id of the task.
 *
 * @throws LatchkeyError `ledger-in-use` while a writer lives, `ledger-unavailable`
 */
export async function replacePostgresLog(
  place: PostgresPlace,
  { from, aside, task }: Replacement,
): Promise<number> {
  const client = await connectPostgres(place, { queryMs: 0 });
  const db = new DatabaseSync(from, { readOnly: true });
  try {
    await migratePostgres(client);
    await takeLog(client, place.log);
    await client.query('BEGIN');
    for (const table of tables)
      await client.query(`UPDATE latchkey.${table} SET log = $2 WHERE log = $1`, [place.log, aside]);
    await fill(client, place.log, db);
    const queued = await client.query<{ id: string }>(
      'INSERT INTO latchkey.tasks (log, task) VALUES ($1, $2) RETURNING id',
      [place.log, taskText(task)],
    );
    await client.query('COMMIT');
    return Number(queued.rows[0]?.id);
  } catch (error) {
    throw postgresFailure('the log could not be restored', error);
  } finally {
    db.close();
    await client.end().catch(() => undefined);
  }
}

async function fill(client: Client, log: string, db: DatabaseSync): Promise<void> {
  const last = db.prepare('SELECT seq, note FROM leaves ORDER BY seq DESC LIMIT 1').get();
  const size = last === undefined ? 0 : Number(last['seq']) + 1;
  const beside =
    last?.['note'] ?? db.prepare('SELECT note FROM checkpoints WHERE size = ?').get(size)?.['note'];
  await client.query('INSERT INTO latchkey.logs (log, size, note) VALUES ($1, $2, $3)', [
    log,
    size,
    beside ?? null,
  ]);
  for (const { table, columns } of contents) {
    const names = columns.map(({ name }) => name);
    const arrays = columns.map(({ type }, i) => `$${i + 2}::${type}[]`);
    const sql =
      `INSERT INTO latchkey.${table} (log, ${names.join(', ')}) ` +
      `SELECT $1, * FROM unnest(${arrays.join(', ')})`;
    let rows: Record<string, unknown>[] = [];
    const flush = async (): Promise<void> => {
      if (rows.length === 0) return;
      const values = columns.map(({ name, type }) => rows.map((row) => postgresValue(type, row[name])));
      await client.query(sql, [log, ...values]);
      rows = [];
    };
    for (const row of db.prepare(`SELECT ${names.join(', ')} FROM ${table}`).iterate()) {
      rows.push(row);
      if (rows.length >= rowsAtOnce) await flush();
    }
    await flush();
  }
}

/** Tasks that were open at the back-up stay behind: their ids belong to another table. */
const contents = [
  { table: 'leaves', columns: columnsOf('seq bigint, body bytea, hash bytea') },
  { table: 'tiles', columns: columnsOf('idx bigint, hash bytea') },
  { table: 'checkpoints', columns: columnsOf('size bigint, note text') },
  { table: 'personal', columns: columnsOf('seq bigint, name text, leg text, salt text, value bytea') },
  { table: 'marks', columns: columnsOf('name text, value text') },
] as const;

function columnsOf(text: string): { readonly name: string; readonly type: string }[] {
  return text.split(', ').map((column) => {
    const [name = '', type = ''] = column.split(' ');
    return { name, type };
  });
}

/** Personal values are text in one store and bytes in the other. */
const postgresValue = (type: string, value: unknown): unknown =>
  type === 'bytea' && typeof value === 'string' ? Buffer.from(value) : value;
