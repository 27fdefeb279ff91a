import { describe, expect, it } from 'vitest';
import { drawPin, PinBook } from '../../../src/call/pin.ts';
import type { Clock } from '../../../src/base/clock.ts';

function book(lockoutFailures = 3) {
  let now = 0;
  const clock: Clock = { wallMs: () => now, monoMs: () => now, after: () => ({ cancel: () => undefined }) };
  const pins = new PinBook<string>({ clock, lockoutFailures, lockoutMs: 10_000 });
  return { pins, pass: (ms: number) => (now += ms) };
}

describe('PINs', () => {
  it('are six digits, leading zeros included, and not all the same', () => {
    const drawn = new Set(Array.from({ length: 200 }, drawPin));
    for (const pin of drawn) expect(pin).toMatch(/^\d{6}$/);
    expect(drawn.size).toBeGreaterThan(190);
  });

  it('open the room they were given for', async () => {
    const { pins } = book();
    await pins.add('123456', 'a');
    await pins.add('654321', 'b');
    expect(await pins.check('192.0.2.1', '654321')).toEqual({ kind: 'accepted', room: 'b' });
    expect(await pins.check('192.0.2.1', '123456')).toEqual({ kind: 'accepted', room: 'a' });
  });

  it('lock a source out after its failures, the right PIN included, until the window is over', async () => {
    const { pins, pass } = book(3);
    await pins.add('123456', 'a');
    expect((await pins.check('192.0.2.1', '000000')).kind).toBe('wrong');
    expect((await pins.check('192.0.2.1', '000001')).kind).toBe('wrong');
    expect((await pins.check('192.0.2.1', '000002')).kind).toBe('locked-out');
    expect((await pins.check('192.0.2.1', '123456')).kind).toBe('locked-out');
    expect((await pins.check('192.0.2.2', '123456')).kind).toBe('accepted');
    pass(10_001);
    expect((await pins.check('192.0.2.1', '123456')).kind).toBe('accepted');
  });

  it('forget failures after a success', async () => {
    const { pins } = book(2);
    await pins.add('123456', 'a');
    await pins.check('192.0.2.1', '000000');
    await pins.check('192.0.2.1', '123456');
    expect((await pins.check('192.0.2.1', '000000')).kind).toBe('wrong');
  });

  it('refuse anything that is not a PIN', async () => {
    const { pins } = book(100);
    await pins.add('123456', 'a');
    for (const junk of ['', '12345', '1234567', '١٢٣٤٥٦', '12345\u0000']) {
      expect((await pins.check('192.0.2.1', junk)).kind).toBe('wrong');
    }
  });
});
