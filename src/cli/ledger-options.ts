import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { LatchkeyError } from '../base/errors.ts';
import { loadConfig } from '../config/load.ts';
import { ledgerFile } from '../ledger/files.ts';

/** The options that every ledger command takes. */
const common = {
  config: { type: 'string' },
  data: { type: 'string' },
  file: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsOptionsConfig;

export const commonHelp = `  --data DIR      folder of the ledger; otherwise dataDir of the configuration
  --config FILE   configuration file that names dataDir
  --json          one JSON object on standard output
  -h, --help      this text
`;

/** @throws LatchkeyError `usage` */
export function parseOptions<const T extends ParseArgsOptionsConfig>(args: readonly string[], own: T) {
  try {
    return parseArgs({ args: [...args], options: { ...common, ...own } }).values;
  } catch (error) {
    throw new LatchkeyError('usage', error instanceof Error ? error.message : 'unknown option', {
      cause: error,
    });
  }
}

export interface Where {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  readonly file?: string | undefined;
}

export function dataDirOf({ config, data }: Where): string {
  return data ?? loadConfig(config ?? null).dataDir;
}

/** The ledger or export to read. */
export function fileOf(where: Where): string {
  return where.file ?? ledgerFile(dataDirOf(where));
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
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
