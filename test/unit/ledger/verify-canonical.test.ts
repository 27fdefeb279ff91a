import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jcsText } from '../../../src/base/jcs.ts';
import { readCanonical } from '../../../src/ledger/verify/canonical.ts';

const read = (text: string): unknown => readCanonical(Buffer.from(text));

describe("the verifier's reader of canonical JSON", () => {
  test('reads what the writer writes, whatever it is, and nothing that differs in spaces', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('a\\b', '"', '\n', '\u2028', '10', '9'),
        fc.maxSafeInteger(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 4 }),
        fc.dictionary(
          fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('10', '9', 'a')),
          tie('any'),
          {
            maxKeys: 5,
          },
        ),
      ),
    })).any;
    fc.assert(
      fc.property(value, (made) => {
        const text = jcsText(made);
        if (!text.ok) throw new Error(text.reason);
        expect(read(text.value)).toEqual(JSON.parse(text.value));
        expect(read(` ${text.value}`)).toBe(null);
        expect(read(`${text.value}\n`)).toBe(null);
      }),
    );
  });

  test.each([
    ['names out of order', '{"b":1,"a":2}'],
    ['names out of order further in', '{"a":{"b":1,"a":2}}'],
    ['names out of order in a list', '[{"b":1,"a":2}]'],
    ['a name twice', '{"a":1,"a":1}'],
    ['numbers as names, by value', '{"9":1,"10":1}'],
    ['a fraction', '{"a":1.5}'],
    ['a number that is not exact', '9007199254740993'],
    ['a number that is too large', '9007199254740992'],
    ['minus zero', '-0'],
    ['an exponent', '1e3'],
    ['an escape that needs none', '"\\u0061"'],
    ['half a pair behind an escape', '"\\ud800"'],
    ['a space', '{"a": 1}'],
    ['a byte order mark', '\ufeff1'],
    ['more levels than anything here has', `${'['.repeat(18)}${']'.repeat(18)}`],
    ['nothing', ''],
    ['half of it', '{"a":'],
  ])('refuses %s', (_what, text) => {
    expect(read(text)).toBe(null);
  });

  test('refuses bytes that are not UTF-8', () => {
    expect(readCanonical(Uint8Array.of(0x22, 0xff, 0x22))).toBe(null);
  });

  test('takes numbers as names in the order of their characters', () => {
    expect(read('{"10":1,"9":1}')).toEqual({ 9: 1, 10: 1 });
  });
});
