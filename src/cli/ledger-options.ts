import type { ParseArgsOptionsConfig } from 'node:util';
import { LatchkeyError } from '../base/errors.ts';
import { parseCommandLine } from './command-line.ts';
import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ledgerPlace, loadConfig } from '../config/load.ts';
import { ledgerFile } from '../ledger/files.ts';
import type { PostgresPlace } from '../ledger/postgres-place.ts';

/** The options that every ledger command takes. */
const common = {
  config: { type: 'string' },
  data: { type: 'string' },
  file: { type: 'string' },
  log: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsOptionsConfig;

export const commonHelp = `  --data DIR      folder of the ledger; otherwise dataDir of the configuration
  --config FILE   configuration file that names dataDir, or the database of the ledger
  --log NAME      another log in that database than the configured one
  --json          one JSON object on standard output
  -h, --help      this text
`;

/** @throws LatchkeyError `usage` */
export function parseOptions<const T extends ParseArgsOptionsConfig>(args: readonly string[], own: T) {
  return parseCommandLine(args, { ...common, ...own }).values;
}

export interface Where {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  readonly file?: string | undefined;
  readonly log?: string | undefined;
}

export function dataDirOf({ config, data }: Where): string {
  return data ?? loadConfig(config ?? null).dataDir;
}

/** The log in a database that is meant; null where it is a file. */
export function postgresOf({ config, data, file, log }: Where): PostgresPlace | null {
  if (data !== undefined || file !== undefined) return null;
  const { postgres } = ledgerPlace(loadConfig(config ?? null));
  if (postgres === undefined && log !== undefined)
    throw new LatchkeyError('usage', '--log needs a configuration with ledger.store "postgres"');
  return postgres === undefined ? null : { ...postgres, log: log ?? postgres.log };
}

/**
 * The ledger or export to read. Of a log in a database, a copy of its present state that goes when this process ends: what
 * reads ledgers needs to know one kind of file only.
 */
export async function fileOf(where: Where): Promise<string> {
  const postgres = postgresOf(where);
  if (postgres === null) return where.file ?? ledgerFile(dataDirOf(where));
  const file = await temporaryCopy(postgres);
  if (file !== null) return file;
  throw new LatchkeyError('usage', `there is no log “${postgres.log}” in the database`);
}

/** Null where there is no such log. */
export async function temporaryCopy(postgres: PostgresPlace): Promise<string | null> {
  const { copyFromPostgres } = await import('../ledger/postgres-copy.ts');
  const dir = mkdtempSync(join(tmpdir(), 'latchkey-ledger-'));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, `${postgres.log}.sqlite`);
  return (await copyFromPostgres(postgres, file)) ? file : null;
}

export function print(text: string): void {
  if (!watched) {
    watched = true;
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(0);
    });
  }
  process.stdout.write(`${text}\n`);
}

/** Whether it is known that who reads may have read enough: `latchkey … | head`. */
let watched = false;

/** How long one that reads slowly is given before he is asked again, in ms. */
const slowReaderMs = 5;
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * All of it, whatever the descriptor is: a pipe that does not block takes a part, or nothing for now. False where nobody reads any
 * more.
 */
export function writeAll(out: number, text: string): boolean {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(out, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') return false;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, slowReaderMs);
    }
  }
  return true;
}

/** Wall-clock time to the millisecond, UTC. */
export const timeText = (ms: number): string => new Date(ms).toISOString().replace('T', ' ');

export function durationText(ms: number): string {
  const seconds = Math.round(ms / 100) / 10;
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.floor(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Enough of an id to tell it from others on a screen. */
export const shortId = (id: string): string => (id.length > 10 ? `${id.slice(0, 8)}…` : id);
