import type { HoldersOf } from '../call/ownership.ts';
import type { SharingDatabase } from './database.ts';

interface Row {
  readonly meeting: string;
  readonly owner: string;
  readonly run: string;
  readonly since: number | null;
  readonly expires: number;
  readonly left: number;
}

/** Which connectors serve meetings, read only: nothing is taken, locked or prolonged. `run`: of this start of this connector. */
export function sharedHolders(database: SharingDatabase, run: string): HoldersOf {
  return async (meetings) => {
    if (meetings.length === 0) return new Map();
    const rows = await database.rows<Row>(
      `SELECT meeting, owner, run,
              (extract(epoch FROM since) * 1000)::double precision AS since,
              (extract(epoch FROM expires) * 1000)::double precision AS expires,
              (extract(epoch FROM expires - clock_timestamp()) * 1000)::double precision AS left
       FROM latchkey_sharing.owners
       WHERE grp = $1 AND meeting = ANY($2::text[]) AND run <> '' AND expires > clock_timestamp()`,
      [database.group, meetings],
    );
    return new Map(
      rows.map(({ meeting, owner: log, run: theirs, since, expires, left }) => [
        meeting,
        {
          ...{ log, here: theirs === run },
          since: since === null ? null : Math.round(since),
          ...{ expiresAt: Math.round(expires), leftMs: Math.max(0, Math.round(left)) },
        },
      ]),
    );
  };
}
