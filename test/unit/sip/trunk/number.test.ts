import { describe, expect, it } from 'vitest';
import { matchesNumber, readNumber, type NumberPlan } from '../../../../src/sip/trunk/number.ts';

const german: NumberPlan = {
  countryCode: '49',
  nationalPrefix: '0',
  internationalPrefix: '00',
  bare: 'extension',
};
const american: NumberPlan = {
  countryCode: '1',
  nationalPrefix: '1',
  internationalPrefix: '011',
  bare: 'national',
};
const italian: NumberPlan = {
  countryCode: '39',
  nationalPrefix: '',
  internationalPrefix: '00',
  bare: 'national',
};
const international: NumberPlan = { ...german, bare: 'e164' };

describe('numbers as E.164', () => {
  const cases: [string, NumberPlan | null, string][] = [
    ['+49 (30) 123-456', null, 'e164 +4930123456'],
    ['030123456', german, 'e164 +4930123456'],
    ['004930123456', german, 'e164 +4930123456'],
    ['0012125550100', german, 'e164 +12125550100'],
    ['12125550100', american, 'e164 +12125550100'],
    ['2125550100', american, 'e164 +12125550100'],
    ['0114930123456', american, 'e164 +4930123456'],
    ['0612345678', italian, 'e164 +390612345678'],
    ['4930123456', international, 'e164 +4930123456'],
    ['4711', german, 'extension 4711'],
    ['030123456', null, 'extension 030123456'],
    ['*21', german, 'extension *21'],
    ['+0301', null, 'name +0301'],
    ['+1234567890123456', null, 'name +1234567890123456'],
    ['meet', german, 'name meet'],
    ['Anonymous', german, 'withheld '],
    ['', german, 'withheld '],
  ];
  for (const [user, plan, expected] of cases) {
    it(`${user || 'nothing'} under ${plan?.countryCode ?? 'no plan'} is ${expected}`, () => {
      const number = readNumber(user, plan);
      expect(`${number.kind} ${number.text}`).toBe(expected);
    });
  }

  it('match whole, or by their beginning', () => {
    const number = readNumber('+4930123', null);
    const matches = (pattern: string) => matchesNumber(pattern, number);
    expect(['+4930123', '+4930*', '*'].map(matches)).toEqual([true, true, true]);
    expect(['+493012', '+49301234', '4930123', '+4931*'].map(matches)).toEqual([false, false, false, false]);
    expect(matchesNumber('Meet', readNumber('MEET', null))).toBe(true);
  });
});
