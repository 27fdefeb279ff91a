import { readFileSync } from 'node:fs';
import { LatchkeyError } from '../base/errors.ts';
import { schemaFaults, type ConfigFault } from './faults.ts';
import { ruleFaults } from './rules.ts';
import { configSchema, type Config } from './schema.ts';

const defaultsFile = new URL('../../config/default.json', import.meta.url);

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Objects are merged key by key; anything else in `over` replaces what is in `under`. */
function merge(under: Json, over: Json): Json {
  if (!isObject(under) || !isObject(over)) return over;
  const out = new Map<string, Json>(Object.entries(under));
  for (const [key, value] of Object.entries(over)) {
    const below = out.get(key);
    out.set(key, below === undefined ? value : merge(below, value));
  }
  // As own keys, `__proto__` too: the schema refuses it by its name, where an assignment would have hidden what it holds.
  return Object.fromEntries(out);
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readJson(file: string | URL): Json {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new LatchkeyError('config-invalid', `cannot read the configuration file ${String(file)}`, {
      cause: error,
    });
  }
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const detail = error instanceof Error ? error.message : '';
    throw new LatchkeyError('config-invalid', `${String(file)} is not JSON: ${detail}`, { cause: error });
  }
}

/** The defaults with the operator's file over them, as it stands. @throws LatchkeyError `config-invalid`: no file, or no JSON */
export function mergedConfig(file: string | null): unknown {
  return merge(readJson(defaultsFile), file === null ? {} : readJson(file));
}

/**
 * The defaults with the operator's file over them, checked against schema and rules.
 *
 * @throws LatchkeyError `config-invalid` that names the path, what stands there and what is expected.
 */
export function loadConfig(file: string | null): Config {
  return checkConfig(mergedConfig(file));
}

/** Everything that is wrong with it: what the schema refuses or, where it refuses nothing, what the rules do. */
export function configFaults(value: unknown): readonly ConfigFault[] {
  const faults = schemaFaults(configSchema, value);
  return faults.length > 0 ? faults : [...ruleFaults(value as Config)];
}

/** The checked configuration. @throws LatchkeyError `config-invalid` */
export function checkConfig(value: unknown): Config {
  const [first, ...more] = configFaults(value);
  if (first === undefined) return value as Config;
  const others = more.length === 0 ? '' : `; and ${more.length} more: "latchkey config check" lists all`;
  throw new LatchkeyError('config-invalid', `${first.text}${others}`);
}

/** The one line of a secret file. @throws LatchkeyError `config-invalid` that names the setting, never the content. */
export function readSecretFile(setting: string, file: string): string {
  try {
    const line = readFileSync(file, 'utf8').trim();
    if (line !== '' && !line.includes('\n')) return line;
  } catch (error) {
    throw new LatchkeyError('config-invalid', `${setting}: cannot read ${file}`, { cause: error });
  }
  throw new LatchkeyError('config-invalid', `${setting}: ${file} must hold exactly one line`);
}

/** Where the ledger is, for whoever starts the vault: nothing for the file in dataDir. */
export function ledgerPlace({ ledger }: Config): { postgres?: NonNullable<Config['ledger']['postgres']> } {
  return ledger.store === 'postgres' && ledger.postgres !== null ? { postgres: ledger.postgres } : {};
}
