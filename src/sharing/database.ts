import pg from 'pg';
import { LatchkeyError } from '../base/errors.ts';
import { clientSettings } from '../ledger/postgres-connect.ts';

/** Where connectors keep what they share. Holds no password: that stays in its file until a connection is made. */
export interface SharingPlace {
  /** `postgres://user@host:port/database`, and no password in it. */
  readonly url: string;
  readonly passwordFile: string | null;
  /** Which connectors belong together: others in the same database see nothing of them. */
  readonly group: string;
}

/** One transaction: what is asked in it sees nothing of half-done changes, and all of it is kept or nothing. */
export interface Transaction {
  rows<T extends object>(sql: string, values?: readonly unknown[]): Promise<T[]>;
}

export interface SharingDatabase {
  readonly group: string;
  /** @throws LatchkeyError `sharing-unavailable` */
  transaction<T>(job: (tx: Transaction) => Promise<T>): Promise<T>;
  /** One statement. @throws LatchkeyError `sharing-unavailable` */
  rows<T extends object>(sql: string, values?: readonly unknown[]): Promise<T[]>;
  close(): Promise<void>;
}

/** A server that takes this long is as good as none: callers wait for the answer, and leases run out. */
const answerMs = 3_000;
const mostConnections = 6;

/** Nothing is opened before the first question. @throws LatchkeyError `config-invalid` */
export function openSharing(place: SharingPlace): SharingDatabase {
  const pool = new pg.Pool({
    ...clientSettings(place, 'sharing'),
    application_name: `latchkey sharing ${place.group}`,
    connectionTimeoutMillis: answerMs,
    query_timeout: answerMs,
    keepAlive: true,
    max: mostConnections,
  });
  // Of connections that nobody uses at the moment: the next question finds out.
  pool.on('error', () => undefined);

  const transaction = async <T>(job: (tx: Transaction) => Promise<T>): Promise<T> => {
    let client: pg.PoolClient | null = null;
    try {
      client = await pool.connect();
      // A connector that stops in the middle must not keep the others waiting for its locks.
      await client.query(
        `BEGIN; SET LOCAL idle_in_transaction_session_timeout = ${answerMs}; SET LOCAL lock_timeout = ${answerMs}`,
      );
      const use = client;
      const value = await job({
        async rows<R extends object>(sql: string, values: readonly unknown[] = []) {
          return (await use.query<R>(sql, [...values])).rows;
        },
      });
      await client.query('COMMIT');
      client.release();
      return value;
    } catch (error) {
      // Whatever state the connection is in, its transaction ends with it.
      client?.release(true);
      throw sharingFailure(error);
    }
  };
  return {
    group: place.group,
    transaction,
    async rows<T extends object>(sql: string, values: readonly unknown[] = []) {
      try {
        return (await pool.query<T>(sql, [...values])).rows;
      } catch (error) {
        throw sharingFailure(error);
      }
    },
    close: () => pool.end(),
  };
}

/** PostgreSQL's messages quote no parameters. */
function sharingFailure(error: unknown): LatchkeyError {
  if (error instanceof LatchkeyError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new LatchkeyError('sharing-unavailable', `the database that connectors share: ${detail}`, {
    cause: error,
  });
}
