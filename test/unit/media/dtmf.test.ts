import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DtmfDetector } from '../../../src/media/dtmf/detector.ts';
import {
  digitOfEvent,
  eventOfDigit,
  parseTelephoneEvent,
  writeTelephoneEvent,
} from '../../../src/media/dtmf/event.ts';

const event = (digit: string, duration: number, end = false, volume = 10): Uint8Array =>
  writeTelephoneEvent({ event: eventOfDigit(digit) ?? 255, duration, end, volume });

/** All packets of one key press as a phone sends them. */
function press(digit: string, timestamp: number): [number, Uint8Array][] {
  const durations = [160, 320, 480, 640, 800];
  return [
    ...durations.map((duration): [number, Uint8Array] => [timestamp, event(digit, duration)]),
    ...[0, 1, 2].map((): [number, Uint8Array] => [timestamp, event(digit, 960, true)]),
  ];
}

function run(packets: readonly (readonly [number, Uint8Array])[], detector = new DtmfDetector()): string {
  return packets.map(([timestamp, payload]) => detector.push(timestamp, payload) ?? '').join('');
}

describe('telephone events', () => {
  it('read back what was written, and are a value or a reason for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        const parsed = parseTelephoneEvent(bytes);
        expect(parsed.ok).toBe(bytes.length >= 4 && bytes.length % 4 === 0);
        if (parsed.ok) expect(writeTelephoneEvent(parsed.value)).toEqual(maskReserved(bytes.slice(0, 4)));
      }),
    );
  });

  it('name the sixteen digits and nothing else', () => {
    expect(Array.from({ length: 16 }, (_, i) => digitOfEvent(i)).join('')).toBe('0123456789*#ABCD');
    expect(digitOfEvent(16)).toBeNull();
    expect(eventOfDigit('x')).toBeNull();
    expect(eventOfDigit('12')).toBeNull();
  });
});

function maskReserved(bytes: Uint8Array): Uint8Array {
  bytes[1] = (bytes[1] ?? 0) & 0xbf;
  return bytes;
}

describe('the digit detector', () => {
  it('hears each press once, the same digit twice as two', () => {
    expect(run([...press('1', 0), ...press('1', 2_000), ...press('#', 4_000)])).toBe('11#');
  });

  it('hears every press once, whichever packets of it are lost, doubled or swapped', () => {
    const digits = fc.array(fc.constantFrom('0', '1', '2', '3', '5', '9', '*', '#'), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(digits, fc.infiniteStream(fc.integer({ min: 0, max: 3 })), (pressed, fates) => {
        const packets = pressed.flatMap((digit, i) => {
          const all = press(digit, (0xfffff000 + i * 3_000) >>> 0);
          const kept = all.flatMap((one): [number, Uint8Array][] => {
            const fate = fates.next().value as number;
            return fate === 0 ? [] : fate === 1 ? [one, one] : [one];
          });
          const survivors = kept.length > 0 ? kept : all.slice(-1);
          return (fates.next().value as number) === 0 ? survivors.reverse() : survivors;
        });
        expect(run(packets)).toBe(pressed.join(''));
      }),
    );
  });

  it('takes an overtaken packet of an earlier press for what it is', () => {
    expect(run([...press('1', 1_000), ...press('2', 3_000), [1_000, event('1', 960, true)]])).toBe('12');
  });

  it('keeps a press of more than eight seconds one digit', () => {
    const long: [number, Uint8Array][] = [
      [0, event('5', 160)],
      [0, event('5', 0xffff)],
      [0xffff, event('5', 160)],
      [0xffff, event('5', 800, true)],
    ];
    expect(run(long)).toBe('5');
  });

  it('counts at 48 kHz as at 8: quick presses, long ones in segments, lost ends, late packets', () => {
    // RFC 4733 §2.5.1.3: at 48 kHz a segment is over after 1.4 s, so an ordinary long press has several.
    const [tick, segment] = [960, 0xffff];
    const quick = (digit: string, at: number): [number, Uint8Array][] => [
      ...[1, 2, 3].map((n): [number, Uint8Array] => [at, event(digit, n * tick)]),
      [at, event(digit, 4 * tick, true)],
    ];
    const start = (0x1_0000_0000 - 48_000) >>> 0;
    const long: [number, Uint8Array][] = [
      [start, event('5', tick)],
      [start, event('5', segment)],
      [(start + segment) >>> 0, event('5', tick)],
      [(start + segment) >>> 0, event('5', segment)],
      [(start + 2 * segment) >>> 0, event('5', tick)],
    ];
    const after = (start + 2 * segment + 20 * tick) >>> 0;
    const detector = new DtmfDetector(48_000);
    expect(run([...long, ...quick('5', after)], detector)).toBe('55');
    // Nine seconds old: overtaken, not a new press. At 8 kHz the same distance would be almost a minute.
    expect(run([[(after - 9 * 48_000) >>> 0, event('3', 4 * tick, true)]], detector)).toBe('');
    expect(run(quick('6', (after + 20 * tick) >>> 0), detector)).toBe('6');
  });

  it('knows while a key is down', () => {
    const detector = new DtmfDetector();
    detector.push(0, event('1', 160));
    expect(detector.pressed).toBe(true);
    detector.push(0, event('1', 320, true));
    expect(detector.pressed).toBe(false);
  });

  it('goes on after a hand-over without hearing the last digit again', () => {
    expect(run([...press('7', 500), ...press('8', 2_500)], new DtmfDetector(8_000, 500))).toBe('8');
  });

  it('hears nothing in hook flash, in a whisper below -55 dBm0 and in ragged bytes', () => {
    expect(
      run([
        [0, writeTelephoneEvent({ event: 16, end: false, volume: 0, duration: 160 })],
        [2_000, event('1', 160, false, 56)],
        [4_000, new Uint8Array(3)],
        [6_000, new Uint8Array(5)],
      ]),
    ).toBe('');
  });
});
