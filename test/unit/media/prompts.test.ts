import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { samplesPerFrame } from '../../../src/media/audio/frame.ts';
import { readTexts } from '../../../src/media/prompts/texts.ts';
import { loadPrompts } from '../../../src/media/prompts/library.ts';
import { Player, type PlayTurn } from '../../../src/media/prompts/player.ts';
import { parseWav } from '../../../src/media/prompts/wav.ts';
import { frames, isTone, levelDbm0, rms } from '../../support/tone.ts';

const promptsDir = new URL('../../../config/prompts', import.meta.url).pathname;

/** A WAV file with one thing that can be wrong. */
function file(
  change: Partial<Record<'format' | 'channels' | 'rate' | 'bits' | 'dataLength', number>> = {},
): Buffer {
  const out = Buffer.alloc(44 + 4);
  out.write('RIFF....WAVEfmt ', 'latin1');
  out.writeUInt32LE(16, 16);
  out.writeUInt16LE(change.format ?? 1, 20);
  out.writeUInt16LE(change.channels ?? 1, 22);
  out.writeUInt32LE(change.rate ?? 8_000, 24);
  out.writeUInt16LE(change.bits ?? 16, 34);
  out.write('data', 36, 'latin1');
  out.writeUInt32LE(change.dataLength ?? 4, 40);
  out.writeInt16LE(-2, 44);
  out.writeInt16LE(300, 46);
  return out;
}

describe('a WAV file', () => {
  it('gives its samples', () => {
    expect(parseWav(file())).toEqual({ ok: true, value: Int16Array.of(-2, 300) });
  });

  it.each([
    ['not-riff-wave', Buffer.from('hello')],
    ['not-pcm', file({ format: 3 })],
    ['not-mono', file({ channels: 2 })],
    ['not-8-khz', file({ rate: 16_000 })],
    ['not-16-bit', file({ bits: 8 })],
    ['chunk-overrun', file({ dataLength: 5 })],
    ['odd-data', file({ dataLength: 3 })],
    ['no-data', file().subarray(0, 36)],
  ])('is refused: %s', (reason, bytes) => {
    expect(parseWav(bytes)).toEqual({ ok: false, reason });
  });

  it('is a value or a reason for any bytes', () => {
    const damaged = fc.tuple(fc.nat(47), fc.nat(255), fc.nat(48)).map(([at, value, length]) => {
      const bytes = file();
      bytes[at] = value;
      return bytes.subarray(0, length);
    });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 80 })), (bytes) => {
        expect(typeof parseWav(bytes).ok).toBe('boolean');
      }),
    );
  });
});

const texts = readTexts(promptsDir);
describe.each([...texts.keys()])('the prompts that come with Latchkey: %s', async (language) => {
  const library = await loadPrompts(promptsDir, [language]);
  const ids = [...(texts.get(language)?.keys() ?? [])].map((name) => `${language}/${name}`);

  it('are all there, and all usable', () => {
    expect(library.refused).toEqual([]);
    expect(ids.filter((id) => library.get(id) === null)).toEqual([]);
    expect(library.get(`${language}/no-such-prompt`)).toBeNull();
  });

  it('stand at speech level, do not clip, and begin and end in silence', () => {
    for (const id of ids) {
      const pcm = library.get(id)!;
      const spoken = frames(pcm).filter((frame) => levelDbm0(frame) > -40);
      const active = Math.sqrt(spoken.reduce((sum, frame) => sum + rms(frame) ** 2, 0) / spoken.length);
      const level = levelDbm0(new Int16Array(160).fill(Math.round(active)));
      expect([id, level > -21 && level < -13]).toEqual([id, true]);
      expect([id, pcm.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0) < 30_000]).toEqual([
        id,
        true,
      ]);
      expect([id, rms(pcm.subarray(0, 160)) < 50 && rms(pcm.subarray(-160)) < 50]).toEqual([id, true]);
    }
  });

  it('come with a lobby sound that is soft, and told from speech by its two notes', () => {
    const parts = frames(library.lobbySound!);
    expect(parts.some((part) => isTone(440, part))).toBe(true);
    expect(parts.some((part) => isTone(554, part, 200))).toBe(true);
    expect(Math.max(...parts.map(levelDbm0))).toBeLessThan(-24);
  });
});

describe('the player', () => {
  const make = (lobbySound: Int16Array | null = null) => {
    const played: string[] = [];
    const player = new Player({ lobbySound, onPlayed: (id, ended) => played.push(`${id} ${ended}`) });
    return { player, played };
  };
  const ones = (n: number) => new Int16Array(n).fill(1);

  it('fills a frame from several prompts and ends with the last of them', () => {
    const { player, played } = make();
    player.play({ playId: 1, prompts: [ones(100), ones(0), ones(100)], bargeIn: false });
    expect(player.nextPrompt()!.reduce((a, b) => a + b, 0)).toBe(160);
    expect(player.nextPrompt()!.reduce((a, b) => a + b, 0)).toBe(40);
    expect(played).toEqual([]);
    expect(player.nextPrompt()).toBeNull();
    expect(played).toEqual(['1 done']);
  });

  it('plays what waits behind, and a key ends both', () => {
    const ends: [number, string][] = [];
    const player = new Player({ lobbySound: null, onPlayed: (id, ended) => ends.push([id, ended]) });
    const say = (playId: number, turn?: PlayTurn) =>
      player.play({ playId, prompts: [new Int16Array(samplesPerFrame).fill(playId)], bargeIn: true }, turn);
    say(1);
    say(2, 'after');
    say(3, 'after');
    expect(player.nextPrompt()?.[0]).toBe(1);
    expect(player.nextPrompt()?.[0]).toBe(2);
    expect(ends).toEqual([[1, 'done']]);
    player.digit();
    expect(player.nextPrompt()).toBeNull();
    expect(ends).toEqual([
      [1, 'done'],
      [2, 'barged-in'],
      [3, 'stopped'],
    ]);
    say(4, 'after');
    expect(player.nextPrompt()?.[0]).toBe(4);
  });

  it('says what is for quiet moments alone in none other, and accounts for it all the same', () => {
    const { player, played } = make();
    const say = (playId: number, turn?: PlayTurn) =>
      player.play({ playId, prompts: [ones(samplesPerFrame)], bargeIn: true }, turn);
    say(1);
    say(2, 'idle');
    expect(played).toEqual(['2 stopped']);
    expect(player.nextPrompt()).not.toBeNull();
    expect(player.nextPrompt()).toBeNull();
    expect(played).toEqual(['2 stopped', '1 done']);
    say(3, 'idle');
    expect(player.nextPrompt()).not.toBeNull();
  });

  it('ends an empty list at once, each play exactly once', () => {
    const { player, played } = make();
    player.play({ playId: 1, prompts: [], bargeIn: true });
    expect(player.nextPrompt()).toBeNull();
    player.digit();
    player.stop();
    expect(played).toEqual(['1 done']);
  });

  it('loops the lobby sound where it left off', () => {
    const loop = Int16Array.from({ length: 200 }, (_, i) => i);
    const { player } = make(loop);
    expect(player.nextLobbySound()).toBeNull();
    player.lobbySound(true);
    expect(player.nextLobbySound()![159]).toBe(159);
    const second = player.nextLobbySound()!;
    expect([second[0], second[39], second[40]]).toEqual([160, 199, 0]);
  });
});
