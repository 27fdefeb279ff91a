import { readFileSync } from 'node:fs';
import pg from 'pg';
import { LatchkeyError } from '../base/errors.ts';
import { parsePostgresUrl, type PostgresAddress, type PostgresPlace } from './postgres-place.ts';

const connectMs = 10_000;

export interface ConnectOptions {
  /** A query that takes longer fails, and with it the connection. 0: no limit. */
  readonly queryMs: number;
  onLost?(reason: string): void;
}

/** @throws LatchkeyError `config-invalid`, `ledger-unavailable`; no message holds URL or password */
export async function connectPostgres(place: PostgresPlace, options: ConnectOptions): Promise<pg.Client> {
  const client = new pg.Client({
    ...clientSettings(place, 'ledger.postgres'),
    application_name: `latchkey ledger ${place.log}`,
    connectionTimeoutMillis: connectMs,
    query_timeout: options.queryMs,
    keepAlive: true,
  });
  client.on('error', (error) => options.onLost?.(error.message));
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw postgresFailure('the database of the ledger cannot be reached', error);
  }
}

/** What the driver needs to reach the server. `setting`: which part of the configuration errors name. @throws LatchkeyError `config-invalid` */
export function clientSettings(
  { url, passwordFile }: Pick<PostgresPlace, 'url' | 'passwordFile'>,
  setting: string,
) {
  const address = parsePostgresUrl(url);
  if (!address.ok) throw new LatchkeyError('config-invalid', `${setting}.url: ${address.reason}`);
  const { host, port, user, database, tls } = address.value;
  return {
    ...{ host, port, user, database },
    // A password that is undefined would be looked for in the environment.
    password: passwordFile === null ? '' : readPassword(passwordFile, setting),
    ssl: tlsOf(tls, setting),
  };
}

function readPassword(file: string, setting: string): string {
  try {
    const line = readFileSync(file, 'utf8').trim();
    if (line !== '' && !line.includes('\n')) return line;
  } catch (error) {
    throw new LatchkeyError('config-invalid', `${setting}.passwordFile: cannot read ${file}`, {
      cause: error,
    });
  }
  throw new LatchkeyError('config-invalid', `${setting}.passwordFile: ${file} must hold exactly one line`);
}

function tlsOf(
  tls: PostgresAddress['tls'],
  setting: string,
): false | { ca?: Buffer; rejectUnauthorized: true } {
  if (tls === null) return false;
  if (tls.rootCertFile === null) return { rejectUnauthorized: true };
  try {
    return { rejectUnauthorized: true, ca: readFileSync(tls.rootCertFile) };
  } catch (error) {
    throw new LatchkeyError('config-invalid', `${setting}.url: cannot read ${tls.rootCertFile}`, {
      cause: error,
    });
  }
}

/** A `LatchkeyError` for whatever the driver threw. PostgreSQL's messages quote no parameters. */
export function postgresFailure(what: string, error: unknown): LatchkeyError {
  if (error instanceof LatchkeyError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new LatchkeyError('ledger-unavailable', `${what}: ${detail}`, { cause: error });
}
