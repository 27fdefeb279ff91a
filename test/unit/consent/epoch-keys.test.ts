import { describe, expect, it } from 'vitest';
import { EpochKeys } from '../../../src/consent/epoch-keys.ts';
import { manualClock } from '../../support/clock.ts';

const own = {
  key: Buffer.alloc(32, 1).toString('base64url'),
  join: Buffer.alloc(16, 2).toString('base64url'),
};

function setUp() {
  const clock = manualClock();
  const sink: string[] = [];
  const keys = new EpochKeys({
    clock,
    own,
    random: (length) => new Uint8Array(length).fill(9),
    sink: {
      setKey: (identity, slot) => Promise.resolve(void sink.push(`set ${identity} ${slot}`)),
      overwrite: (identity, slot) => Promise.resolve(void sink.push(`overwrite ${identity} ${slot}`)),
    },
  });
  return { clock, sink, keys };
}
const mk = (): Uint8Array<ArrayBuffer> => new Uint8Array(32).fill(7);
const instance = Buffer.alloc(16, 3).toString('base64url');
const next = Buffer.alloc(16, 4).toString('base64url');

describe('epochs of one instance', () => {
  it('overwrite the one before two seconds after the switch', async () => {
    const { clock, sink, keys } = setUp();
    keys.hold(instance, 1, mk());
    await keys.switchTo(1);
    keys.hold(instance, 2, mk());
    await keys.switchTo(2);
    expect(keys.has(1)).toBe(true);
    clock.advance(2_000);
    expect([keys.has(1), keys.sending]).toEqual([false, 2]);
    expect(sink.at(-1)).toMatch(/^overwrite .* 1$/);
  });
});

describe('a new instance within the two seconds', () => {
  it('keeps its low epochs, though a timer of the old instance is still running', async () => {
    const { clock, keys } = setUp();
    keys.hold(instance, 5, mk());
    await keys.switchTo(5);
    await keys.clear();
    keys.hold(next, 1, mk());
    await keys.switchTo(1);
    clock.advance(3_000);
    expect([keys.has(1), keys.sending]).toEqual([true, 1]);
  });
});
