import type { ParseArgsOptionsConfig } from 'node:util';
import { LatchkeyError } from '../base/errors.ts';
import { parseCommandLine } from './command-line.ts';

const common = {
  dir: { type: 'string' },
  'passphrase-file': { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsOptionsConfig;

export const operatorHelp = `  --dir DIR               the operator's folder: keep it offline, with a copy
  --passphrase-file FILE  one line; otherwise it is asked for at the terminal
  --json                  one JSON object on standard output
  -h, --help              this text
`;

/** @throws LatchkeyError `usage` */
export function parseOperator<const T extends ParseArgsOptionsConfig>(args: readonly string[], own: T) {
  return parseCommandLine(args, { ...common, ...own }).values;
}

/** @throws LatchkeyError `usage` */
export function must(option: string, value: string | undefined): string {
  if (value !== undefined && value !== '') return value;
  throw new LatchkeyError('usage', `give --${option}`);
}

/** Wall time `days` from now; 0 days: no end. @throws LatchkeyError `usage` */
export function endAfter(days: string, nowMs: number): number {
  const count = Number(days);
  if (!/^\d{1,5}$/.test(days))
    throw new LatchkeyError('usage', '--days takes a whole number of days, 0 for no end');
  return count === 0 ? 0 : nowMs + count * 24 * 3_600_000;
}

export const dateText = (ms: number): string =>
  ms === 0 ? 'no end' : new Date(ms).toISOString().slice(0, 10);
