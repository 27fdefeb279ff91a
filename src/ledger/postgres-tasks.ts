import type { Client } from 'pg';
import { connectPostgres, postgresFailure } from './postgres-connect.ts';
import type { PostgresPlace } from './postgres-place.ts';
import { taskText, type Task } from './tasks.ts';

const queryMs = 30_000;

/** The operator's side of the task table, as in task-queue.ts. @throws LatchkeyError `ledger-unavailable` */
export function queueInPostgres(place: PostgresPlace, tasks: readonly Task[]): Promise<number[]> {
  return withClient(place, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      'INSERT INTO latchkey.tasks (log, task) SELECT $1, unnest($2::text[]) RETURNING id',
      [place.log, tasks.map(taskText)],
    );
    return rows.map(({ id }) => Number(id));
  });
}

/** Positions of the leaves that account for these tasks; null where one is still open. */
export function outcomesInPostgres(place: PostgresPlace, ids: readonly number[]): Promise<(number | null)[]> {
  return withClient(place, async (client) => {
    const { rows } = await client.query<{ id: string; done: string | null }>(
      'SELECT id, done FROM latchkey.tasks WHERE log = $1 AND id = ANY($2::bigint[])',
      [place.log, ids],
    );
    const done = new Map(rows.map((row) => [Number(row.id), row.done === null ? null : Number(row.done)]));
    return ids.map((id) => done.get(id) ?? null);
  });
}

async function withClient<T>(place: PostgresPlace, job: (client: Client) => Promise<T>): Promise<T> {
  const client = await connectPostgres(place, { queryMs });
  try {
    return await job(client);
  } catch (error) {
    throw postgresFailure('the tasks of the ledger cannot be reached', error);
  } finally {
    await client.end().catch(() => undefined);
  }
}
