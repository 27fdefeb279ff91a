import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DigitSources, type DigitSource } from '../../../src/call/digit-sources.ts';

const sources = ['event', 'tone', 'info'] as const;

/** What is counted of presses that come on the given ways at the given times. */
function counted(arrivals: readonly (readonly [string, DigitSource, number])[]): string {
  const digits = new DigitSources();
  return arrivals
    .filter(([digit, source, atMs]) => digits.isNew(digit, source, atMs))
    .map(([digit]) => digit)
    .join('');
}

describe('a key press on several ways', () => {
  it('counts once, whichever way is first', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...sources], { minLength: 1 }),
        fc.array(fc.nat(400), { minLength: 3, maxLength: 3 }),
        (ways, gaps) => {
          let atMs = 0;
          expect(counted(ways.map((source, i) => ['5', source, (atMs += gaps[i] ?? 0)]))).toBe('5');
        },
      ),
    );
  });

  it('is two where the same key is pressed twice, on one way or on all', () => {
    expect(
      counted([
        ['1', 'event', 0],
        ['1', 'event', 300],
      ]),
    ).toBe('11');
    expect(
      counted([
        ['1', 'event', 0],
        ['1', 'tone', 60],
        ['1', 'event', 300],
        ['1', 'tone', 360],
        ['1', 'info', 500],
        ['1', 'info', 800],
      ]),
    ).toBe('11');
  });

  it('is another one where it comes much later on another way', () => {
    expect(
      counted([
        ['7', 'event', 0],
        ['7', 'info', 2_000],
      ]),
    ).toBe('77');
  });

  it('keeps the order of what is dialled', () => {
    expect(
      counted([
        ['1', 'event', 0],
        ['2', 'event', 200],
        ['1', 'info', 220],
        ['2', 'info', 400],
        ['3', 'tone', 600],
      ]),
    ).toBe('123');
  });
});
