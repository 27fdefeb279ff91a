import {
  afterFailure,
  delayAfter,
  forgottenAt,
  isLockedOut,
  type CountedFailure,
  type CountedName,
  type FailureCounts,
  type Failures,
  type RulesByKind,
} from '../call/failures.ts';
import type { SharingDatabase, Transaction } from './database.ts';
import type { HiddenName } from './names.ts';

export interface SharedFailuresOptions {
  readonly database: SharingDatabase;
  readonly rules: RulesByKind;
  readonly hide: HiddenName;
  /** Milliseconds since 1970: by the clock of the database, which all connectors have in common. */
  readonly now: (tx: Transaction) => Promise<number>;
}

/** The clock of the database. */
export async function databaseNow(tx: Transaction): Promise<number> {
  const [row] = await tx.rows<{ now: number }>(
    'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::double precision AS now',
  );
  return row?.now ?? NaN;
}

interface Row {
  readonly kind: string;
  readonly id: string;
  readonly count: number;
  readonly first_at: number;
  readonly locked_until: number;
  readonly lockouts: number;
  readonly forget_at: number;
}

/** Wrong PINs as all connectors of a group count them together. The room's name stands as it is, sources as keyed hashes. */
export function sharedFailures({ database, rules, hide, now }: SharedFailuresOptions): FailureCounts {
  const { group } = database;
  const stored = ({ kind, id }: CountedName): string => (kind === 'meeting' ? id : hide(id));
  const read = async (
    tx: Transaction,
    names: readonly CountedName[],
    at: number,
  ): Promise<(Failures | null)[]> => {
    const rows = await tx.rows<Row>(
      `SELECT * FROM latchkey_sharing.failures
       WHERE grp = $1 AND (kind, id) IN (SELECT * FROM unnest($2::text[], $3::text[]))`,
      [group, names.map(({ kind }) => kind), names.map(stored)],
    );
    return names.map((name) => {
      const row = rows.find(({ kind, id }) => kind === name.kind && id === stored(name));
      if (row === undefined || at > row.forget_at) return null;
      const { count, first_at: firstAt, locked_until: lockedUntil, lockouts } = row;
      return { count, firstAt, lockedUntil, lockouts };
    });
  };
  return {
    lockedOut: (names) =>
      database.transaction(async (tx) => {
        const at = await now(tx);
        const known = await read(tx, names, at);
        return known.map((each) => isLockedOut(each, at));
      }),
    failed: (names) =>
      database.transaction(async (tx): Promise<CountedFailure[]> => {
        // In one order, so that two who fail at once wait for one another and never both.
        const inOrder = names.toSorted((a, b) => (a.kind + stored(a) < b.kind + stored(b) ? -1 : 1));
        for (const name of inOrder) await lock(tx, group, [name.kind, stored(name)]);
        const at = await now(tx);
        const known = await read(tx, names, at);
        const after = names.map((name, i) => afterFailure(known[i] ?? null, at, rules[name.kind]));
        for (const [i, failures] of after.entries()) {
          const name = names[i];
          if (name === undefined) continue;
          const { count, firstAt, lockedUntil, lockouts } = failures;
          await tx.rows(
            `UPDATE latchkey_sharing.failures
             SET count = $4, first_at = $5, locked_until = $6, lockouts = $7, forget_at = $8
             WHERE grp = $1 AND kind = $2 AND id = $3`,
            [
              ...[group, name.kind, stored(name), count, firstAt, lockedUntil, lockouts],
              forgottenAt(failures, rules[name.kind]),
            ],
          );
        }
        await tx.rows(sweepSql, [group, at]);
        return after.map((each) => ({ lockedOut: isLockedOut(each, at), delayMs: delayAfter(each) }));
      }),
    async succeeded(name) {
      await database.rows('DELETE FROM latchkey_sharing.failures WHERE grp = $1 AND kind = $2 AND id = $3', [
        group,
        name.kind,
        stored(name),
      ]);
    },
  };
}

/** What others have in hand is left to them. */
const sweepSql = `
  DELETE FROM latchkey_sharing.failures WHERE (grp, kind, id) IN (
    SELECT grp, kind, id FROM latchkey_sharing.failures
    WHERE grp = $1 AND forget_at < $2 LIMIT 200 FOR UPDATE SKIP LOCKED)`;

/** Its row is there afterwards, and this transaction's alone. What it says of no failure is nothing. */
async function lock(tx: Transaction, group: string, [kind, id]: readonly [string, string]): Promise<void> {
  await tx.rows(
    `INSERT INTO latchkey_sharing.failures AS f (grp, kind, id, count, first_at, locked_until, lockouts, forget_at)
     VALUES ($1, $2, $3, 0, 0, 0, 0, 0) ON CONFLICT (grp, kind, id) DO UPDATE SET count = f.count`,
    [group, kind, id],
  );
}
