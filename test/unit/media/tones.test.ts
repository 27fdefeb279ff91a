import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ToneDetector } from '../../../src/media/dtmf/tones.ts';

const rows = [697, 770, 852, 941];
const columns = [1_209, 1_336, 1_477, 1_633];
const keys = '123A456B789C*0#D';

interface Press {
  readonly key: string;
  readonly ms: number;
  /** In samples, from the start of a frame. */
  readonly offset?: number;
  readonly peak?: number;
  /** Of the column over the row, in dB. */
  readonly twist?: number;
  readonly off?: number;
}

/** Half a second with one press in it. */
function sound(
  rate: 8_000 | 16_000,
  { key, ms, offset = 0, peak = 6_000, twist = 0, off = 0 }: Press,
): Int16Array {
  const at = keys.indexOf(key);
  const [low, high] = [rows[at >> 2] ?? 0, columns[at & 3] ?? 0].map((hertz) => hertz * (1 + off));
  const pcm = new Int16Array(rate / 2);
  for (let i = 0; i < (ms * rate) / 1_000; i++) {
    const t = (2 * Math.PI * i) / rate;
    const both = Math.sin((low ?? 0) * t) + 10 ** (twist / 20) * Math.sin((high ?? 0) * t);
    pcm[rate / 10 + offset + i] = Math.round(peak * both);
  }
  return pcm;
}

function heard(pcm: Int16Array, rate: 8_000 | 16_000 = 8_000) {
  const detector = new ToneDetector(rate);
  const frame = rate / 50;
  let digits = '';
  const passed: number[] = [];
  for (let at = 0; at + frame <= pcm.length; at += frame) {
    const part = pcm.subarray(at, at + frame);
    const { digit, tone } = detector.push(part);
    digits += digit ?? '';
    if (!tone) passed.push(part.reduce((sum, sample) => sum + sample * sample, 0));
  }
  return { digits, passed: passed.filter((energy) => energy > 0).length };
}

describe('keys heard in the audio', () => {
  it.each([8_000, 16_000] as const)(
    'are found at %i Hz, each once, from 40 ms on, wherever the frames fall',
    (rate) => {
      for (const key of keys) {
        for (const ms of [40, 70, 200]) {
          for (let offset = 0; offset < rate / 50; offset += 23) {
            expect(`${key} ${ms} ${heard(sound(rate, { key, ms, offset }), rate).digits}`).toBe(
              `${key} ${ms} ${key}`,
            );
          }
        }
      }
    },
  );

  it('are found soft and loud, with the twist of Q.24 and a frequency 1.5 % off', () => {
    for (const key of keys) {
      for (const peak of [500, 3_000, 9_000]) {
        for (const twist of [4, 0, -7]) {
          for (const off of [-0.015, 0, 0.015]) {
            expect(heard(sound(8_000, { key, ms: 80, peak, twist, off })).digits).toBe(key);
          }
        }
      }
    }
  });

  it('hardly reach the room: of a press, at most the frames at its two ends', () => {
    for (const key of keys)
      expect(heard(sound(8_000, { key, ms: 200, offset: 77 })).passed).toBeLessThanOrEqual(2);
  });

  it('are not found where a tone is too short, alone, or one of three', () => {
    expect(heard(sound(8_000, { key: '5', ms: 20 })).digits).toBe('');
    const mixed = sound(8_000, { key: '5', ms: 200 });
    const third = sound(8_000, { key: '9', ms: 200 });
    expect(heard(mixed.map((sample, i) => sample + (third[i] ?? 0))).digits).toBe('');
    const alone = Int16Array.from(
      { length: 4_000 },
      (_, i) => 8_000 * Math.sin((2 * Math.PI * 770 * i) / 8_000),
    );
    expect(heard(alone).digits).toBe('');
  });

  it('are not found in speech: two minutes of prompts, as they are, and a fifth slower and faster', () => {
    const folder = join(import.meta.dirname, '../../../config/prompts/en');
    let seconds = 0;
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.wav'))) {
      const bytes = readFileSync(join(folder, name)).subarray(44);
      const speech = Int16Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(2 * i));
      seconds += speech.length / 8_000;
      for (const pace of [0.8, 1, 1.25]) {
        const other = Int16Array.from(
          { length: Math.floor(speech.length / pace) },
          (_, i) => speech[Math.floor(i * pace)] ?? 0,
        );
        expect(`${name} ${heard(other).digits}`).toBe(`${name} `);
      }
    }
    expect(seconds).toBeGreaterThan(60);
  });
});
