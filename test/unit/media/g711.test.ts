import { describe, expect, it } from 'vitest';
import { decodeG711, encodeG711, type G711Law } from '../../../src/media/codec/g711.ts';

const codes = Uint8Array.from({ length: 256 }, (_, i) => i);
const samples = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);

function decoded(law: G711Law, code: Uint8Array): Int16Array {
  const out = new Int16Array(code.length);
  decodeG711(law, code, out);
  return out;
}

function encoded(law: G711Law, pcm: Int16Array): Uint8Array {
  const out = new Uint8Array(pcm.length);
  encodeG711(law, pcm, out);
  return out;
}

describe('G.711', () => {
  it('decodes the corner values of the tables', () => {
    // G.711 tables 1a, 1b, 2a, 2b, scaled to 16 bits: largest, smallest and zero of both signs.
    expect([...decoded('PCMU', Uint8Array.of(0x80, 0x00, 0xff, 0x7f, 0xfe))]).toEqual([
      32_124, -32_124, 0, 0, 8,
    ]);
    expect([...decoded('PCMA', Uint8Array.of(0xaa, 0x2a, 0xd5, 0x55))]).toEqual([32_256, -32_256, 8, -8]);
  });

  it('decides on the borders of intervals as the ITU reference does', () => {
    // Mu-law intervals are 8 wide around zero, so -4 is still zero and 4 is not; A-law's first ones are 16 wide.
    expect([...encoded('PCMU', Int16Array.of(3, 4, -1, -4, -5))]).toEqual([0xff, 0xfe, 0x7f, 0x7f, 0x7e]);
    expect([...encoded('PCMA', Int16Array.of(15, 16, -1, -16, -17))]).toEqual([0xd5, 0xd4, 0x55, 0x55, 0x54]);
    expect([...encoded('PCMU', Int16Array.of(32_767, -32_768))]).toEqual([0x80, 0x00]);
    expect([...encoded('PCMA', Int16Array.of(32_767, -32_768))]).toEqual([0xaa, 0x2a]);
  });

  it('encodes silence as idle channels send it', () => {
    expect(encoded('PCMU', Int16Array.of(0))[0]).toBe(0xff);
    expect(encoded('PCMA', Int16Array.of(0))[0]).toBe(0xd5);
  });

  for (const law of ['PCMU', 'PCMA'] as const) {
    it(`${law}: every code word survives decoding and encoding`, () => {
      const again = encoded(law, decoded(law, codes));
      // Mu-law has two zeros; the negative one becomes the positive one.
      const expected = codes.map((code) => (law === 'PCMU' && code === 0x7f ? 0xff : code));
      expect(again).toEqual(expected);
    });

    it(`${law}: all 65536 samples keep their order and come back within half a step`, () => {
      const back = decoded(law, encoded(law, samples));
      const loudest = law === 'PCMU' ? 32_124 : 32_256;
      for (let i = 0; i < samples.length; i++) {
        const was = samples[i] ?? 0;
        const is = back[i] ?? 0;
        if (i > 0) expect(is >= (back[i - 1] ?? 0)).toBe(true);
        const magnitude = Math.min(Math.abs(was), loudest);
        // Steps double with each segment: one part in 32 of the segment's top, and never less than the smallest.
        const halfStep = Math.max(8, (magnitude + 132) / 32);
        if (Math.abs(Math.sign(was) * magnitude - is) > halfStep)
          expect({ was, is }).toBe('within half a step');
      }
    });
  }

  it('writes at an offset and stops at the end of what it is given', () => {
    const out = new Uint8Array(4);
    encodeG711('PCMU', Int16Array.of(0, 0, 0, 0, 0, 0), out, 2);
    expect([...out]).toEqual([0, 0, 0xff, 0xff]);
    const pcm = new Int16Array(2);
    decodeG711('PCMU', Uint8Array.of(0x80, 0x80, 0x80), pcm, 1);
    expect([...pcm]).toEqual([0, 32_124]);
  });
});
