import type { Client } from 'pg';
import { LatchkeyError } from '../base/errors.ts';

/** Each step brings the schema `latchkey` one version up. Steps are never edited. */
const migrations: readonly string[] = [
  `
  CREATE TABLE latchkey.logs (      -- one row a log; its update is what makes a batch the next one
    log TEXT PRIMARY KEY,
    size BIGINT NOT NULL,
    note TEXT                       -- the newest checkpoint; it covers the whole log
  );
  CREATE TABLE latchkey.leaves (
    log TEXT NOT NULL,
    seq BIGINT NOT NULL,
    body BYTEA,                     -- NULL where it was pruned: hash and proofs stay
    hash BYTEA NOT NULL,
    PRIMARY KEY (log, seq)
  );
  CREATE TABLE latchkey.tiles (
    log TEXT NOT NULL,
    idx BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (log, idx)
  );
  CREATE TABLE latchkey.checkpoints (
    log TEXT NOT NULL,
    size BIGINT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (log, size)
  );
  CREATE TABLE latchkey.personal (
    log TEXT NOT NULL,
    seq BIGINT NOT NULL,
    name TEXT NOT NULL,
    leg TEXT NOT NULL,              -- '' where the leaf is about one caller only
    salt TEXT NOT NULL,
    value BYTEA NOT NULL,           -- UTF-8; PostgreSQL's own text takes no U+0000
    PRIMARY KEY (log, seq, name, leg)
  );
  CREATE INDEX personal_of_leg ON latchkey.personal (log, leg);
  CREATE TABLE latchkey.marks (
    log TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (log, name)
  );
  CREATE TABLE latchkey.tasks (
    id BIGSERIAL PRIMARY KEY,
    log TEXT NOT NULL,
    task TEXT NOT NULL,
    done BIGINT                     -- position of the leaf that accounts for it; NULL until then
  );
  CREATE INDEX tasks_open ON latchkey.tasks (log, id) WHERE done IS NULL;

  -- The combined view: every event of every connector.
  CREATE VIEW latchkey.events AS
    SELECT log, seq, to_timestamp((leaf ->> 'at')::bigint / 1000.0) AS at, leaf ->> 'run' AS run,
           leaf ->> 'type' AS type, leaf ->> 'meeting' AS meeting, leaf ->> 'bridge' AS bridge,
           leaf ->> 'leg' AS leg, leaf -> 'data' AS data, leaf ->> 'jws' AS jws
    FROM (
      SELECT log, seq, convert_from(body, 'UTF8')::json AS leaf FROM latchkey.leaves WHERE body IS NOT NULL
    ) AS read;
  `,
];

/** Any number that nobody else in the database uses: connectors that start together migrate one after the other. */
const migrationLock = 0x4c74_6368;

/** @throws LatchkeyError `ledger-unavailable` where the schema was made by a newer Latchkey */
export async function migratePostgres(client: Client): Promise<void> {
  await client.query('BEGIN');
  await client.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
  await client.query('CREATE SCHEMA IF NOT EXISTS latchkey');
  await client.query(`CREATE TABLE IF NOT EXISTS latchkey.migrations (
    version INTEGER PRIMARY KEY, at TIMESTAMPTZ NOT NULL DEFAULT now())`);
  const found = await client.query<{ version: number | null }>(
    'SELECT max(version) AS version FROM latchkey.migrations',
  );
  const version = found.rows[0]?.version ?? 0;
  if (version > migrations.length) {
    throw new LatchkeyError(
      'ledger-unavailable',
      `the database has ledger format ${version}, made by a newer Latchkey`,
    );
  }
  for (const [step, sql] of migrations.entries()) {
    if (step < version) continue;
    await client.query(sql);
    await client.query('INSERT INTO latchkey.migrations (version) VALUES ($1)', [step + 1]);
  }
  await client.query('COMMIT');
}

/** Settings without which a commit that was acknowledged could be lost with the power. */
const durable = [
  { name: 'fsync', values: ['on'] },
  { name: 'full_page_writes', values: ['on'] },
  // With a synchronous standby, on and remote_apply wait for it too; without one all three mean the local disk.
  { name: 'synchronous_commit', values: ['on', 'remote_apply'] },
];

/** @throws LatchkeyError `ledger-unavailable` that names the setting */
export async function checkDurability(client: Client): Promise<void> {
  await client.query('SET synchronous_commit = on');
  for (const { name, values } of durable) {
    const { rows } = await client.query<{ value: string }>('SELECT current_setting($1) AS value', [name]);
    const value = rows[0]?.value ?? 'unknown';
    if (values.includes(value)) continue;
    throw new LatchkeyError(
      'ledger-unavailable',
      `the database has ${name} = ${value}: what it acknowledges may be lost with the power`,
    );
  }
}

/** The lock of a log's one writer. Held until the session ends, however it ends. @throws LatchkeyError `ledger-in-use` */
export async function takeLog(client: Client, log: string): Promise<void> {
  const locked = await client.query<{ taken: boolean }>(
    `SELECT pg_try_advisory_lock(hashtextextended('latchkey ledger ' || $1, 0)) AS taken`,
    [log],
  );
  if (locked.rows[0]?.taken !== true) {
    throw new LatchkeyError('ledger-in-use', `another process writes the log “${log}”`);
  }
}
