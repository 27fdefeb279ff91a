import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { entryBytes, parseEntry } from '../../../src/ledger/entry.ts';
import { eventTypes, type LedgerEntry } from '../../../src/ledger/event.ts';
import { readLeaf } from '../../../src/ledger/verify/leaf.ts';

const entry: LedgerEntry = { v: 1, seq: 0, at: 1, mono: 2, run: 'abc', type: 'start' };
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const bytes = (value: string): Uint8Array => Buffer.from(value);

const datum = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 50 }).filter((s) => s.isWellFormed()),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.array(
    fc.string({ maxLength: 20 }).filter((s) => s.isWellFormed()),
    { maxLength: 5 },
  ),
);
const entries = fc.record(
  {
    v: fc.constant(1 as const),
    seq: fc.nat(),
    at: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    mono: fc.nat(),
    run: fc.stringMatching(/^[A-Za-z0-9_-]{1,22}$/),
    type: fc.constantFrom(...eventTypes),
    meeting: fc.stringMatching(/^[A-Za-z0-9_-]{43}$/),
    leg: fc.stringMatching(/^[A-Za-z0-9_-]{22}$/),
    data: fc.dictionary(fc.stringMatching(/^[a-z][A-Za-z0-9]{0,10}$/), datum, { maxKeys: 6 }),
  },
  { requiredKeys: ['v', 'seq', 'at', 'mono', 'run', 'type'] },
);

test('what is written is read back the same, by the ledger and by the verifier', () => {
  fc.assert(
    fc.property(entries, (value) => {
      const written = entryBytes(value);
      if (!written.ok) throw new Error(written.reason);
      expect(parseEntry(written.value)).toEqual({ ok: true, value });
      expect(readLeaf(written.value)).toMatchObject({
        seq: value.seq,
        type: value.type,
        data: value.data ?? {},
      });
    }),
  );
});

test('members stand in the order of RFC 8785', () => {
  const written = entryBytes({ ...entry, meeting: 'm', data: { b: 1, a: ['x'] } });
  expect(written.ok && text(written.value)).toBe(
    '{"at":1,"data":{"a":["x"],"b":1},"meeting":"m","mono":2,"run":"abc","seq":0,"type":"start","v":1}',
  );
});

describe('bytes that are no leaf are refused by both readers', () => {
  const good = '{"at":1,"mono":2,"run":"abc","seq":0,"type":"start","v":1}';
  test.each([
    ['a space', good.replace(':1', ': 1'), 'not-canonical'],
    ['another order', '{"mono":2,"at":1,"run":"abc","seq":0,"type":"start","v":1}', 'not-canonical'],
    ['a member twice', good.replace('"at":1,', '"at":0,"at":1,'), 'not-canonical'],
    ['an escape that need not be', good.replace('abc', '\\u0061bc'), 'not-canonical'],
    ['another spelling of a number', good.replace('"mono":2', '"mono":2.0'), 'not-canonical'],
    ['bytes behind it', `${good} `, 'not-canonical'],
    ['a fraction', good.replace('"mono":2', '"mono":2.5'), 'not-an-integer'],
    ['a number beyond 2^53', good.replace('"mono":2', '"mono":9007199254740993'), 'not-an-integer'],
    ['a lone surrogate', good.replace('abc', '\\ud800'), 'lone-surrogate'],
    ['no JSON', good.slice(1), 'not-json'],
    ['a list', '[]', 'not-an-object'],
    ['a missing member', '{"at":1,"mono":2,"run":"abc","seq":0,"type":"start"}', 'missing-field'],
    ['a negative position', good.replace('"seq":0', '"seq":-1'), 'bad-field'],
    ['a member that no leaf has', good.replace('"v":1', '"v":1,"w":1'), 'unknown-field'],
    ['data two levels deep', good.replace('"mono"', '"data":{"a":{"b":1}},"mono"'), 'bad-data'],
    ['null in data', good.replace('"mono"', '"data":{"a":null},"mono"'), 'bad-data'],
    ['the version of another format', good.replace('"v":1', '"v":2'), 'bad-field'],
  ])('%s', (_, leaf, reason) => {
    expect(parseEntry(bytes(leaf))).toEqual({ ok: false, reason });
    expect(typeof readLeaf(bytes(leaf))).toBe('string');
  });

  test('bytes that are not UTF-8, or too many', () => {
    expect(parseEntry(Uint8Array.of(0xff, 0xfe))).toEqual({ ok: false, reason: 'not-utf8' });
    expect(parseEntry(new Uint8Array(70_000))).toEqual({ ok: false, reason: 'too-long' });
  });

  test('any bytes at all: a reason, never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (any) => {
        expect(parseEntry(any).ok).toBe(false);
        expect(typeof readLeaf(any)).toBe('string');
      }),
    );
  });
});

test.each([
  ['a personal-looking object', { caller: { name: 'x' } }],
  ['a text that is too long', { text: 'x'.repeat(9_000) }],
  ['a name with a capital first', { Name: 'x' }],
  ['a fraction', { ratio: 0.5 }],
])('an entry with %s in data does not become a leaf', (_, data) => {
  expect(entryBytes({ ...entry, data: data as never }).ok).toBe(false);
});

test('a type that does not exist, and a JWS that is none, do not become leaves', () => {
  expect(entryBytes({ ...entry, type: 'key-copied' as never })).toEqual({ ok: false, reason: 'bad-field' });
  expect(entryBytes({ ...entry, jws: 'a.b' })).toEqual({ ok: false, reason: 'bad-field' });
});
