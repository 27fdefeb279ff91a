import { LatchkeyError } from '../base/errors.ts';
import type { SharingDatabase } from './database.ts';

/**
 * A schema of its own, apart from the ledger's: the process that uses it parses SIP and HTTP, and the database role that it
 * uses needs no right to any ledger. Each step brings it one version up. Steps are never edited.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE latchkey_sharing.groups (     -- one row a group; its lock makes changes of meetings one after the other
    grp TEXT PRIMARY KEY,
    revision BIGINT NOT NULL
  );
  CREATE TABLE latchkey_sharing.meetings (
    grp TEXT NOT NULL,
    name TEXT NOT NULL,
    revision BIGINT NOT NULL,                -- of the change that it comes from
    record JSONB,                            -- as in meetings.json: hashes of PINs, none in clear; NULL: it is gone
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (grp, name)
  );
  CREATE INDEX meetings_news ON latchkey_sharing.meetings (grp, revision);
  CREATE TABLE latchkey_sharing.owners (     -- which connector serves a meeting
    grp TEXT NOT NULL,
    meeting TEXT NOT NULL,
    number BIGINT NOT NULL,                  -- grows with each connector that takes it
    owner TEXT NOT NULL,                     -- name of its log
    run TEXT NOT NULL,                       -- of this start of it; '' where it was given back
    contact TEXT,
    expires TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (grp, meeting)
  );
  CREATE TABLE latchkey_sharing.failures (   -- wrong PINs; times in ms since 1970, of this server
    grp TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,                        -- a keyed hash, never a number or an address
    count INTEGER NOT NULL,
    first_at DOUBLE PRECISION NOT NULL,
    locked_until DOUBLE PRECISION NOT NULL,
    lockouts INTEGER NOT NULL,
    forget_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (grp, kind, id)
  );
  CREATE INDEX failures_old ON latchkey_sharing.failures (forget_at);
  CREATE TABLE latchkey_sharing.sent_away (  -- callers whose meeting was elsewhere
    grp TEXT NOT NULL,
    caller TEXT NOT NULL,                    -- a keyed hash
    meeting TEXT NOT NULL,
    expires TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (grp, caller)
  );
  `,
  `
  ALTER TABLE latchkey_sharing.owners ADD COLUMN since TIMESTAMPTZ;  -- of this holder; NULL: taken before there was this column
  CREATE TABLE latchkey_sharing.connectors ( -- which connectors a group has, and whose they are
    grp TEXT NOT NULL,
    log TEXT NOT NULL,
    operator TEXT NOT NULL,                  -- thumbprint of the operator's public key
    seen TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (grp, log)
  );
  `,
];

/** Any number that nobody else in the database uses: connectors that start together migrate one after the other. */
const migrationLock = 0x4c74_6369;

/** @throws LatchkeyError `sharing-unavailable` where it cannot be made, or was made by a newer Latchkey */
export async function migrateSharing(database: SharingDatabase): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.rows('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
    const [schema] = await tx.rows(`SELECT 1 FROM pg_namespace WHERE nspname = 'latchkey_sharing'`);
    // Whoever may not make schemas may still use one that was made for him.
    if (schema === undefined) await tx.rows('CREATE SCHEMA latchkey_sharing');
    await tx.rows(`CREATE TABLE IF NOT EXISTS latchkey_sharing.migrations (
      version INTEGER PRIMARY KEY, at TIMESTAMPTZ NOT NULL DEFAULT now())`);
    const [found] = await tx.rows<{ version: number | null }>(
      'SELECT max(version) AS version FROM latchkey_sharing.migrations',
    );
    const version = found?.version ?? 0;
    if (version > migrations.length) {
      throw new LatchkeyError(
        'sharing-unavailable',
        `the database has sharing format ${version}, made by a newer Latchkey`,
      );
    }
    for (const [step, sql] of migrations.entries()) {
      if (step < version) continue;
      await tx.rows(sql);
      await tx.rows('INSERT INTO latchkey_sharing.migrations (version) VALUES ($1)', [step + 1]);
    }
    await tx.rows(
      'INSERT INTO latchkey_sharing.groups (grp, revision) VALUES ($1, 0) ON CONFLICT DO NOTHING',
      [database.group],
    );
  });
}
