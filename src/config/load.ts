import { readFileSync } from 'node:fs';
import { Value } from 'typebox/value';
import { LatchkeyError } from '../base/errors.ts';
import { configSchema, type Config } from './schema.ts';
import { checkTrunks } from './trunk-check.ts';
import { parseWitnessKey } from './witness-key.ts';

const defaultsFile = new URL('../../config/default.json', import.meta.url);

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Objects are merged key by key; anything else in `over` replaces what is in `under`. */
function merge(under: Json, over: Json): Json {
  if (!isObject(under) || !isObject(over)) return over;
  const out: Record<string, Json> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = out[key];
    out[key] = below === undefined ? value : merge(below, value);
  }
  return out;
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

/**
 * The defaults with the operator's file over them, checked against the schema.
 *
 * @throws LatchkeyError `config-invalid` that names the path, what stands there and what is expected.
 */
export function loadConfig(file: string | null): Config {
  const merged = merge(readJson(defaultsFile), file === null ? {} : readJson(file));
  return checkConfig(merged);
}

/** The checked configuration. @throws LatchkeyError `config-invalid` */
export function checkConfig(value: unknown): Config {
  if (!Value.Check(configSchema, value)) {
    const [first] = Value.Errors(configSchema, value);
    throw new LatchkeyError(
      'config-invalid',
      first === undefined ? 'configuration refused' : describe(first, value),
    );
  }
  if (value.ledger.store === 'postgres' && value.ledger.postgres === null) {
    throw new LatchkeyError('config-invalid', 'ledger.postgres: missing, but ledger.store is "postgres"');
  }
  checkWitnesses(value.ledger.witnesses);
  checkTrunks(value.trunks);
  const { min, max } = value.media.rtpPorts;
  if (max - min < 3) {
    throw new LatchkeyError('config-invalid', `media.rtpPorts: ${min}-${max} leaves no room for two legs`);
  }
  const { expiresSeconds, minSeconds } = value.sip.sessionTimer;
  if (expiresSeconds !== null && expiresSeconds < minSeconds)
    throw new LatchkeyError('config-invalid', 'sip.sessionTimer: expiresSeconds is below minSeconds');
  const { protect, secretFile, token } = value.keys;
  if ((protect === 'passphrase' || protect === 'key-file') && secretFile === null) {
    throw new LatchkeyError('config-invalid', `keys.secretFile: missing, keys.protect is "${protect}"`);
  }
  if (protect === 'pkcs11' && token === null) {
    throw new LatchkeyError('config-invalid', 'keys.token: missing, keys.protect is "pkcs11"');
  }
  return value;
}

function checkWitnesses(witnesses: Config['ledger']['witnesses']): void {
  const names = new Set<string>();
  for (const { name, key, url } of witnesses) {
    const parsed = parseWitnessKey(key);
    const fault = parsed.ok
      ? urlFault(url)
      : `key is no verifier key of Ed25519 cosignatures (${parsed.reason})`;
    const twice = names.has(name) ? 'stands twice' : null;
    if (fault !== null || twice !== null)
      throw new LatchkeyError('config-invalid', `ledger.witnesses: ${name}: ${fault ?? twice ?? ''}`);
    names.add(name);
  }
}

function urlFault(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain =
    url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!plain || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    return 'url must be http:// or https:// without user, query or fragment';
  return text.endsWith('/') ? 'url must not end with a slash' : null;
}

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
}

function describe(error: SchemaError, root: unknown): string {
  const path = error.instancePath.split('/').slice(1);
  // A closed object schema refuses a further key with the schema `false` (JSON Schema 2020-12 §4.3.2).
  if (error.keyword === 'boolean')
    return `unknown key ${path.join('.')}; docs/configuration.md lists the keys there are`;
  let found: unknown = root;
  let schema: unknown = configSchema;
  for (const key of path) {
    found = (found as Record<string, unknown> | undefined)?.[key];
    schema = (schema as { properties?: Record<string, unknown> } | undefined)?.properties?.[key];
  }
  const meaning = (schema as { description?: string } | undefined)?.description;
  const hint = meaning === undefined ? '' : ` (${meaning})`;
  return `${path.join('.') || 'the file'}: ${found === undefined ? 'missing' : JSON.stringify(found).slice(0, 80)} ${error.message}${hint}`;
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
