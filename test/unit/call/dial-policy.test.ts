import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DialDesk, dialledNumber, type DialRules } from '../../../src/call/dial-policy.ts';
import { costsExtra } from '../../../src/call/premium-numbers.ts';
import { manualClock } from '../../support/clock.ts';

const german = {
  countryCode: '49',
  nationalPrefix: '0',
  internationalPrefix: '00',
  bare: 'extension',
} as const;
const rules: DialRules = {
  numbers: german,
  allowed: ['+49', '+4420'],
  refused: ['+49309'],
  costsExtra,
  emergency: ['19222'],
  maxPerMeeting: 2,
  maxCalls: 3,
  maxPerHour: 4,
};
const called = (text: string, over: Partial<DialRules> = {}): string => {
  const read = dialledNumber(text, { ...rules, ...over });
  return read.ok ? read.value : read.reason;
};

describe('a number that a host has written', () => {
  it.each([
    ['+4930123456', '+4930123456'],
    ['030123456', '+4930123456'],
    ['004930123456', '+4930123456'],
    ['+442079460000', '+442079460000'],
    ['+15552345678', 'not-allowed'],
    ['+493091234', 'not-allowed'],
    ['4711', 'not-a-number'],
    ['+49', 'not-a-number'],
    ['+49301', 'not-a-number'],
    ['', 'not-a-number'],
  ])('%s is %s', (text, expected) => expect(called(text)).toBe(expected));

  it.each(['112', '110', '911', '999', '118', '000', '19222', '+49112', '+44999', '+1911', '+353112'])(
    '%s is never called: emergency services',
    (text) => expect(called(text, { allowed: ['+'] })).toBe('emergency'),
  );

  it.each(['+499001234567', '0900123456', '+449012345678', '+19005551234', '+881612345678'])(
    '%s is never called: it costs extra, or is no subscriber’s',
    (text) => expect(called(text, { allowed: ['+'] })).toMatch(/^(premium|not-a-number)$/),
  );

  it('is not called without a plan for numbers that have no country code', () => {
    expect(called('030123456', { numbers: null })).toBe('not-a-number');
  });

  it('is called only as E.164 that begins as allowed, whatever is written', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('+0123456789')), maxLength: 18 }),
        (text) => {
          const read = dialledNumber(text, rules);
          if (!read.ok) return;
          expect(read.value).toMatch(/^\+(49|4420)[0-9]+$/);
          expect(read.value.startsWith('+49309')).toBe(false);
        },
      ),
    );
  });
});

describe('how often is called', () => {
  const number = '+4930123456';
  const outcome = (desk: DialDesk, meeting: string): string => {
    const seat = desk.admit(meeting, number);
    return seat.ok ? 'called' : seat.reason;
  };

  it('has a cap for a meeting and one for all, which ended calls give back once', () => {
    const desk = new DialDesk({ ...rules, maxPerHour: 100 }, manualClock());
    const first = desk.admit('a', number);
    expect(outcome(desk, 'a')).toBe('called');
    expect(outcome(desk, 'a')).toBe('meeting-full');
    expect(outcome(desk, 'b')).toBe('called');
    expect(outcome(desk, 'c')).toBe('connector-full');
    if (first.ok) for (let times = 0; times < 3; times += 1) first.value.leave();
    expect(outcome(desk, 'c')).toBe('called');
    expect(outcome(desk, 'd')).toBe('connector-full');
  });

  it('has a cap for an hour, for which a refused call does not count', () => {
    const clock = manualClock();
    const desk = new DialDesk(rules, clock);
    const call = (): string => {
      const seat = desk.admit('a', number);
      if (seat.ok) seat.value.leave();
      return seat.ok ? 'called' : seat.reason;
    };
    expect([call(), call(), call(), call(), call()]).toEqual([
      ...Array<string>(4).fill('called'),
      'hour-full',
    ]);
    expect(desk.admit('a', '112')).toMatchObject({ ok: false, reason: 'emergency' });
    clock.advance(3_600_000);
    expect(call()).toBe('called');
  });
});
