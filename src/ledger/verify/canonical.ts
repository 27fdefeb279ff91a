import { textOfBytes } from './primitives.ts';

export type Value = string | number | boolean | null | readonly Value[] | ValueObject;
export interface ValueObject {
  readonly [name: string]: Value;
}

/**
 * Reads JSON that must be in canonical form (RFC 8785, integers only): what it says, written canonically, gives the same
 * text. Null for everything else, which includes repeated names, spaces and other spellings.
 */
export function readCanonical(bytes: Uint8Array): Value | null {
  const text = textOfBytes(bytes);
  if (text === null) return null;
  let value: Value;
  try {
    value = JSON.parse(text) as Value;
  } catch {
    return null;
  }
  return isWrittenInOrder(value, text) || write(value, 0) === text ? value : null;
}

/**
 * The usual leaf, without making its text piece by piece: JSON.stringify gives the same text back, and what it leaves as it
 * found it (the order of names, numbers that are no safe integers, lone surrogates behind an escape) is not there.
 */
function isWrittenInOrder(value: Value, text: string): boolean {
  return !text.includes('\\') && isInOrder(value, 0) && JSON.stringify(value) === text;
}

function isInOrder(value: Value, depth: number): boolean {
  if (depth > 16) return false;
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every((item: Value) => isInOrder(item, depth + 1));
  let before = '';
  for (const name of Object.keys(value)) {
    if (name < before) return false;
    before = name;
    if (!isInOrder((value as ValueObject)[name] ?? null, depth + 1)) return false;
  }
  return true;
}

export function readCanonicalObject(bytes: Uint8Array): ValueObject | null {
  const value = readCanonical(bytes);
  return isObject(value) ? value : null;
}

export const isObject = (value: Value | undefined): value is ValueObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The canonical text, or null for a value that has none here: a fraction, a lone surrogate, too deep. */
function write(value: Value, depth: number): string | null {
  if (depth > 16) return null;
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? JSON.stringify(value) : null;
    case 'number':
      return Number.isSafeInteger(value) ? String(value) : null;
    case 'boolean':
      return String(value);
    default:
      return value === null
        ? 'null'
        : Array.isArray(value)
          ? writeList(value, depth)
          : writeObject(value as ValueObject, depth);
  }
}

function writeList(list: readonly Value[], depth: number): string | null {
  let text = '[';
  for (const [i, item] of list.entries()) {
    const written = write(item, depth + 1);
    if (written === null) return null;
    text += i === 0 ? written : `,${written}`;
  }
  return `${text}]`;
}

function writeObject(object: ValueObject, depth: number): string | null {
  let text = '{';
  for (const [i, name] of Object.keys(object).sort().entries()) {
    const written = write(object[name] ?? null, depth + 1);
    if (written === null || !name.isWellFormed()) return null;
    text += `${i === 0 ? '' : ','}${JSON.stringify(name)}:${written}`;
  }
  return `${text}}`;
}

export const isCount = (value: Value | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

export const isText = (value: Value | undefined): value is string => typeof value === 'string';

export const isTextList = (value: Value | undefined): value is readonly string[] =>
  Array.isArray(value) && value.every((item: Value) => typeof item === 'string');
