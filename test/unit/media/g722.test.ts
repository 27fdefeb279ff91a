import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { G722Decoder, G722Encoder } from '../../../src/media/codec/g722.ts';
import { peakAt, rms, sine } from '../../support/tone.ts';

const rate = 16_000;
const seconds = 4;

/** A second each of a rising tone, noise, a square wave at the edge of the coder's range, and noise that is hardly heard. */
function signal(): Int16Array {
  let state = 12_345;
  return Int16Array.from({ length: seconds * rate }, (_, i) => {
    const part = Math.floor(i / rate);
    const t = i % rate;
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    if (part === 0) return (((t * t) >> 9) % 20_001) - 10_000;
    if (part === 1) return (state >> 17) - 8_192;
    if (part === 2) return ((t >> 5) & 1) === 1 ? 8_000 : -8_000;
    return (state >> 21) - 512;
  });
}

function encoded(pcm: Int16Array, frame = 320): Uint8Array {
  const encoder = new G722Encoder();
  const out = new Uint8Array(pcm.length / 2);
  for (let i = 0; i < pcm.length; i += frame) encoder.encode(pcm.subarray(i, i + frame), out, i / 2);
  return out;
}

function decoded(code: Uint8Array, frame = 160): Int16Array {
  const decoder = new G722Decoder();
  const out = new Int16Array(2 * code.length);
  for (let i = 0; i < code.length; i += frame) {
    decoder.decode(code.subarray(i, i + frame), out.subarray(2 * i, 2 * (i + frame)));
  }
  return out;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('G.722', () => {
  // What spandsp 0.0.6 (g722_encode and g722_decode at 64000 bit/s) makes of the same samples, bit by bit.
  it('codes and decodes as spandsp does', () => {
    const code = encoded(signal());
    expect(sha256(code)).toBe('080c357a73ab68ad81953b7ae91bc9ff81d0381c4ea36e43accdff4ac169310e');
    const pcm = decoded(code);
    expect(sha256(new Uint8Array(pcm.buffer))).toBe(
      '7baaf13dd73acf14598ef30b74c8a5e2050919e55e80a94bfda007c4865c0100',
    );
  });

  it('does so whatever the lengths of the packets', () => {
    const pcm = signal().subarray(0, 9_600);
    expect(encoded(pcm, 960)).toEqual(encoded(pcm, 2));
    const code = encoded(pcm);
    expect(decoded(code, 480)).toEqual(decoded(code, 1));
  });

  it('carries what a narrowband telephone cannot', () => {
    // 3 kHz at 8 kHz are 6 kHz at 16 kHz.
    const tone = sine(3_000, 3_200);
    const back = decoded(encoded(tone)).subarray(800);
    expect(peakAt(3_000, back)).toBeGreaterThan(0.7 * 8_000);
  });

  it('survives any bytes, saturating', () => {
    let state = 1;
    const junk = Uint8Array.from({ length: 8_000 }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return state >> 16;
    });
    expect(rms(decoded(junk))).toBeGreaterThan(1_000);
    expect(decoded(new Uint8Array(0))).toHaveLength(0);
  });
});
