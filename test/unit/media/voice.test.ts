import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KeyRing } from '../../../src/e2ee/key-ring.ts';
import { SpeechLevel } from '../../../src/media/audio/speech-level.ts';
import { loadOpus } from '../../../src/media/codec/opus-loader.ts';
import { Loudest } from '../../../src/media/loudest.ts';
import { Voice } from '../../../src/media/voice.ts';
import { Outbox } from '../../../src/worker/outbox.ts';
import { Uplink } from '../../../src/worker/uplink.ts';
import { frames, rms, sine } from '../../support/tone.ts';

/** All prompts, one after the other: two minutes of one person's speech with its pauses. */
function speech(): Int16Array {
  const folder = join(import.meta.dirname, '../../../config/prompts/en');
  const parts = readdirSync(folder)
    .filter((name) => name.endsWith('.wav'))
    .map((name) => readFileSync(join(folder, name)).subarray(44));
  const bytes = Buffer.concat(parts);
  return Int16Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(2 * i));
}

const scaled = (pcm: Int16Array, db: number): Int16Array => pcm.map((sample) => sample * 10 ** (db / 20));
const joined = (parts: readonly Int16Array[]): Int16Array =>
  Int16Array.from(parts.flatMap((part) => [...part]));
const steepest = (pcm: Int16Array): number =>
  pcm.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (pcm[i - 1] ?? 0))), 0);
const silence = new Int16Array(160);
const power = (mean: number): number => mean;

/** ITU-T P.56 in short: the level of what is within 15.9 dB of itself, in dBov. */
function activeLevel(pcm: Int16Array): number {
  const powers = frames(pcm).map((frame) => rms(frame) ** 2);
  let level = powers.reduce((sum, power) => sum + power, 0) / powers.length;
  for (let i = 0; i < 5; i++) {
    const active = powers.filter((power) => power > level / 10 ** 1.59);
    level = active.reduce((sum, power) => sum + power, 0) / active.length;
  }
  return 10 * Math.log10(level / 32_768 ** 2);
}

describe('a voice on its way into the room', () => {
  it('is brought near to -26 dBov, whether it comes soft or loud: within 6 dB of one another', () => {
    const source = speech();
    const own = activeLevel(source);
    const levels = [-38, -32, -26, -20, -14].map((dbov) => {
      const voice = new Voice();
      const out = frames(scaled(source, dbov - own)).map((frame) => (voice.push(frame) ?? silence).slice());
      // Ten seconds for the level to settle, and from there on.
      return activeLevel(joined(out.slice(500, 2_500)));
    });
    expect(Math.max(...levels) - Math.min(...levels)).toBeLessThan(6);
    for (const level of levels) expect(Math.abs(level + 26)).toBeLessThan(4);
  });

  it('does not raise the noise between words, nor a line on which nobody talks', () => {
    const voice = new Voice();
    let state = 3;
    const noise = frames(
      Int16Array.from({ length: 8_000 * 10 }, () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return (state / 2 ** 32 - 0.5) * 200;
      }),
    );
    const out = noise.map((frame) => (voice.push(frame) ?? silence).slice());
    expect(rms(joined(out.slice(250)))).toBeLessThan(1.1 * rms(joined(noise.slice(250))));
    expect(voice.talking).toBe(false);
  });

  it('begins, ends and is muted without a click', () => {
    const tone = frames(sine(300, 8_000, 6_000));
    const voice = new Voice();
    const out: Int16Array[] = [];
    tone.forEach((frame, n) => out.push((voice.push(n % 7 > 3 ? null : frame) ?? silence).slice()));
    // A sine of 300 Hz rises by 1,412 from one sample to the next where it is steepest.
    expect(steepest(joined(out))).toBeLessThan(1_500);
    expect(rms(joined(out))).toBeGreaterThan(2_000);
  });

  it('is cut without an echo where it may not be heard any more', () => {
    const voice = new Voice();
    for (const frame of frames(sine(300, 1_600))) voice.push(frame);
    voice.cut();
    expect(voice.push(null)).toBeNull();
  });

  it('never leaves 16 bits, however loud and soft take turns', () => {
    const voice = new Voice();
    for (const frame of frames(scaled(speech(), -30)).slice(0, 500)) voice.push(frame);
    const loud = voice.push(sine(200, 160, 32_000))!;
    expect(Math.max(...loud.map(Math.abs))).toBeLessThanOrEqual(32_767);
    expect(rms(loud)).toBeGreaterThan(10_000);
  });

  it('is found to talk through short pauses, and to be silent after them', () => {
    const meter = new SpeechLevel();
    const talk = sine(300, 160, 6_000);
    for (let n = 0; n < 10; n++) meter.push(talk);
    for (let n = 0; n < 10; n++) meter.push(silence);
    expect(meter.talking).toBe(true);
    for (let n = 0; n < 10; n++) meter.push(silence);
    expect(meter.talking).toBe(false);
  });
});

describe('the loudest', () => {
  it('are as many as may be, and two equals do not take turns', () => {
    const loudest = new Loudest(2);
    const choices = Array.from({ length: 50 }, (_, n) =>
      [
        ...loudest.choose(
          new Map([
            ['a', 100 + (n % 2)],
            ['b', 101 - (n % 2)],
            ['c', 100],
            ['quiet', 1],
          ]),
          power,
        ),
      ]
        .sort()
        .join(''),
    );
    expect(new Set(choices.slice(1)).size).toBe(1);
    expect(choices.at(-1)).toHaveLength(2);
  });

  it('give way to whoever is clearly louder', () => {
    const loudest = new Loudest(1);
    for (let n = 0; n < 10; n++)
      loudest.choose(
        new Map([
          ['a', 100],
          ['b', 50],
        ]),
        power,
      );
    for (let n = 0; n < 20; n++)
      loudest.choose(
        new Map([
          ['a', 100],
          ['b', 500],
        ]),
        power,
      );
    expect([
      ...loudest.choose(
        new Map([
          ['a', 100],
          ['b', 500],
        ]),
        power,
      ),
    ]).toEqual(['b']);
  });
});

describe('the track of a leg', () => {
  function uplink() {
    const keys = new KeyRing();
    const opus = loadOpus().codec;
    const sent: { readonly marker: boolean; readonly ago: number }[] = [];
    const outbox = new Outbox();
    const sealer = { ...keys.sealer('me'), seal: (frame: Uint8Array) => Buffer.from(frame) };
    const one = new Uplink(opus, sealer, outbox);
    one.track = { sid: 'x', name: 'x', send: (_f, _s, marker, ago = 0) => sent.push({ marker, ago }) > 0 };
    return {
      one,
      sent: () => {
        outbox.flush();
        return sent;
      },
    };
  }
  const tone = sine(300, 160, 6_000);

  it('sends what was said just before it was noticed that somebody talks, in its own time', () => {
    const { one, sent } = uplink();
    for (let n = 0; n < 10; n++) one.push(tone, false);
    expect(sent()).toEqual([]);
    one.push(tone, true);
    one.push(tone, true);
    expect(sent()).toEqual([
      { marker: true, ago: 2_880 },
      { marker: false, ago: 1_920 },
      { marker: false, ago: 960 },
      { marker: false, ago: 0 },
      { marker: false, ago: 0 },
    ]);
  });

  it('sends two or three frames a second while nobody talks', () => {
    const { one, sent } = uplink();
    for (let n = 0; n < 100; n++) one.push(tone, false);
    expect(sent()).toHaveLength(5);
  });

  it('goes out sixteen frames at a time, in order, and what is left when it is told to', () => {
    const names: string[] = [];
    const outbox = new Outbox();
    const track = (name: string) => ({ sid: name, name, send: () => names.push(name) > 0 });
    for (let n = 0; n < 18; n++)
      outbox.add({ track: track(`${n}`), frame: new Uint8Array(1), samples: 960, marker: false, ago: 0 });
    expect(names).toEqual(Array.from({ length: 16 }, (_, n) => `${n}`));
    outbox.flush();
    outbox.flush();
    expect(names.slice(16)).toEqual(['16', '17']);
  });

  it('forgets what it kept where the caller may not be heard any more', () => {
    const { one, sent } = uplink();
    for (let n = 0; n < 10; n++) one.push(tone, false);
    one.cut();
    one.push(tone, true);
    expect(sent()).toEqual([{ marker: true, ago: 0 }]);
  });
});
