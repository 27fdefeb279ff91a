import { parseJcs, jcsText, type JcsRefusal, type Json, type JsonObject } from '../base/jcs.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { eventTypes, type LedgerEntry } from './event.ts';

/**
 * A leaf's bytes are the JCS form (RFC 8785) of its entry, nothing else: no length, no version byte before it.
 *
 *   {"at":…,"data":{…},"jws":"…","leg":"…","meeting":"…","mono":…,"run":"…","seq":…,"type":"…","v":1}
 */
export const maxLeafBytes = 65_536;
/** Room for a registration; a signed message is bounded by its JWS alone. */
const maxTextLength = 8_192;
const maxListLength = 512;
const maxDataNames = 32;
/** 16 KiB of payload in base64url, and the rest of a compact JWS (docs/protocol.md). */
const maxJwsLength = 22_528;

export type EntryRefusal =
  JcsRefusal | 'too-long' | 'not-an-object' | 'unknown-field' | 'missing-field' | 'bad-field' | 'bad-data';

/** The bytes of a leaf, or why this entry may not become one. */
export function entryBytes(entry: LedgerEntry): Result<Uint8Array<ArrayBuffer>, EntryRefusal> {
  const checked = checkEntry(entry as unknown as JsonObject);
  if (!checked.ok) return checked;
  const text = entryText(entry);
  if (!text.ok) return text;
  const bytes = Buffer.from(text.value);
  return bytes.length > maxLeafBytes ? refuse('too-long') : ok(bytes);
}

/** The JCS form of a checked entry: what stands in it needs no escaping, apart from `data`. */
function entryText(entry: LedgerEntry): Result<string, JcsRefusal> {
  const { at, mono, run, seq, type, v } = entry;
  let data = '';
  if (entry.data !== undefined) {
    const text = jcsText(entry.data);
    if (!text.ok) return text;
    data = `"data":${text.value},`;
  }
  const [bridge, jws] = [member('bridge', entry.bridge), member('jws', entry.jws)];
  const [leg, meeting] = [member('leg', entry.leg), member('meeting', entry.meeting)];
  const end = `"mono":${mono},"run":"${run}","seq":${seq},"type":"${type}","v":${v}}`;
  return ok(`{"at":${at},${bridge}${data}${jws}${leg}${meeting}${end}`);
}

const member = (name: string, value: string | undefined): string =>
  value === undefined ? '' : `"${name}":"${value}",`;

/** The entry, where the bytes are exactly what `entryBytes` would write for it. */
export function parseEntry(bytes: Uint8Array): Result<LedgerEntry, EntryRefusal> {
  if (bytes.length > maxLeafBytes) return refuse('too-long');
  const json = parseJcs(bytes);
  if (!json.ok) return json;
  if (!isObject(json.value)) return refuse('not-an-object');
  return checkEntry(json.value);
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

type Check = (value: Json) => boolean;
const isCount: Check = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
/** Ids are base64url of at most 32 bytes. */
const isId: Check = (value) => typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value);
const isJws: Check = (value) =>
  typeof value === 'string' &&
  value.length <= maxJwsLength &&
  /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(value);
const isType: Check = (value) => (eventTypes as readonly Json[]).includes(value);

const required = ['v', 'seq', 'at', 'mono', 'run', 'type'] as const;
const checks: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['v', (value) => value === 1],
  ['seq', isCount],
  ['at', isCount],
  ['mono', isCount],
  ['run', isId],
  ['type', isType],
  ['meeting', isId],
  ['bridge', isId],
  ['leg', isId],
  ['jws', isJws],
  ['data', (value) => isObject(value) && isData(value)],
]);

function checkEntry(entry: JsonObject): Result<LedgerEntry, EntryRefusal> {
  for (const name of required) if (!Object.hasOwn(entry, name)) return refuse('missing-field');
  for (const name of Object.keys(entry)) {
    const check = checks.get(name);
    const value = entry[name];
    if (check === undefined) return refuse('unknown-field');
    if (value === undefined || !check(value)) return refuse(name === 'data' ? 'bad-data' : 'bad-field');
  }
  return ok(entry as unknown as LedgerEntry);
}

/** Strings, integers, booleans and lists of strings only: one level, so that a reader needs no recursion. */
function isData(data: JsonObject): boolean {
  const names = Object.keys(data);
  return (
    names.length <= maxDataNames &&
    names.every((name) => /^[a-z][A-Za-z0-9]{0,63}$/.test(name) && isDatum(data[name]))
  );
}

function isDatum(value: Json | undefined): boolean {
  if (typeof value === 'string') return value.length <= maxTextLength;
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (typeof value === 'boolean') return true;
  return (
    Array.isArray(value) &&
    value.length <= maxListLength &&
    value.every((item) => typeof item === 'string' && item.length <= maxTextLength)
  );
}
