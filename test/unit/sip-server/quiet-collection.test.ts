import { describe, expect, it } from 'vitest';
import { returnMemory } from '../../../src/base/garbage.ts';
import { startQuietCollection } from '../../../src/sip-server/quiet-collection.ts';
import { manualClock } from '../../support/clock.ts';

function stage(): {
  readonly is: { received: number; held: number };
  readonly collections: () => number;
  readonly advance: (seconds: number) => void;
} {
  const clock = manualClock();
  const is = { received: 0, held: 0 };
  let collections = 0;
  startQuietCollection({
    clock,
    received: () => is.received,
    held: () => is.held,
    collect: () => (collections += 1),
  });
  return { is, collections: () => collections, advance: (seconds) => clock.advance(seconds * 1_000) };
}

describe('memory of the SIP server after a burst', () => {
  it('is collected once when the burst is over and its transactions have ended', () => {
    const { is, collections, advance } = stage();
    Object.assign(is, { received: 60_000, held: 40_000 });
    advance(10);
    expect(collections()).toBe(0);
    is.held = 0;
    advance(5);
    expect(collections()).toBe(1);
    advance(600);
    expect(collections()).toBe(1);
  });

  it('is left alone while messages come in, and while most of it is still held', () => {
    const { is, collections, advance } = stage();
    is.held = 40_000;
    advance(5);
    for (let second = 0; second < 60; second += 5) {
      is.received += 1_000;
      is.held = 100;
      advance(5);
    }
    expect(collections()).toBe(0);
    is.held = 39_000;
    advance(60);
    expect(collections()).toBe(0);
  });

  it('is not worth a pause for a few calls', () => {
    const { is, collections, advance } = stage();
    is.held = 400;
    advance(5);
    is.held = 0;
    advance(60);
    expect(collections()).toBe(0);
  });
});

describe('memory that is returned', () => {
  it('gives what garbage took back to the system', () => {
    let garbage: object[] | null = Array.from({ length: 400_000 }, (_, i) => ({ i, text: `${i}` }));
    expect(garbage).toHaveLength(400_000);
    const before = process.memoryUsage().heapTotal;
    garbage = null;
    returnMemory();
    expect(process.memoryUsage().heapTotal).toBeLessThan(before - 10 * 1024 * 1024);
  });
});
