import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { Value } from 'typebox/value';
import type { TSchema } from 'typebox';
import { eventTypes, type LedgerEntry } from '../../../src/ledger/event.ts';
import { eventRules, fitsItsType } from '../../../src/ledger/event-rules.ts';
import { leafSchema } from '../../../src/ledger/leaf-schema.ts';
import { random } from '../../support/consent-peers.ts';
import { leafObject, makeLog } from '../../tamper/log-under-test.ts';

const file = new URL('../../../docs/schemas/ledger-leaf.schema.json', import.meta.url);
const schema = leafSchema() as unknown as TSchema;
let real: LedgerEntry[];

beforeAll(async () => {
  const { records } = await makeLog();
  real = records.flatMap((record) =>
    record.kind === 'leaf' ? [leafObject(record) as unknown as LedgerEntry] : [],
  );
});

test('the published schema is the one that is enforced', () => {
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(leafSchema())));
});

test('there is a rule for every type', () => {
  expect(Object.keys(eventRules).sort()).toEqual([...eventTypes].sort());
});

test('every leaf of a real log fits, by the rules and by the schema', () => {
  for (const leaf of real) {
    expect(fitsItsType(leaf), leaf.type).toBe(true);
    expect(Value.Check(schema, leaf), leaf.type).toBe(true);
  }
});

describe('what does not fit is refused by the rules and by the schema', () => {
  const opened: LedgerEntry = {
    v: 1,
    seq: 1,
    at: 1,
    mono: 1,
    run: random(16),
    type: 'key-opened',
    meeting: random(32),
    bridge: random(16),
    data: { grant: random(32), term: 1, epoch: 2, suite: 'x-wing' },
  };
  const { bridge: _, ...withoutBridge } = opened;
  test.each([
    ['a member missing', { ...opened, data: { grant: random(32), term: 1, suite: 'x-wing' } }],
    ['a member of another kind', { ...opened, data: { ...opened.data, epoch: '2' } }],
    ['a negative count', { ...opened, data: { ...opened.data, epoch: -2 } }],
    ['no bridge', withoutBridge],
    ['a message where there is none', { ...opened, jws: 'a.b.c' }],
    ['no message where there has to be one', { ...opened, type: 'rekeyed' }],
    ['free text in a further member', { ...opened, data: { ...opened.data, note: 'Erika Musterfrau' } }],
    ['a phone number in a further member', { ...opened, data: { ...opened.data, caller: '4930901820' } }],
    ['a phone number with a plus', { ...opened, data: { ...opened.data, caller: '+4930901820' } }],
    ['a phone number as a count', { ...opened, data: { ...opened.data, caller: 4_930_901_820 } }],
    ['a phone number as a leg', { ...opened, leg: '4930901820' }],
    ['an e-mail address in a list', { ...opened, data: { ...opened.data, callers: ['a@example.org'] } }],
  ])('%s', (_, leaf) => {
    expect(fitsItsType(leaf as LedgerEntry)).toBe(false);
    expect(Value.Check(schema, leaf)).toBe(false);
  });

  test('further opaque members are welcome', () => {
    const leaf = {
      ...opened,
      data: { ...opened.data, why: 'host-asked', by: random(32), forced: true, tries: 2 },
    };
    expect(fitsItsType(leaf)).toBe(true);
    expect(Value.Check(schema, leaf)).toBe(true);
  });
});
