import type { Client } from 'pg';
import { LatchkeyError } from '../base/errors.ts';
import { parseEntry } from './entry.ts';
import type { Hash } from './merkle.ts';
import { appendSql, appendValues } from './postgres-append.ts';
import { connectPostgres, postgresFailure } from './postgres-connect.ts';
import type { PostgresPlace } from './postgres-place.ts';
import { checkDurability, migratePostgres, takeLog } from './postgres-schema.ts';
import type { DoneTask, LedgerStore, StoredBatch, StoredLog } from './store.ts';
import { neverPruned, parseTask, type Range, type StoredTask, type Task } from './tasks.ts';
import { tileLeaves } from './tree.ts';

/** A server that takes this long for one batch is as good as none: the gate must not wait for it. */
const queryMs = 8_000;

/**
 * One log in a PostgreSQL database that several connectors share. The one writer of a log holds an advisory lock in the
 * session that it writes with: when the writer dies, the server ends the session and with it the lock. Whoever writes
 * without it, through a pooler for instance, still cannot write: a batch only counts where the log has the size that the
 * writer believes it has.
 */
export function postgresStore(place: PostgresPlace): LedgerStore {
  const { log } = place;
  let opened: Client | null = null;
  let failed = false;

  const use = (): Client => {
    if (opened === null || failed)
      throw new LatchkeyError('ledger-unavailable', 'the ledger is not open for writing');
    return opened;
  };
  const close = async (): Promise<void> => {
    const client = opened;
    opened = null;
    await client?.end().catch(() => undefined);
  };

  const open = async (): Promise<StoredLog> => {
    if (opened !== null) throw new LatchkeyError('ledger-unavailable', 'the ledger is already open');
    failed = false;
    const client = await connectPostgres(place, { queryMs, onLost: () => void (failed = true) });
    try {
      await checkDurability(client);
      await migratePostgres(client);
      await takeLog(client, log);
      await client.query('INSERT INTO latchkey.logs (log, size) VALUES ($1, 0) ON CONFLICT DO NOTHING', [
        log,
      ]);
      const found = await readLog(client, log);
      opened = client;
      return found;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw postgresFailure('the ledger cannot be opened', error);
    }
  };

  const append = async (batch: StoredBatch): Promise<void> => {
    const client = use();
    try {
      if (batch.tasks.length > 0) await appendWithTasks(client, log, batch);
      else await appendBatch(client, log, batch);
    } catch (error) {
      failed = true;
      throw postgresFailure('the ledger could not be written', error);
    }
  };

  return {
    // The way to the server takes longer than a signature.
    takesSeals: false,
    open,
    append,
    leafHashes: async (from, count) => readHashes(use(), log, { from, to: from + count - 1 }),
    leafBodies: async (from, count) => readBodies(use(), log, { from, to: from + count - 1 }),
    async openTasks() {
      try {
        return await readTasks(use(), log);
      } catch (error) {
        failed = true;
        throw postgresFailure('the database of the ledger does not answer', error);
      }
    },
    weighTask: async (task) => weigh(use(), log, task),
    // Frees the room for new rows to overwrite; what the server's own log and its archive still hold is the server's.
    scrub: () => vacuum(place),
    close,
  };
}

/** In a session of its own: it takes its time, and no append may wait for it. */
async function vacuum(place: PostgresPlace): Promise<void> {
  const client = await connectPostgres(place, { queryMs: 0 });
  try {
    await client.query('VACUUM latchkey.personal, latchkey.leaves');
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** One statement, so one transaction and one way there and back. */
async function appendBatch(client: Client, log: string, batch: StoredBatch): Promise<void> {
  const { rows } = await client.query<{ written: number }>({
    name: 'append',
    text: appendSql,
    values: appendValues(log, batch),
  });
  if (rows[0]?.written !== 1) throw new Error('somebody else has written to this log');
}

async function appendWithTasks(client: Client, log: string, batch: StoredBatch): Promise<void> {
  await client.query('BEGIN');
  await appendBatch(client, log, batch);
  for (const task of batch.tasks) await finishTask(client, log, task, batch.firstSeq);
  await client.query('COMMIT');
}

async function readLog(client: Client, log: string): Promise<StoredLog> {
  const head = await client.query<{ size: string; note: string | null }>(
    'SELECT size, note FROM latchkey.logs WHERE log = $1',
    [log],
  );
  const leaves = await client.query<{ size: string }>(
    'SELECT coalesce(max(seq) + 1, 0) AS size FROM latchkey.leaves WHERE log = $1',
    [log],
  );
  const size = Number(leaves.rows[0]?.size);
  const { rows: tiles } = await client.query<{ hash: Buffer }>(
    'SELECT hash FROM latchkey.tiles WHERE log = $1 ORDER BY idx',
    [log],
  );
  const { rows: tail } = await client.query<{ hash: Buffer }>(
    'SELECT hash FROM latchkey.leaves WHERE log = $1 AND seq >= $2 ORDER BY seq',
    [log, tiles.length * tileLeaves],
  );
  const { rows: marks } = await client.query<{ name: string; value: string }>(
    'SELECT name, value FROM latchkey.marks WHERE log = $1',
    [log],
  );
  const note = head.rows[0]?.note ?? null;
  return {
    size,
    tiles: tiles.map((row) => row.hash),
    tail: tail.map((row) => row.hash),
    seal: null,
    checkpoint: note === null ? null : { size: Number(head.rows[0]?.size), note, kept: false },
    marks: new Map(marks.map(({ name, value }) => [name, value])),
  };
}

async function readHashes(client: Client, log: string, { from, to }: Range): Promise<Hash[]> {
  const { rows } = await client.query<{ hash: Buffer }>(
    'SELECT hash FROM latchkey.leaves WHERE log = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq',
    [log, from, to],
  );
  if (rows.length !== to - from + 1) throw new RangeError(`the ledger has no leaves ${from} to ${to}`);
  return rows.map((row) => row.hash);
}

async function readBodies(client: Client, log: string, { from, to }: Range): Promise<(Buffer | null)[]> {
  const { rows } = await client.query<{ body: Buffer | null }>(
    'SELECT body FROM latchkey.leaves WHERE log = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq',
    [log, from, to],
  );
  if (rows.length !== to - from + 1) throw new RangeError(`the ledger has no leaves ${from} to ${to}`);
  return rows.map((row) => row.body);
}

async function readTasks(client: Client, log: string): Promise<StoredTask[]> {
  const { rows } = await client.query<{ id: string; task: string }>(
    'SELECT id, task FROM latchkey.tasks WHERE log = $1 AND done IS NULL ORDER BY id',
    [log],
  );
  return rows.flatMap(({ id, task: text }) => {
    const task = parseTask(text);
    return task.ok ? [{ id: Number(id), task: task.value }] : [];
  });
}

async function weigh(client: Client, log: string, task: Task): Promise<number | null> {
  if (task.kind === 'restored') return 0;
  if (task.kind === 'prune') return weighPrune(client, log, task.ranges);
  const { rows } =
    task.kind === 'erase'
      ? await client.query<{ n: string }>(
          'SELECT count(*) AS n FROM latchkey.personal WHERE log = $1 AND leg = $2',
          [log, task.leg],
        )
      : await client.query<{ n: string }>(
          'SELECT count(*) AS n FROM latchkey.personal WHERE log = $1 AND name = $2 AND seq < $3',
          [log, task.purpose, task.before],
        );
  return Number(rows[0]?.n);
}

/** How many of these leaves still have their content; null where one of them has to keep it. */
async function weighPrune(client: Client, log: string, ranges: readonly Range[]): Promise<number | null> {
  let leaves = 0;
  for (const { from, to } of ranges) {
    const { rows } = await client.query<{ body: Buffer }>(
      'SELECT body FROM latchkey.leaves WHERE log = $1 AND seq BETWEEN $2 AND $3 AND body IS NOT NULL',
      [log, from, to],
    );
    for (const { body } of rows) {
      const entry = parseEntry(body);
      if (!entry.ok || (neverPruned as readonly string[]).includes(entry.value.type)) return null;
      leaves += 1;
    }
  }
  return leaves;
}

async function finishTask(
  client: Client,
  log: string,
  { id, removal }: DoneTask,
  seq: number,
): Promise<void> {
  if (removal !== null) await remove(client, log, removal);
  await client.query('UPDATE latchkey.tasks SET done = $1 WHERE id = $2 AND log = $3', [seq, id, log]);
}

async function remove(client: Client, log: string, task: Task): Promise<void> {
  if (task.kind === 'erase') {
    await client.query('DELETE FROM latchkey.personal WHERE log = $1 AND leg = $2', [log, task.leg]);
  } else if (task.kind === 'forget') {
    await client.query('DELETE FROM latchkey.personal WHERE log = $1 AND name = $2 AND seq < $3', [
      log,
      task.purpose,
      task.before,
    ]);
  } else if (task.kind === 'prune') {
    for (const { from, to } of task.ranges) {
      const where = 'WHERE log = $1 AND seq BETWEEN $2 AND $3';
      await client.query(`UPDATE latchkey.leaves SET body = NULL ${where}`, [log, from, to]);
      await client.query(`DELETE FROM latchkey.personal ${where}`, [log, from, to]);
    }
  }
}
