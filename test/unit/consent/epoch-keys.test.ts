import { describe, expect, it } from 'vitest';
import { EpochKeys } from '../../../src/consent/epoch-keys.ts';
import type { KeyMode } from '../../../src/consent/messages/registration.ts';
import { manualClock } from '../../support/clock.ts';

const own = {
  key: Buffer.alloc(32, 1).toString('base64url'),
  join: Buffer.alloc(16, 2).toString('base64url'),
};

function setUp(mode: KeyMode = 'per-sender') {
  const clock = manualClock();
  const sink: string[] = [];
  /** By identity and slot. */
  const held = new Map<string, string>();
  const keys = new EpochKeys({
    clock,
    own,
    mode,
    random: (length) => new Uint8Array(length).fill(9),
    sink: {
      setKey: (identity, slot, key) => {
        sink.push(`set ${identity} ${slot}`);
        held.set(`${identity} ${slot}`, Buffer.from(key).toString('hex'));
        return Promise.resolve();
      },
      overwrite: (identity, slot) => Promise.resolve(void sink.push(`overwrite ${identity} ${slot}`)),
    },
  });
  return { clock, sink, held, keys };
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

describe('a sender who is silenced', () => {
  const other = (n: number) => ({
    key: Buffer.alloc(32, n).toString('base64url'),
    join: Buffer.alloc(16, n).toString('base64url'),
  });
  const [bridge, member] = [other(5), other(6)];

  it('is not heard under any epoch that is held, at once and for good; others are', async () => {
    const { sink, keys } = setUp();
    keys.hold(instance, 1, mk());
    await keys.load(1, [bridge, member]);
    keys.hold(instance, 2, mk(), { ahead: true });
    await keys.loadAhead(2, [bridge, member]);
    sink.length = 0;
    await keys.silence(bridge.join);
    expect(sink.sort()).toEqual([1, 2].map((slot) => `overwrite p-${bridge.join} ${slot}`));
    await keys.load(1, [bridge, member]);
    expect(sink).toHaveLength(2);
  });

  it('is not singled out where all share one key: that would deafen everybody', async () => {
    const { sink, keys } = setUp('shared');
    keys.hold(instance, 1, mk());
    await keys.load(1, [bridge, member]);
    sink.length = 0;
    await keys.silence(bridge.join);
    expect(sink).toEqual([]);
  });
});

describe('an epoch that is there before its time', () => {
  it('puts no limit to the one in use until it is due', async () => {
    const { clock, keys } = setUp();
    keys.hold(instance, 1, mk());
    await keys.switchTo(1);
    keys.hold(instance, 2, mk(), { ahead: true });
    clock.advance(60_000);
    expect([keys.has(1), keys.has(2), keys.sending]).toEqual([true, true, 1]);
    keys.expect(2);
    clock.advance(10_000);
    expect([keys.has(1), keys.has(2)]).toEqual([false, true]);
  });

  it('does not pile up with others of its kind', async () => {
    const { keys } = setUp();
    keys.hold(instance, 1, mk());
    await keys.switchTo(1);
    for (let epoch = 2; epoch < 50; epoch++) keys.hold(instance, epoch, mk(), { ahead: true });
    const held = Array.from({ length: 50 }, (_, epoch) => epoch).filter((epoch) => keys.has(epoch));
    expect(held).toEqual([1, 47, 48, 49]);
  });

  it('loads nothing before its time where all share one key: that would be sending', async () => {
    const { keys, sink } = setUp('shared');
    keys.hold(instance, 1, mk());
    await keys.switchTo(1);
    const before = sink.length;
    keys.hold(instance, 2, mk(), { ahead: true });
    await keys.loadAhead(2, [{ key: own.key, join: Buffer.alloc(16, 8).toString('base64url') }]);
    expect(sink).toHaveLength(before);
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

describe('one key for all', () => {
  const peer = {
    key: Buffer.alloc(32, 5).toString('base64url'),
    join: Buffer.alloc(16, 6).toString('base64url'),
  };
  const [me, you] = [own, peer].map(({ join }) => `p-${join}`);

  it('is the same for everybody who sends, and another in each epoch and instance', async () => {
    const { held, keys } = setUp('shared');
    keys.hold(instance, 1, mk());
    await keys.load(1, [own, peer]);
    await keys.switchTo(1);
    keys.hold(instance, 2, mk());
    await keys.switchTo(2);
    const other = setUp('shared');
    other.keys.hold(next, 1, mk());
    await other.keys.switchTo(1);
    expect(held.get(`${you} 1`)).toBe(held.get(`${me} 1`));
    expect(new Set([held.get(`${me} 1`), held.get(`${me} 2`), other.held.get(`${me} 1`)]).size).toBe(3);
  });

  it('is not what keys per sender come to', async () => {
    const shared = setUp('shared');
    const perSender = setUp();
    for (const { keys } of [shared, perSender]) {
      keys.hold(instance, 1, mk());
      await keys.load(1, [peer]);
      await keys.switchTo(1);
    }
    expect(perSender.held.get(`${you} 1`)).not.toBe(perSender.held.get(`${me} 1`));
    expect(shared.held.get(`${me} 1`)).not.toBe(perSender.held.get(`${me} 1`));
  });

  it('stays where it is when this party stops sending: it goes on hearing', async () => {
    const { held, keys, sink } = setUp('shared');
    keys.hold(instance, 1, mk());
    await keys.switchTo(1);
    const key = held.get(`${me} 1`);
    await keys.mute();
    expect(sink.at(-1)).toBe(`set ${me} 129`);
    expect(held.get(`${me} 1`)).toBe(key);
    expect(keys.sending).toBeNull();
  });
});
