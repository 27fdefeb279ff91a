import { describe, expect, it } from 'vitest';
import type { LegId } from '../../../src/base/ids.ts';
import { createLog } from '../../../src/base/log.ts';
import { KeyRing } from '../../../src/e2ee/key-ring.ts';
import { loadOpus } from '../../../src/media/codec/opus-loader.ts';
import type { Meeting, RemoteTrack } from '../../../src/meeting/meeting.ts';
import { MeetingRoom } from '../../../src/worker/meeting-room.ts';
import { manualClock } from '../../support/clock.ts';
import { rms, sine } from '../../support/tone.ts';

const [talker, listener] = ['talker', 'listener'] as LegId[] as [LegId, LegId];
const host: RemoteTrack = { sid: 'TR_host', identity: 'p-host', name: 'mic', flaggedEncrypted: true };
const hertz = 300;
/** A sine of 300 Hz and this peak rises by 1,412 from one sample to the next where it is steepest: more is a click. */
const peak = 6_000;
const steepest = 1_500;
/** Not a whole number of periods: where the tone is cut off it is not at zero. */
const tone = (tick: number): Int16Array => sine(hertz, 160, peak, tick * 160 + 5);

/** One room in which a caller hums and another one listens; and the host, where he is said to hum. */
async function openRoom(speaker: RemoteTrack = host) {
  const clock = manualClock();
  const keys = new KeyRing();
  await keys.setKey(host.identity, 0, new Uint8Array(32).fill(7));
  await keys.setKey('p-bridge', 0, new Uint8Array(32).fill(9));
  const may = { hear: new Set<LegId>([listener]), speak: new Set<LegId>([talker]) };
  const alarms: string[] = [];
  const opus = loadOpus().codec;
  const room = new MeetingRoom({
    ...{ identity: 'p-bridge', keys, opus, clock, log: createLog('room', 'silent') },
    gate: {
      mayHear: (leg) => may.hear.has(leg),
      maySpeak: (leg) => may.speak.has(leg),
      get open() {
        return may.hear.size + may.speak.size > 0;
      },
    },
    announcements: null,
    onAlarm: (what, detail) => void alarms.push(`${what} ${detail}`),
  });
  const published: Buffer[] = [];
  const track = (name: string) => ({
    ...{ sid: name, name },
    send: (frame: Buffer) => name === talker && published.push(Buffer.from(frame)) > 0,
  });
  const meeting = {
    publish: (name: string) => Promise.resolve(track(name)),
    unpublish: () => Promise.resolve(),
  };
  room.attach(meeting as unknown as Meeting);
  await room.legJoined(talker);
  await room.legJoined(listener);
  const sealer = keys.sealer(host.identity);
  const encoder = opus.encoder({ rate: 8_000, bitrate: 32_000, complexity: 0, application: 'low-delay' });
  const heard: (Int16Array | null)[] = [];
  let tick = 0;
  const run = (ticks: number, hums: { readonly caller?: boolean; readonly host?: boolean }): void => {
    for (let n = 0; n < ticks; n++) {
      if (hums.host === true) {
        // His word begins at zero, so that a step in it is none of ours; where it is cut off, the codec's delay has moved it.
        const packet = encoder.encode(sine(hertz, 160, peak, tick * 160))!;
        room.onFrame(host, sealer.seal(packet)!, tick & 0xffff, tick * 960);
      }
      if (may.speak.has(talker)) room.fromCaller(talker, hums.caller === true ? tone(tick) : null);
      room.mix();
      heard.push(room.roomFor(listener)?.slice() ?? null);
      tick += 1;
      clock.advance(20);
    }
  };
  const sound = (from = 0): Int16Array =>
    Int16Array.from(heard.slice(from).flatMap((frame) => [...(frame ?? new Int16Array(160))]));
  /** What members hear of the talker. */
  const member = (): Int16Array => {
    const decoder = opus.decoder(8_000);
    return Int16Array.from(
      published.flatMap((frame) => {
        const opened = keys.open('p-bridge', frame);
        return opened.ok ? [...(decoder.decode(opened.value) ?? [])] : [];
      }),
    );
  };
  /** A frame of the host's that comes between two ticks. */
  const say = (at: number): void => {
    const packet = encoder.encode(sine(hertz, 160, peak, at * 160))!;
    room.onFrame(speaker, sealer.seal(packet)!, at & 0xffff, at * 960);
  };
  return { clock, room, may, run, heard, sound, published, member, say, alarms };
}

const mostStep = (pcm: Int16Array): number =>
  pcm.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (pcm[i - 1] ?? 0))), 0);

describe('what a caller hears of others in the room', () => {
  it('has no click where a caller begins, mutes himself, comes back and leaves, and the level stays', async () => {
    const { room, run, sound } = await openRoom();
    run(3, {});
    run(50, { caller: true });
    run(10, {});
    run(50, { caller: true });
    await room.legLeft(talker);
    run(5, {});
    const pcm = sound();
    expect(mostStep(pcm)).toBeLessThan(steepest);
    expect(rms(pcm.subarray(30 * 160, 50 * 160))).toBeGreaterThan(1_500);
    expect(rms(pcm.subarray(54 * 160, 62 * 160))).toBe(0);
    expect(rms(pcm.subarray(-3 * 160))).toBe(0);
  });

  it('has no click where a speaker of the meeting begins and leaves in the middle of a word', async () => {
    const { room, run, sound } = await openRoom();
    run(60, { host: true });
    expect(rms(sound(50))).toBeGreaterThan(1_500);
    room.onTrackEnded(host);
    run(5, {});
    expect(mostStep(sound())).toBeLessThan(steepest);
    expect(rms(sound(-3))).toBe(0);
  });

  it('is nothing from the first tick after the gate has closed, and what ended meanwhile is not kept for later', async () => {
    const { clock, room, may, run, heard } = await openRoom();
    run(50, { caller: true, host: true });
    expect(heard.at(-1)).not.toBeNull();
    may.hear.clear();
    may.speak.clear();
    run(1, { caller: true, host: true });
    expect(heard.at(-1)).toBeNull();
    await room.legLeft(talker);
    room.onTrackEnded(host);
    // Nobody listens for a while, so nothing is mixed; then a listener of another grant comes.
    clock.advance(200);
    may.hear.add(listener);
    run(3, {});
    expect(heard.slice(-3).every((frame) => frame === null || rms(frame) === 0)).toBe(true);
  });
});

describe('what a hostile server or an old grant leaves behind', () => {
  it('is not heard: what was buffered under a grant that has ended is not played to who comes by the next one', async () => {
    const { clock, room, may, run, heard, say } = await openRoom();
    run(50, { host: true });
    for (let at = 50; at < 55; at++) say(at);
    may.hear.clear();
    may.speak.clear();
    room.gateClosed();
    clock.advance(5_000);
    may.hear.add(listener);
    run(10, {});
    expect(heard.slice(-10).every((frame) => frame === null || rms(frame) === 0)).toBe(true);
  });

  it('is not heard: a track that the server does not flag as encrypted, though its frames would open', async () => {
    const { room, run, heard, say, alarms } = await openRoom({ ...host, flaggedEncrypted: false });
    for (let at = 0; at < 40; at++) {
      say(at);
      run(1, {});
    }
    expect(heard.every((frame) => frame === null || rms(frame) === 0)).toBe(true);
    expect(alarms).toEqual(['plaintext-track p-host']);
    room.close();
  });

  it('is not heard: the frames of this bridge itself, sent back to it as a track of its own name', async () => {
    const { room, run, heard, published, alarms } = await openRoom();
    run(60, { caller: true });
    const sent = [...published];
    expect(sent.length).toBeGreaterThan(40);
    run(20, {});
    const own: RemoteTrack = { ...host, sid: 'TR_mirror', identity: 'p-bridge' };
    for (const [n, frame] of sent.entries()) {
      room.onFrame(own, frame, n, n * 960);
      run(1, {});
    }
    expect(heard.slice(-sent.length).every((frame) => frame === null || rms(frame) === 0)).toBe(true);
    expect(alarms).toEqual(['own-frames p-bridge']);
  });
});

describe('what members hear of a caller', () => {
  it('ends softly where he goes in the middle of a word', async () => {
    const { room, run, published, member } = await openRoom();
    run(50, { caller: true });
    const before = published.length;
    await room.legLeft(talker);
    expect(published.length).toBe(before + 1);
    const pcm = member();
    expect(rms(pcm.subarray(30 * 160, 45 * 160))).toBeGreaterThan(1_500);
    expect(mostStep(pcm)).toBeLessThan(steepest);
    expect(rms(pcm.subarray(-80))).toBeLessThan(100);
  });

  it('is not a sound more from the moment at which his gate has closed', async () => {
    const { room, may, run, published } = await openRoom();
    run(50, { caller: true });
    const before = published.length;
    may.speak.clear();
    await room.legLeft(talker);
    expect(published.length).toBe(before);
  });
});
