import { describe, expect, it } from 'vitest';
import type { LegId } from '../../../src/base/ids.ts';
import { createLog } from '../../../src/base/log.ts';
import { KeyRing } from '../../../src/e2ee/key-ring.ts';
import {
  announcementFrame,
  announcementTones,
  spokenAnnouncements,
  type Announcements,
} from '../../../src/media/audio/announcement.ts';
import { isWide } from '../../../src/media/audio/frame.ts';
import { loadOpus } from '../../../src/media/codec/opus-loader.ts';
import { createWasmOpus } from '../../../src/media/codec/opus-wasm.ts';
import type { OpusCodec } from '../../../src/media/codec/opus.ts';
import type { Meeting } from '../../../src/meeting/meeting.ts';
import { MeetingRoom } from '../../../src/worker/meeting-room.ts';
import { frames, isTone, peakAt, rms, sine } from '../../support/tone.ts';

const [anna, ben] = ['anna', 'ben'] as LegId[] as [LegId, LegId];
const [low, high] = [440, 554];
const steepest = (pcm: Int16Array): number =>
  pcm.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (pcm[i - 1] ?? 0))), 0);
const every2nd = (pcm: Int16Array): Int16Array => pcm.filter((_, i) => i % 2 === 0);

describe('the tones of a room', () => {
  const { joined, left } = announcementTones();

  it('rise for who joins and fall for who leaves, at both rates, 240 ms long', () => {
    for (const [{ narrow, wide }, notes] of [
      [joined, [low, high]],
      [left, [high, low]],
    ] as const) {
      for (const pcm of [narrow, every2nd(wide)]) {
        expect(pcm.length).toBe(12 * 160);
        expect(isTone(notes[0], pcm.subarray(160, 800))).toBe(true);
        expect(isTone(notes[1], pcm.subarray(1_120, 1_760))).toBe(true);
      }
    }
  });

  it('click nowhere and are no louder than a voice', () => {
    for (const { narrow } of [joined, left]) {
      // A sine of 554 Hz at -26 dBov is nowhere steeper than 1,010 a sample.
      expect(steepest(narrow)).toBeLessThan(1_011);
      expect([narrow[0], narrow.at(-1)]).toEqual([0, 0]);
      expect(20 * Math.log10(rms(narrow) / 32_768)).toBeGreaterThan(-27);
      expect(20 * Math.log10(rms(narrow) / 32_768)).toBeLessThan(-25.9);
    }
  });

  it('are words of a recording where the configuration says so, 4 dB below it as the voices of a room are', () => {
    const recording = sine(600, 500, 8_000);
    const { joined: words } = spokenAnnouncements(recording, recording);
    expect(words.narrow.length).toBe(4 * 160);
    expect(peakAt(600, words.narrow.subarray(0, 400))).toBeCloseTo(8_000 * 10 ** (-4 / 20), -2);
    expect(words.wide.length).toBe(4 * 320);
    expect(announcementFrame(words, 3, 16_000)?.length).toBe(320);
    expect(announcementFrame(words, 4, 16_000)).toBeNull();
  });
});

/** Two callers in one room whose codec writes down what it is given; keys as after a grant. */
async function stage(announcements: Announcements | null = announcementTones()) {
  const gate = { open: true, hears: true, speaks: true };
  const keys = new KeyRing();
  const listener = new KeyRing();
  await keys.setKey('bridge', 1, new Uint8Array(32).fill(7));
  await listener.setKey('bridge', 1, new Uint8Array(32).fill(7));
  const encoded: Int16Array[] = [];
  const opus: OpusCodec = {
    name: 'wasm',
    version: 'none',
    encoder: () => ({
      encode: (pcm) => (encoded.push(pcm.slice()), Uint8Array.of(0xf8, encoded.length & 0xff, 1)),
      close: () => undefined,
    }),
    decoder: () => {
      throw new Error('nobody is decoded here');
    },
  };
  const sent: {
    readonly leg: string;
    readonly pcm: Int16Array;
    readonly opens: boolean;
  }[] = [];
  const published: string[] = [];
  const room = new MeetingRoom({
    ...{ identity: 'bridge', keys, opus, announcements, clock: { monoMs: () => 0 } },
    gate: {
      mayHear: () => gate.open && gate.hears,
      maySpeak: () => gate.open && gate.speaks,
      get open() {
        return gate.open;
      },
    },
    log: createLog('test', 'silent'),
    onAlarm: () => undefined,
  });
  room.attach({
    publish(name: string) {
      published.push(name);
      const send = (frame: Uint8Array): boolean => {
        const opens = listener.open('bridge', Buffer.from(frame)).ok;
        return sent.push({ leg: name, pcm: encoded.at(-1)!, opens }) > 0;
      };
      return Promise.resolve({ sid: name, name, send });
    },
    unpublish({ name }: { name: string }) {
      published.splice(published.indexOf(name), 1);
      return Promise.resolve();
    },
  } as unknown as Meeting);
  const inside = new Set<LegId>();
  const heard = new Map<LegId, Int16Array[]>([
    [anna, []],
    [ben, []],
  ]);
  return {
    ...{ gate, room, sent, published, heard },
    async join(leg: LegId) {
      await room.legJoined(leg);
      inside.add(leg);
    },
    leave(leg: LegId) {
      inside.delete(leg);
      return room.legLeft(leg);
    },
    /** `says`: what each caller says in this tick. */
    async tick(n: number, says: Int16Array | null = null) {
      for (let i = 0; i < n; i++) {
        for (const leg of inside) if (room.admitted(leg)) room.fromCaller(leg, says);
        room.mix();
        for (const leg of inside) heard.get(leg)!.push(room.roomFor(leg)?.slice() ?? new Int16Array(160));
        await Promise.resolve();
      }
    },
    clear() {
      sent.length = 0;
      for (const list of heard.values()) list.length = 0;
    },
  };
}

const joinedPcm = (parts: readonly { readonly pcm: Int16Array }[]): Int16Array =>
  Int16Array.from(parts.flatMap(({ pcm }) => [...pcm]));
const whole = (parts: readonly Int16Array[]): Int16Array => Int16Array.from(parts.flatMap((p) => [...p]));
const { joined, left } = announcementTones();

describe('a caller who joins', () => {
  it('is announced once on his own track, encrypted, after the others had time to subscribe', async () => {
    const one = await stage();
    await one.join(anna);
    await one.tick(35);
    expect(one.sent).toEqual([]);
    await one.tick(100);
    expect(one.sent).toHaveLength(12);
    expect(one.sent.every(({ leg, opens }) => leg === anna && opens)).toBe(true);
    expect(joinedPcm(one.sent)).toEqual(joined.narrow);
  });

  it('is heard by other phones through the mix, and does not hear it himself', async () => {
    const one = await stage();
    await one.join(ben);
    await one.tick(60);
    one.clear();
    await one.join(anna);
    await one.tick(60);
    expect(whole(one.heard.get(ben)!.slice(35, 47))).toEqual(joined.narrow);
    expect(rms(whole(one.heard.get(anna)!))).toBe(0);
  });

  it('is announced over his own voice, at its rate', async () => {
    for (const says of [sine(300, 160, 3_000), sine(150, 320, 3_000)]) {
      const one = await stage();
      await one.join(anna);
      await one.tick(35, says);
      one.clear();
      await one.tick(12, says);
      expect(one.sent.every(({ pcm }) => isWide(pcm) === isWide(says))).toBe(true);
      const sound = isWide(says) ? every2nd(joinedPcm(one.sent)) : joinedPcm(one.sent);
      expect(peakAt(low, sound.subarray(160, 800))).toBeGreaterThan(1_800);
      expect(peakAt(300, sound)).toBeGreaterThan(1_500);
    }
  });

  it('is announced to the end where he is muted meanwhile, without a sound of his own', async () => {
    const one = await stage();
    await one.join(anna);
    // Somebody who breathes: kept for the beginning of a word, and not sent any more once he is muted.
    await one.tick(36, sine(300, 160, 20));
    one.clear();
    one.gate.speaks = false;
    await one.tick(40, sine(300, 160, 3_000));
    expect(joinedPcm(one.sent)).toEqual(joined.narrow.subarray(160));
    one.clear();
    void one.leave(anna);
    await one.tick(13);
    expect(joinedPcm(one.sent)).toEqual(left.narrow);
  });

  it('is not announced where the room may not hear him: members of a listen-only bridge have no key for it', async () => {
    const one = await stage();
    one.gate.speaks = false;
    await one.join(anna);
    await one.tick(60, sine(300, 160, 3_000));
    await one.leave(anna);
    expect(one.sent).toEqual([]);
    expect(one.published).toEqual([]);
  });

  it('is not announced where the gate closed before, nor later', async () => {
    const one = await stage();
    await one.join(anna);
    await one.tick(37);
    expect(one.sent).toHaveLength(2);
    one.gate.open = false;
    await one.tick(5);
    one.gate.open = true;
    await one.tick(60);
    expect(one.sent).toHaveLength(2);
  });

  it('is not announced where the configuration says so', async () => {
    const one = await stage(null);
    await one.join(anna);
    await one.tick(100);
    await one.leave(anna);
    expect(one.sent).toEqual([]);
  });
});

describe('a tone that loses packets', () => {
  /** The loudest sample that a listener gets, over many losses of 15 %. */
  function loudest(codec: OpusCodec, application: 'voip' | 'low-delay'): number {
    let state = 7;
    const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
    const peak = (pcm: Int16Array): number => pcm.reduce((most, s) => Math.max(most, Math.abs(s)), 0);
    let most = 0;
    for (let trial = 0; trial < 60; trial++) {
      const [encoder, decoder] = [
        codec.encoder({ rate: 8_000, bitrate: 32_000, complexity: 0, application }),
        codec.decoder(8_000),
      ];
      for (const frame of frames(joined.narrow)) {
        const packet = encoder.encode(frame)!.slice();
        most = Math.max(
          most,
          peak(random() < 0.15 ? decoder.conceal(160) : (decoder.decode(packet) ?? frame)),
        );
      }
      encoder.close();
      decoder.close();
    }
    return most;
  }

  it.each([
    ['libopus', loadOpus().codec],
    ['wasm', createWasmOpus()],
  ])('howls with nobody, because a leg’s track is coded without the speech model (%s)', (_name, codec) => {
    const own = 2_323;
    expect(loudest(codec, 'voip'), 'with it, it does').toBeGreaterThan(2.4 * own);
    expect(loudest(codec, 'low-delay')).toBeLessThan(1.8 * own);
  });
});

describe('a caller who leaves', () => {
  it('is announced before his track is taken back, 240 ms later, and others hear it', async () => {
    const one = await stage();
    await one.join(ben);
    await one.join(anna);
    await one.tick(60);
    one.clear();
    const gone = one.leave(anna);
    expect(one.room.sounding).toBe(true);
    await one.tick(12);
    expect(one.published).toContain(anna);
    await one.tick(1);
    await gone;
    expect(one.published).toEqual([ben]);
    expect(one.room.sounding).toBe(false);
    expect(joinedPcm(one.sent)).toEqual(left.narrow);
    expect(whole(one.heard.get(ben)!).subarray(0, 12 * 160)).toEqual(left.narrow);
    // Nothing follows it.
    await one.tick(50);
    expect(one.sent).toHaveLength(12);
  });

  it('is announced without what was kept of him, where he may not be heard any more', async () => {
    const one = await stage();
    await one.join(ben);
    await one.join(anna);
    await one.tick(60);
    // Too soft to be sent, and kept for the moment at which he begins to talk.
    await one.tick(10, new Int16Array(160).fill(3));
    one.clear();
    one.gate.speaks = false;
    const gone = one.leave(anna);
    await one.tick(13);
    await gone;
    expect(joinedPcm(one.sent)).toEqual(left.narrow);
  });

  it('is not announced by a gate that is closed: his track goes at once', async () => {
    const one = await stage();
    await one.join(anna);
    await one.tick(60);
    one.clear();
    one.gate.open = false;
    await one.leave(anna);
    expect(one.published).toEqual([]);
    expect(one.sent).toEqual([]);
  });

  it('is not announced any further by a gate that closes meanwhile, or a room that ends', async () => {
    for (const end of ['gate', 'room']) {
      const one = await stage();
      await one.join(anna);
      await one.tick(60);
      one.clear();
      const gone = one.leave(anna);
      await one.tick(3);
      if (end === 'room') one.room.close();
      else {
        one.gate.open = false;
        await one.tick(1);
      }
      await gone;
      expect(one.published).toEqual([]);
      expect(one.sent).toHaveLength(3);
    }
  });

  it('is announced by words only while somebody else is in: the bridge does not stay for them', async () => {
    const words = sine(600, 160 * 50, 4_000);
    const one = await stage(spokenAnnouncements(words, words));
    await one.join(ben);
    await one.join(anna);
    await one.tick(100);
    one.clear();
    void one.leave(anna);
    await one.tick(51);
    expect(one.sent).toHaveLength(50);
    expect(frames(joinedPcm(one.sent)).every((frame) => isTone(600, frame))).toBe(true);
    one.clear();
    const gone = one.leave(ben);
    await one.tick(13);
    await gone;
    expect(joinedPcm(one.sent)).toEqual(left.narrow);
  });
});
