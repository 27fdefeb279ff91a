import { utf8, utf8Text } from './bytes.ts';
import { ok, refuse, type Refusal, type Result } from './result.ts';

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
export function jcsText(value: unknown): Result<string, JcsRefusal> {
  const written = write(value, 0);
  return typeof written === 'string' ? ok(written) : written;
}

/** A text, or a refusal; not a `Result` for each of the values within, of which a leaf has dozens. */
type Written = string | Refusal<JcsRefusal>;

function write(value: unknown, depth: number): Written {
  if (depth > maxDepth) return refuse('too-deep');
  switch (typeof value) {
    case 'string':
      // RFC 8785 §3.2.2.2 is what JSON.stringify does (ECMA-262), apart from lone surrogates, which are an error.
      return value.isWellFormed() ? JSON.stringify(value) : refuse('lone-surrogate');
    case 'number':
      return Number.isSafeInteger(value) ? JSON.stringify(value) : refuse('not-an-integer');
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? writeList(value, depth) : writeObject(value, depth);
    default:
      return refuse('not-a-json-value');
  }
}

function writeList(list: readonly unknown[], depth: number): Written {
  let text = '';
  for (const item of list) {
    const written = write(item, depth + 1);
    if (typeof written !== 'string') return written;
    text += text === '' ? written : `,${written}`;
  }
  return `[${text}]`;
}

/** RFC 8785 §3.2.3: members sorted by the UTF-16 code units of their names, which is what sort() compares. */
function writeObject(object: object, depth: number): Written {
  const members = object as Record<string, unknown>;
  let text = '';
  for (const name of Object.keys(members).sort()) {
    if (members[name] === undefined) continue;
    if (!name.isWellFormed()) return refuse('lone-surrogate');
    const written = write(members[name], depth + 1);
    if (typeof written !== 'string') return written;
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${written}`;
  }
  return `{${text}}`;
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
