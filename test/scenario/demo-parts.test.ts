import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KeyRing } from '../../src/e2ee/key-ring.ts';
import { keyCheckValue, senderId, senderKey } from '../../src/consent/messages/key-schedule.ts';
import { addChord, ChordDetector, type Party } from '../demo/chord.ts';
import { frameKey, keyCheck, openFrame, rtpPayload } from '../demo/frame-opener.ts';
import { decodeMulaw, encodeMulaw } from '../demo/g711.ts';
import { PromptEar } from '../demo/prompt-ear.ts';
import { SoundBook } from '../demo/sound-book.ts';
import { readWav } from '../demo/wav.ts';

/** The demo measures with these: what they cannot see, it cannot refute. */
const prompts = join(import.meta.dirname, '../../config/prompts');
const rate = 8000;
const frame = 160;
const everybody: readonly Party[] = ['host', 'member', 'caller'];
const speech = readWav(join(import.meta.dirname, '../demo/speech.wav')).samples;
const lobbySound = readWav(join(prompts, 'lobby-sound.wav')).samples;

/** Through the phone line's codec, frame by frame. */
function* overThePhone(samples: Int16Array): Generator<Int16Array> {
  for (let at = 0; at + frame <= samples.length; at += frame) {
    yield samples.slice(at, at + frame).map((sample) => decodeMulaw(encodeMulaw(sample)));
  }
}

function heard(samples: Int16Array): Record<Party, number> {
  const detector = new ChordDetector(rate, everybody);
  const frames = { host: 0, member: 0, caller: 0 };
  for (const one of overThePhone(samples)) {
    for (const found of detector.push(one)) frames[found.party] += found.frames;
  }
  return frames;
}

describe('the chord detector', () => {
  const files = readdirSync(join(prompts, 'en')).filter((name) => name.endsWith('.wav'));

  it.each(files)('hears nobody in %s over the lobby sound', (name) => {
    const { samples } = readWav(join(prompts, 'en', name));
    const mixed = samples.map((sample, i) => sample + (lobbySound[i % lobbySound.length] ?? 0));
    expect(heard(mixed)).toEqual({ host: 0, member: 0, caller: 0 });
  });

  it('hears nobody in speech and in noise', () => {
    expect(heard(speech)).toEqual({ host: 0, member: 0, caller: 0 });
    let state = 1;
    const noise = Int16Array.from({ length: rate * 20 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state >>> 18) - 8192;
    });
    expect(heard(noise)).toEqual({ host: 0, member: 0, caller: 0 });
  });

  it.each([0.08, 0.02, 0.004])('hears all three at once, each at a level of %f', (level) => {
    const samples = new Int16Array(rate * 2);
    for (const party of everybody) addChord(samples, party, rate, 0, level);
    const frames = heard(samples);
    for (const party of everybody) expect(frames[party]).toBeGreaterThan(95);
  });

  it('hears a hum under speech, and says who it is', () => {
    const samples = speech.map((sample) => sample * 0.35);
    addChord(samples, 'caller', rate, 0, 0.06);
    const frames = heard(samples);
    expect(frames.caller).toBeGreaterThan((samples.length / frame) * 0.9);
    expect(frames).toMatchObject({ host: 0, member: 0 });
  });
});

describe('the prompt ear', () => {
  const known = ['welcome-enter-pin', 'pin-wrong', 'notice', 'lobby-waiting', 'admitted', 'revoked'];

  function recognised(samples: Int16Array): readonly string[] {
    const names: string[] = [];
    const ear = new PromptEar(join(prompts, 'en'), known, (name) => names.push(name));
    for (const one of overThePhone(samples)) ear.push(one);
    return names;
  }

  it.each([...known, 'denied', 'host-left', 'no-answer', 'goodbye'])('takes %s for what it is', (name) => {
    const { samples } = readWav(join(prompts, 'en', `${name}.wav`));
    const later = new Int16Array(samples.length + rate * 2);
    later.set(samples, 5003);
    const mixed = later.map((sample, i) => sample + (lobbySound[i % lobbySound.length] ?? 0));
    expect(recognised(mixed)).toEqual(known.includes(name) ? [name] : []);
  });
});

describe('the sound book', () => {
  const book = new SoundBook(join(prompts, 'en'));
  const coded = (samples: Int16Array, from: number): readonly Buffer[] =>
    Array.from({ length: Math.floor((samples.length - from) / frame) }, (_, i) =>
      Buffer.from(samples.slice(from + i * frame, from + (i + 1) * frame).map(encodeMulaw)),
    );

  it('knows every frame of a prompt, of the loop and of silence', () => {
    const { samples } = readWav(join(prompts, 'en', 'notice.wav'));
    for (const one of coded(samples, 0)) expect(book.isKnown(one)).toBe(true);
    for (const one of coded(lobbySound, 77)) expect(book.isKnown(one)).toBe(true);
    expect(book.isKnown(Buffer.alloc(frame, encodeMulaw(0)))).toBe(true);
  });

  it('knows no voice, no hum below a prompt, and no noise', () => {
    const { samples } = readWav(join(prompts, 'en', 'notice.wav'));
    const hummed = samples.slice();
    addChord(hummed, 'host', rate, 0, 0.01);
    const noise = coded(Int16Array.from(randomBytes(rate)), 0).map((one) => one.map((code) => code ^ 0x55));
    const loud = coded(speech, 0).filter((one) => one.some((code) => (~code & 0x7f) > 0x30));
    for (const strange of [coded(hummed, 0), noise.map((one) => Buffer.from(one)), loud]) {
      expect(strange.length).toBeGreaterThan(20);
      expect(strange.filter((one) => book.isKnown(one))).toEqual([]);
    }
  });
});

describe('the wiretap’s decryptor, which shares no code with the cryptor', () => {
  const mk = randomBytes(32);
  const instance = randomBytes(16);
  const identityKey = randomBytes(32);
  const joinId = randomBytes(16);
  const name = { instance: instance.toString('base64url'), epoch: 7 };
  const opus = randomBytes(60);

  async function sealed(): Promise<Buffer> {
    const ring = new KeyRing();
    const key = await senderKey(new Uint8Array(mk), name, senderId(identityKey, joinId));
    await ring.setKey('p-x', 7, key);
    return ring.sealer('p-x').seal(opus)!;
  }

  it('opens a frame of the right epoch and sender, and no other', async () => {
    const packet = await sealed();
    const sender = Buffer.concat([identityKey, joinId]);
    expect(openFrame(frameKey(mk, { instance, epoch: 7 }, sender), packet)).toEqual(opus);
    expect(openFrame(frameKey(mk, { instance, epoch: 8 }, sender), packet)).toBeNull();
    expect(openFrame(frameKey(randomBytes(32), { instance, epoch: 7 }, sender), packet)).toBeNull();
    expect(openFrame(frameKey(mk, { instance, epoch: 7 }, randomBytes(48)), packet)).toBeNull();
    packet.writeUInt8(packet.readUInt8(5) ^ 1, 5);
    expect(openFrame(frameKey(mk, { instance, epoch: 7 }, sender), packet)).toBeNull();
  });

  it('computes the check value that messages name keys by', async () => {
    const expected = Buffer.from(await keyCheckValue(new Uint8Array(mk), name)).toString('base64url');
    expect(keyCheck(mk, { instance, epoch: 7 })).toBe(expected);
  });

  it('finds the payload behind contributing sources, an extension and padding', () => {
    const header = Buffer.from([0xb1, 111, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4]);
    const extension = Buffer.from([0xbe, 0xde, 0, 1, 1, 2, 3, 4]);
    const packet = Buffer.concat([header, extension, Buffer.from('frame'), Buffer.from([0, 0, 3])]);
    expect(rtpPayload(packet)?.toString()).toBe('frame');
    expect(rtpPayload(packet.subarray(0, 20))).toBeNull();
  });
});
