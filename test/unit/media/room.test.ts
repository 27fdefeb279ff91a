import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { opusTicks } from '../../../src/media/codec/opus-packet.ts';
import { loadOpus } from '../../../src/media/codec/opus-loader.ts';
import { createWasmOpus } from '../../../src/media/codec/opus-wasm.ts';
import { RoomMixer } from '../../../src/media/room-mixer.ts';
import { Speaker } from '../../../src/media/speaker.ts';

const constant = (value: number) => new Int16Array(160).fill(value);

describe('the mix', () => {
  it('gives everybody the others and never himself', () => {
    const mixer = new RoomMixer();
    mixer.begin();
    mixer.add('a', constant(100));
    mixer.add('b', constant(20));
    mixer.add('c', constant(3));
    expect(mixer.mixFor('a')?.[0]).toBe(23);
    expect(mixer.mixFor('b')?.[0]).toBe(103);
    expect(mixer.mixFor('silent')?.[0]).toBe(123);
  });

  it('is one object for all who say nothing, another one in each tick, and never changed', () => {
    const mixer = new RoomMixer();
    const tick = (value: number) => {
      mixer.begin();
      mixer.add('a', constant(value));
      mixer.add('b', constant(20));
      return [mixer.mixFor('a')!, mixer.mixFor('silent')!, mixer.mixFor('other')!] as const;
    };
    const [own, first, same] = tick(100);
    expect(same).toBe(first);
    expect([mixer.isCommon(first), mixer.isCommon(own)]).toEqual([true, false]);
    const [, next] = tick(1);
    expect(next).not.toBe(first);
    expect([first[0], next[0], mixer.isCommon(first)]).toEqual([120, 21, false]);
  });

  it('is nothing where nobody else speaks, and nothing of the tick before', () => {
    const mixer = new RoomMixer();
    mixer.begin();
    mixer.add('a', constant(100));
    expect(mixer.mixFor('a')).toBeNull();
    mixer.begin();
    expect(mixer.mixFor('b')).toBeNull();
  });

  it('never wraps around, keeps order and keeps quiet sums exact', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 1, maxLength: 20 }),
        (levels) => {
          const mixer = new RoomMixer();
          mixer.begin();
          levels.forEach((level, i) => mixer.add(String(i), constant(level)));
          const sum = levels.reduce((a, b) => a + b, 0);
          const mixed = mixer.mixFor('listener')?.[0] ?? 0;
          if (Math.abs(sum) <= 24_000) expect(mixed).toBe(sum);
          expect(Math.sign(mixed)).toBe(Math.sign(sum));
          expect(Math.abs(mixed)).toBeLessThanOrEqual(32_767);
        },
      ),
    );
  });
});

describe('the length of an Opus packet', () => {
  it.each([
    ['SILK 10 ms', [0 << 3], 480],
    ['SILK 60 ms', [3 << 3], 2_880],
    ['hybrid 20 ms', [13 << 3], 960],
    ['CELT 2.5 ms', [16 << 3], 120],
    ['CELT 20 ms', [31 << 3], 960],
    ['two frames of 20 ms', [(31 << 3) | 1], 1_920],
    ['three frames by count', [(31 << 3) | 3, 3], 2_880],
    ['over 120 ms', [(31 << 3) | 3, 7], 0],
    ['nothing', [], 0],
  ])('%s', (_name, bytes, ticks) => {
    expect(opusTicks(Uint8Array.from(bytes))).toBe(ticks);
  });

  it('agrees with the encoder', () => {
    const encoder = loadOpus().codec.encoder({ rate: 8_000, bitrate: 24_000, complexity: 5 });
    expect(opusTicks(encoder.encode(new Int16Array(160)) ?? new Uint8Array())).toBe(960);
  });
});

function level(frame: Int16Array | null): number {
  return Math.sqrt((frame ?? new Int16Array()).reduce((sum, s) => sum + s * s, 0) / 160);
}

function tone(n: number): Int16Array {
  return Int16Array.from({ length: 160 }, (_, i) =>
    Math.round(8_000 * Math.sin((2 * Math.PI * 440 * (n * 160 + i)) / 8_000)),
  );
}

describe.each([
  ['libopus', loadOpus().codec],
  ['wasm', createWasmOpus()],
])('a speaker, decoded by %s', (_name, codec) => {
  /** From here on the configurations of a packet's first byte are CELT's alone (RFC 6716 §3.1). */
  const celt = 16;

  it('is coded by model or by transform, as was asked, and sounds alike', () => {
    for (const [application, transformed] of [
      ['voip', false],
      ['low-delay', true],
    ] as const) {
      const encoder = codec.encoder({ rate: 8_000, bitrate: 24_000, complexity: 0, application });
      const decoder = codec.decoder(8_000);
      const packets = Array.from({ length: 20 }, (_, n) => encoder.encode(tone(n))!.slice());
      expect(packets.at(-1)![0]! >> 3 >= celt).toBe(transformed);
      const out = packets.map((packet) => level(decoder.decode(packet)));
      expect(out.at(-1)! / level(tone(0))).toBeCloseTo(1, 0);
    }
  });

  const setUp = () => {
    const encoder = codec.encoder({ rate: 8_000, bitrate: 24_000, complexity: 5 });
    let nowMs = 0;
    const clock = { monoMs: () => nowMs };
    const speaker = new Speaker({ opus: codec, rate: 8_000, delayMs: 40, clock });
    const pull = () => {
      nowMs += 20;
      return speaker.pull();
    };
    const push = (n: number, sequence = n) =>
      speaker.push((encoder.encode(tone(n)) ?? new Uint8Array()).slice(), sequence & 0xffff, (n * 960) >>> 0);
    return { speaker, push, pull };
  };

  it('is heard after the delay, and silent after the end', () => {
    const { push, pull } = setUp();
    const levels: number[] = [];
    for (let n = 0; n < 60; n++) {
      if (n < 30) push(n);
      levels.push(level(pull()));
    }
    expect(levels[0]).toBe(0);
    expect(Math.min(...levels.slice(10, 30))).toBeGreaterThan(3_000);
    expect(Math.max(...levels.slice(45))).toBe(0);
  });

  it('is not broken by a lost packet', () => {
    const { speaker, push, pull } = setUp();
    const levels: number[] = [];
    for (let n = 0; n < 30; n++) {
      if (n !== 15) push(n);
      levels.push(level(pull()));
    }
    expect(Math.min(...levels.slice(10))).toBeGreaterThan(300);
    expect(speaker.counts.concealed).toBe(1);
  });

  it('survives junk', () => {
    const { speaker, push, pull } = setUp();
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.integer({ min: 0, max: 65_535 }),
        fc.integer({ min: 0 }),
        (bytes, seq, ts) => {
          speaker.push(bytes, seq, ts >>> 0);
          expect(pull()?.length ?? 160).toBe(160);
        },
      ),
      { numRuns: 300 },
    );
    push(1_000);
  });
});
