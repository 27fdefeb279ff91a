import { utf8, utf8Text } from './bytes.ts';
import { ok, refuse, type Result } from './result.ts';

/**
 * JSON Canonicalization Scheme (RFC 8785), narrowed to what our signed messages and ledger leaves may hold: integers up
 * to 2^53-1, well-formed strings, no nesting beyond 16. Runs in Node and in the browser alike.
 */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export type JcsRefusal =
  | 'not-utf8'
  | 'not-json'
  | 'not-canonical'
  | 'too-deep'
  | 'not-an-integer'
  | 'lone-surrogate'
  | 'not-a-json-value';

const maxDepth = 16;

/** The canonical text of a value, or why it has none. Members that are undefined are left out, as in JSON. */
export function jcsText(value: unknown, depth = 0): Result<string, JcsRefusal> {
  if (depth > maxDepth) return refuse('too-deep');
  if (value === null || typeof value === 'boolean') return ok(String(value));
  if (typeof value === 'string') return stringText(value);
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? ok(JSON.stringify(value)) : refuse('not-an-integer');
  }
  if (Array.isArray(value)) return listText(value, depth);
  if (typeof value === 'object') return objectText(value, depth);
  return refuse('not-a-json-value');
}

/** RFC 8785 §3.2.2.2 is what JSON.stringify does (ECMA-262), apart from lone surrogates, which are an error. */
function stringText(value: string): Result<string, JcsRefusal> {
  return value.isWellFormed() ? ok(JSON.stringify(value)) : refuse('lone-surrogate');
}

function listText(list: readonly unknown[], depth: number): Result<string, JcsRefusal> {
  const parts: string[] = [];
  for (const item of list) {
    const text = jcsText(item, depth + 1);
    if (!text.ok) return text;
    parts.push(text.value);
  }
  return ok(`[${parts.join(',')}]`);
}

/** RFC 8785 §3.2.3: members sorted by the UTF-16 code units of their names, which is what sort() compares. */
function objectText(object: object, depth: number): Result<string, JcsRefusal> {
  const members = object as Record<string, unknown>;
  const parts: string[] = [];
  for (const name of Object.keys(members).sort()) {
    if (members[name] === undefined) continue;
    const key = stringText(name);
    if (!key.ok) return key;
    const text = jcsText(members[name], depth + 1);
    if (!text.ok) return text;
    parts.push(`${key.value}:${text.value}`);
  }
  return ok(`{${parts.join(',')}}`);
}

export function jcsBytes(value: unknown): Result<Uint8Array<ArrayBuffer>, JcsRefusal> {
  const text = jcsText(value);
  return text.ok ? ok(utf8(text.value)) : text;
}

/**
 * Reads bytes that must be canonical: what they say, written again, is byte for byte the same. That also refuses
 * duplicate names, white space, other spellings of a number and trailing bytes.
 */
export function parseJcs(bytes: Uint8Array): Result<Json, JcsRefusal> {
  const text = utf8Text(bytes);
  if (text === null) return refuse('not-utf8');
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return refuse('not-json');
  }
  const again = jcsText(value);
  if (!again.ok) return again;
  return again.value === text ? ok(value) : refuse('not-canonical');
}
