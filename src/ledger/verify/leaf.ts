import { isCount, isObject, isText, isTextList, readCanonicalObject, type ValueObject } from './canonical.ts';

/** One leaf, as docs/ledger.md lays it out. */
export interface Leaf {
  readonly seq: number;
  readonly at: number;
  readonly mono: number;
  readonly run: string;
  readonly type: string;
  readonly meeting: string;
  readonly bridge: string;
  readonly leg: string;
  readonly jws: string;
  readonly data: ValueObject;
}

const counts = ['seq', 'at', 'mono'] as const;
const texts = ['run', 'type'] as const;
const mayBeAbsent = ['meeting', 'bridge', 'leg', 'jws'] as const;
const members: ReadonlySet<string> = new Set(['v', 'data', ...counts, ...texts, ...mayBeAbsent]);

/** The leaf, or what is wrong with its bytes. Absent members are empty. */
export function readLeaf(bytes: Uint8Array): Leaf | 'leaf-not-canonical' | 'leaf-malformed' {
  const value = readCanonicalObject(bytes);
  if (value === null) return 'leaf-not-canonical';
  const whole =
    value['v'] === 1 &&
    Object.keys(value).every((name) => members.has(name)) &&
    counts.every((name) => isCount(value[name])) &&
    texts.every((name) => isText(value[name])) &&
    mayBeAbsent.every((name) => value[name] === undefined || isText(value[name])) &&
    (value['data'] === undefined || isData(value['data']));
  if (!whole) return 'leaf-malformed';
  // Each member has just been found to be what the type says.
  return { meeting: '', bridge: '', leg: '', jws: '', data: {}, ...value } as unknown as Leaf;
}

function isData(data: ValueObject[string]): data is ValueObject {
  return (
    isObject(data) &&
    Object.values(data).every(
      (value) =>
        isText(value) || Number.isSafeInteger(value) || typeof value === 'boolean' || isTextList(value),
    )
  );
}

export const dataText = (leaf: Leaf, name: string): string | null => {
  const value = leaf.data[name];
  return isText(value) ? value : null;
};

export const dataTexts = (leaf: Leaf, name: string): readonly string[] => {
  const value = leaf.data[name];
  return isTextList(value) ? value : isText(value) ? [value] : [];
};

export const dataCount = (leaf: Leaf, name: string): number | null => {
  const value = leaf.data[name];
  return isCount(value) ? value : null;
};
