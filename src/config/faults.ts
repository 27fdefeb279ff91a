import { Value } from 'typebox/value';
import type { TSchema } from 'typebox';
import { nearestOf } from '../base/nearest.ts';

/** One thing that is wrong with a configuration. */
export interface ConfigFault {
  /** Dotted, list positions as numbers: `trunks.0.sources`. Empty: the file as a whole. */
  readonly path: string;
  /** All of it as one line that names the path. */
  readonly text: string;
  /** What may stand there, with its unit, from the schema; null for what the schema alone cannot say. */
  readonly expected: string | null;
  /** What stands there; null where it is missing, or may be a secret: under an unknown key, or a secret's. */
  readonly got: string | null;
  /** For an unknown key, the path that was probably meant. */
  readonly nearest: string | null;
}

interface Shape {
  readonly type?: string;
  readonly const?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
}

/** Everything that the schema refuses, in the order of the schema; empty exactly where the value fits it. */
export function schemaFaults(schema: TSchema, value: unknown): ConfigFault[] {
  if (Value.Check(schema, value)) return [];
  const faults = [...walk(schema, value, '')];
  return faults.length > 0 ? faults : [ruleFault('', 'the schema refuses it')];
}

function* walk(shape: Shape, value: unknown, path: string): Generator<ConfigFault> {
  if (fits(shape, value)) return;
  const branch = branchFor(shape, value);
  if (branch !== null) yield* walk(branch, value, path);
  else if (shape.properties !== undefined && isObject(value)) yield* walkObject(shape, value, path);
  else if (shape.items !== undefined && Array.isArray(value) && countFits(shape, value.length)) {
    for (const [index, item] of value.entries()) yield* walk(shape.items, item, join(path, String(index)));
  } else yield valueFault(path, shape, value);
}

const fits = (shape: Shape, value: unknown): boolean => Value.Check(shape as TSchema, value);

function* walkObject(
  shape: Shape,
  value: Readonly<Record<string, unknown>>,
  path: string,
): Generator<ConfigFault> {
  const known = shape.properties ?? {};
  for (const [key, child] of Object.entries(known)) {
    const here = join(path, key);
    if (Object.hasOwn(value, key)) yield* walk(child, value[key], here);
    else if (shape.required?.includes(key) === true) yield valueFault(here, child, undefined);
  }
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(known, key)) continue;
    yield unknownKey(join(path, key), path, nearestOf(key, Object.keys(known)));
  }
}

function valueFault(path: string, shape: Shape, value: unknown): ConfigFault {
  const expected = expectedText(shape);
  const secret = isSecretKey(path.slice(path.lastIndexOf('.') + 1));
  const got = value === undefined || secret ? null : shown(value);
  const found = value === undefined ? 'missing:' : (got ?? '[secret]');
  return { path, expected, got, nearest: null, text: `${path || 'the file'}: ${found} must be ${expected}` };
}

function unknownKey(path: string, folder: string, nearest: string | null): ConfigFault {
  const meant = nearest === null ? null : join(folder, nearest);
  const hint = meant === null ? 'docs/configuration.md lists the keys there are' : `did you mean ${meant}?`;
  return { path, expected: null, got: null, nearest: meant, text: `unknown key ${path}; ${hint}` };
}

/** What no schema says: one key against another, or the syntax of a value. */
export function ruleFault(path: string, problem: string): ConfigFault {
  return { path, expected: null, got: null, nearest: null, text: `${path || 'the file'}: ${problem}` };
}

/** Whether a value under this key is kept off screens. Paths of files that hold secrets are none. */
export function isSecretKey(key: string): boolean {
  return /(secret|password|passphrase|token|pin|apiKey)$/i.test(key);
}

/** Of alternatives, the one that the value is meant for: an object for an object, a list for a list. */
function branchFor(shape: Shape, value: unknown): Shape | null {
  const kind = Array.isArray(value) ? 'array' : isObject(value) ? 'object' : null;
  const alike = kind === null ? [] : (shape.anyOf ?? []).filter(({ type }) => type === kind);
  return alike.length === 1 ? (alike[0] ?? null) : null;
}

function countFits({ minItems = 0, maxItems = Infinity }: Shape, count: number): boolean {
  return count >= minItems && count <= maxItems;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

function expectedText(shape: Shape): string {
  const what = alternatives(shape).join(' or ');
  const meaning = shape.description ?? shape.anyOf?.find((s) => s.description !== undefined)?.description;
  return meaning === undefined ? what : `${what} (${meaning})`;
}

function alternatives(shape: Shape): readonly string[] {
  if (shape.anyOf !== undefined) return shape.anyOf.flatMap((s) => alternatives(s));
  if (shape.const !== undefined) return [JSON.stringify(shape.const)];
  switch (shape.type) {
    case 'integer':
    case 'number':
      return [`a ${shape.type === 'integer' ? 'whole ' : ''}number${range(shape.minimum, shape.maximum)}`];
    case 'string':
      return [
        `text${range(shape.minLength, shape.maxLength, 'characters')}${shape.pattern === undefined ? '' : ` like ${shape.pattern}`}`,
      ];
    case 'array':
      return [`a list${range(shape.minItems, shape.maxItems, 'entries')}`];
    case 'boolean':
      return ['true or false'];
    case 'object':
      return ['an object'];
    default:
      return [shape.type ?? 'a value'];
  }
}

function range(min: number | undefined, max: number | undefined, unit = ''): string {
  if (min === undefined && max === undefined) return '';
  const limits = max === undefined ? `at least ${min ?? 0}` : `${min ?? 0} to ${max}`;
  return ` of ${limits}${unit === '' ? '' : ` ${unit}`}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
