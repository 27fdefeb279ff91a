import { fromBase64url } from '../../base/bytes.ts';

/**
 * Closed schemas as type guards: an object has exactly the named members, nothing more, nothing missing. Written by hand
 * because the checks that matter here (canonical base64url of a known length, unique lists) are not JSON Schema's.
 */
export type Shape<T> = (value: unknown) => value is T;
export type ShapeOf<S> = S extends Shape<infer T> ? T : never;

export function object<M extends Record<string, Shape<unknown>>>(
  members: M,
): Shape<{ readonly [K in keyof M]: ShapeOf<M[K]> }> {
  const names = Object.keys(members);
  return (value): value is { readonly [K in keyof M]: ShapeOf<M[K]> } => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    if (Object.keys(value).length !== names.length) return false;
    return names.every((name) => {
      const shape = members[name];
      return Object.hasOwn(value, name) && shape?.((value as Record<string, unknown>)[name]) === true;
    });
  };
}

export function list<T>(item: Shape<T>, max: number): Shape<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.length <= max && value.every(item);
}

/** A list in which no string stands twice. */
export function uniqueList<T extends string>(item: Shape<T>, max: number): Shape<readonly T[]> {
  const base = list(item, max);
  return (value): value is readonly T[] => base(value) && new Set(value).size === value.length;
}

/** The base64url, without padding, of exactly `length` bytes. */
export function bytesOf(length: number): Shape<string> {
  const chars = Math.ceil((length * 4) / 3);
  return (value): value is string =>
    typeof value === 'string' && value.length === chars && fromBase64url(value)?.length === length;
}

/** The base64url of exactly `length` bytes, or the empty string for "none". */
export function bytesOrNone(length: number): Shape<string> {
  const some = bytesOf(length);
  return (value): value is string => value === '' || some(value);
}

export const integer: Shape<number> = (value): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

export const flag: Shape<boolean> = (value): value is boolean => typeof value === 'boolean';

export function text(maxLength: number): Shape<string> {
  return (value): value is string => typeof value === 'string' && value.length <= maxLength;
}

/** Text that a pattern describes in full. */
export function textLike(pattern: RegExp, maxLength: number): Shape<string> {
  return (value): value is string =>
    typeof value === 'string' && value.length <= maxLength && pattern.test(value);
}

export function oneOf<const V extends string | number>(...values: readonly V[]): Shape<V> {
  return (value): value is V => values.some((v) => v === value);
}
