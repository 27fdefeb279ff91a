import type { Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import type { LegId } from '../../../src/base/ids.ts';
import { createLog } from '../../../src/base/log.ts';
import { loadOpus } from '../../../src/media/codec/opus-loader.ts';
import type { PromptLibrary } from '../../../src/media/prompts/library.ts';
import { LegHost } from '../../../src/worker/leg-host.ts';
import type { RoomAudio } from '../../../src/worker/leg-room.ts';
import type { FromWorker, ToWorker } from '../../../src/worker/protocol.ts';
import { manualClock, type ManualClock } from '../../support/clock.ts';
import { dtmfPayloadType, Phone, phoneMedia, until } from '../../support/rtp.ts';
import { frames, isTone, peakAt, rms, sine } from '../../support/tone.ts';

const legId = 'leg-under-test' as LegId;
const promptHertz = 700;
const lobbyHertz = 440;
const roomHertz = 1_300;
const callerHertz = 1_900;

const prompts: PromptLibrary = {
  get: (id) => (id === 'tone' ? sine(promptHertz, 800) : null),
  lobbySound: sine(lobbyHertz, 8_000),
  refused: [],
};

/** A host on a clock that stands: each `tick` is 20 ms, with a real phone on real sockets. */
async function bench(room?: RoomAudio, traceRtp = false) {
  const clock = manualClock();
  const told: FromWorker[] = [];
  let handedOut: Socket | null = null;
  const host = new LegHost({
    rtp: { host: '127.0.0.1', portMin: 21_000, portMax: 23_998 },
    prompts,
    udp: null,
    traceRtp,
    clock,
    randomInt: (n) => Math.floor(Math.random() * n),
    opus: () => loadOpus().codec,
    log: createLog('test', 'silent'),
    parent: {
      send: (message, handle) => {
        told.push(message as FromWorker);
        if (handle !== undefined) handedOut = handle as Socket;
      },
    },
    ...(room === undefined ? {} : { room }),
  });
  const phone = await Phone.open();
  const media = phoneMedia(phone.address);
  const find = <K extends FromWorker['kind']>(kind: K) =>
    told.find((message): message is Extract<FromWorker, { kind: K }> => message.kind === kind);
  const send = (message: ToWorker, handle?: unknown): void => void host.handle(message, handle);
  /** Runs `n` ticks and waits for their packets. */
  const tick = (n: number): Promise<Int16Array> => runTicks(clock, phone, n);
  cleanups.push(() => {
    host.close();
    phone.close();
  });
  return { clock, host, phone, media, told, find, send, tick, socket: () => handedOut };
}

/** In handfuls, so that the socket's buffer holds them. */
async function runTicks(clock: ManualClock, phone: Phone, n: number): Promise<Int16Array> {
  const from = phone.received.length;
  for (let i = 1; i <= n; i++) {
    clock.advance(20);
    if (i % 20 === 0 || i === n) await until(() => phone.received.length >= from + i, `${i} packets`);
  }
  return phone.heard(from);
}

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

type Bench = Awaited<ReturnType<typeof bench>>;

async function opened(one: Bench): Promise<{ address: string; port: number }> {
  one.send({ kind: 'leg-open', legId, media: one.media });
  await until(() => one.find('leg-opened') !== undefined, 'leg-opened');
  one.clock.advance(0);
  await until(() => one.phone.received.length === 1, 'the first packet');
  return one.find('leg-opened')!.local;
}

/** Frames of the caller's voice, as packets that arrive at once. */
function voice(phone: Phone, n: number, remote: { address: string; port: number }, firstSequence = 1): void {
  for (let i = 0; i < n; i++) {
    const packet = Buffer.alloc(172);
    packet[0] = 0x80;
    packet.writeUInt16BE(firstSequence + i, 2);
    packet.writeUInt32BE((firstSequence + i) * 160, 4);
    packet.writeUInt32BE(77, 8);
    sine(callerHertz, 160, 8_000, i * 160).forEach((sample, at) => (packet[12 + at] = mulaw(sample)));
    phone.sendRaw(packet, remote);
  }
}

function mulaw(sample: number): number {
  const magnitude = Math.min(Math.abs(sample), 32_635) + 132;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | ((magnitude >> (exponent + 3)) & 15)) & 0xff;
}

describe('a leg in the lobby', () => {
  it('opens on an even port and sends silence at every tick', async () => {
    const one = await bench();
    const local = await opened(one);
    expect(local.port % 2).toBe(0);
    expect(rms(await one.tick(5))).toBe(0);
    const { received } = one.phone;
    expect(received[0]?.marker).toBe(true);
    expect(received.slice(1).some(({ marker }) => marker)).toBe(false);
    received.slice(1).forEach(({ sequence, timestamp, ssrc }, i) => {
      expect((sequence - received[i]!.sequence) & 0xffff).toBe(1);
      expect((timestamp - received[i]!.timestamp) >>> 0).toBe(160);
      expect(ssrc).toBe(received[0]!.ssrc);
    });
  });

  it('plays prompts one after the other, then the lobby sound', async () => {
    const one = await bench();
    await opened(one);
    one.send({ kind: 'leg-lobby-sound', legId, on: true });
    one.send({ kind: 'leg-play', legId, playId: 5, prompts: ['tone', 'not-there', 'tone'], bargeIn: false });
    const heard = frames(await one.tick(14));
    expect(heard.slice(0, 10).every((frame) => isTone(promptHertz, frame))).toBe(true);
    expect(heard.slice(10).every((frame) => isTone(lobbyHertz, frame))).toBe(true);
    expect(one.find('leg-played')).toEqual({ kind: 'leg-played', legId, playId: 5, ended: 'done' });
  });

  it('says what ended a prompt: another one, a key, a stop', async () => {
    const one = await bench();
    const local = await opened(one);
    const play = (playId: number, bargeIn: boolean): void =>
      one.send({ kind: 'leg-play', legId, playId, prompts: ['tone'], bargeIn });
    play(1, true);
    play(2, true);
    one.phone.sendRaw(dtmf('7', 1), local);
    await until(() => one.find('leg-digit') !== undefined, 'the digit');
    play(3, false);
    one.phone.sendRaw(dtmf('8', 2_000), local);
    await until(() => one.told.filter(({ kind }) => kind === 'leg-digit').length === 2, 'the second digit');
    one.send({ kind: 'leg-stop-playing', legId });
    expect(
      one.told.filter((message) => message.kind === 'leg-played').map(({ playId, ended }) => [playId, ended]),
    ).toEqual([
      [1, 'stopped'],
      [2, 'barged-in'],
      [3, 'stopped'],
    ]);
    expect(rms(await one.tick(2))).toBe(0);
  });

  it('tells when nothing comes, not when it is on hold, and not while there is sound', async () => {
    const one = await bench();
    const local = await opened(one);
    await one.tick(140);
    expect(one.find('leg-silent')).toBeUndefined();
    await one.tick(20);
    expect(one.find('leg-silent')).toMatchObject({ legId });
    expect(one.find('leg-silent')!.forMs).toBeGreaterThanOrEqual(3_000);
    one.send({ kind: 'leg-update', legId, media: { ...one.media, receive: false } });
    await one.tick(600);
    one.send({ kind: 'leg-update', legId, media: one.media });
    for (let i = 0; i < 20; i++) {
      voice(one.phone, 10, local, 1 + 10 * i);
      await one.tick(10);
    }
    expect(one.told.filter(({ kind }) => kind === 'leg-silent')).toHaveLength(1);
  });

  it('sends nothing on hold, and marks the first packet after it', async () => {
    const one = await bench();
    await opened(one);
    await one.tick(1);
    one.send({ kind: 'leg-update', legId, media: { ...one.media, send: false } });
    one.clock.advance(200);
    one.send({ kind: 'leg-update', legId, media: one.media });
    const before = one.phone.received.at(-1)!;
    await one.tick(1);
    const after = one.phone.received.at(-1)!;
    expect(after.marker).toBe(true);
    expect((after.sequence - before.sequence) & 0xffff).toBe(1);
    expect((after.timestamp - before.timestamp) >>> 0).toBe(11 * 160);
  });

  it('counts hostile packets and goes on', async () => {
    const one = await bench();
    const local = await opened(one);
    for (const bytes of [
      new Uint8Array(0),
      new Uint8Array(3),
      new Uint8Array(1_400).fill(0xff),
      new Uint8Array(12),
    ]) {
      one.phone.sendRaw(bytes, local);
    }
    voice(one.phone, 3, local);
    one.phone.sendRaw(dtmf('1', 9_000), local);
    await until(() => one.find('leg-digit') !== undefined, 'the digit after them');
    one.send({ kind: 'leg-close', legId });
    expect(one.find('leg-closed')!.stats).toMatchObject({ invalidPackets: 4, packetsReceived: 4 });
  });

  it('tells its RTP once a second and at its end where that is traced, of keys only that there were some', async () => {
    const one = await bench(undefined, true);
    const local = await opened(one);
    one.phone.sendRaw(new Uint8Array(3), local);
    voice(one.phone, 3, local);
    one.phone.sendRaw(dtmf('7', 9_000), local);
    await until(() => one.find('leg-digit') !== undefined, 'the digit');
    await one.tick(50);
    one.send({ kind: 'leg-close', legId });
    const told = one.told.filter((message) => message.kind === 'leg-rtp');
    expect(told).toMatchObject([
      { legId, where: 'lobby', facts: { packets: 4, events: 1, refused: 1, sources: 1, unauthentic: 0 } },
      { legId, where: 'lobby', facts: { packets: 0, events: 0, refused: 0 } },
    ]);
    expect(Object.keys(told[0]!.facts)).not.toContain('digit');
  });

  it('tells nothing of its RTP where that is not traced', async () => {
    const one = await bench();
    voice(one.phone, 3, await opened(one));
    await one.tick(60);
    expect(one.find('leg-rtp')).toBeUndefined();
  });

  it('answers what concerns a leg that is not there', async () => {
    const one = await bench();
    one.send({ kind: 'leg-close', legId });
    one.send({ kind: 'leg-play', legId, playId: 1, prompts: [], bargeIn: false });
    one.send({ kind: 'leg-adopt', snapshot: { legId } as never }, undefined);
    expect(one.told).toEqual([
      { kind: 'leg-failed', legId, reason: 'leg-unknown' },
      { kind: 'leg-failed', legId, reason: 'no-socket' },
    ]);
  });

  it('does not leave a socket behind when the call ends while it is being bound', async () => {
    const one = await bench();
    one.send({ kind: 'leg-open', legId, media: one.media });
    one.send({ kind: 'leg-close', legId });
    await until(() => one.told.length === 2, 'both answers');
    expect(one.told.map((message) => message.kind)).toEqual(['leg-failed', 'leg-failed']);
    expect(one.host.legIds).toEqual([]);
  });
});

function dtmf(digit: string, timestamp: number): Buffer {
  const packet = Buffer.alloc(16);
  packet[0] = 0x80;
  packet[1] = dtmfPayloadType;
  packet.writeUInt16BE(20_000 + (timestamp & 0xff), 2);
  packet.writeUInt32BE(timestamp, 4);
  packet.writeUInt32BE(77, 8);
  packet[12] = '0123456789*#'.indexOf(digit);
  packet[13] = 0x80;
  packet.writeUInt16BE(800, 14);
  return packet;
}

describe('a leg in a meeting', () => {
  /** A room that says one tone and keeps what it hears. */
  function meeting() {
    const state = { admitted: false, heard: [] as (Int16Array | null)[], asked: 0, mixes: 0 };
    const room: RoomAudio = {
      admitted: () => state.admitted,
      fromCaller: (_, pcm) => void state.heard.push(pcm?.slice() ?? null),
      mix: () => void (state.mixes += 1),
      roomFor: () => {
        state.asked += 1;
        return sine(roomHertz, 160, 8_000, 0);
      },
    };
    return { state, room };
  }

  /** Moves a leg from a lobby into a meeting worker's host. */
  async function adopted(room: RoomAudio) {
    const lobby = await bench();
    const local = await opened(lobby);
    lobby.send({ kind: 'leg-release', legId });
    const { snapshot } = lobby.find('leg-released')!;
    const host = await bench(room);
    host.send({ kind: 'leg-adopt', snapshot }, lobby.socket());
    expect(host.find('leg-adopted')).toEqual({ kind: 'leg-adopted', legId });
    // The first tick is due at once.
    host.clock.advance(0);
    await until(() => lobby.phone.received.length === 2, 'the first packet after the move');
    const tick = (n: number): Promise<Int16Array> => runTicks(host.clock, lobby.phone, n);
    return { ...host, phone: lobby.phone, local, tick };
  }

  it('hears and is heard only while it is admitted, and not by a flag of a moment ago', async () => {
    const { state, room } = meeting();
    const one = await adopted(room);
    voice(one.phone, 6, one.local);
    await until(() => one.host.legIds.length === 1, 'the leg');
    expect(rms(await one.tick(6))).toBe(0);
    expect(state).toMatchObject({ heard: [], asked: 0 });

    state.admitted = true;
    voice(one.phone, 20, one.local, 7);
    const heard = frames(await one.tick(12));
    expect(heard.every((frame) => isTone(roomHertz, frame))).toBe(true);
    expect(state.heard.filter((pcm) => pcm !== null && isTone(callerHertz, pcm)).length).toBeGreaterThan(5);

    state.admitted = false;
    const { asked } = state;
    const before = state.heard.length;
    expect(rms(await one.tick(6))).toBe(0);
    expect(state).toMatchObject({ asked });
    expect(state.heard.length).toBe(before);
  });

  it('plays a prompt over the lowered room, and hears the caller meanwhile', async () => {
    const { state, room } = meeting();
    const one = await adopted(room);
    state.admitted = true;
    one.send({ kind: 'leg-play', legId, playId: 1, prompts: ['tone'], bargeIn: false });
    const heard = frames(await one.tick(6));
    const full = peakAt(roomHertz, heard[5]!);
    for (const frame of heard.slice(0, 5)) {
      expect(peakAt(promptHertz, frame)).toBeGreaterThan(7_000);
      expect(peakAt(roomHertz, frame)).toBeLessThan(0.5 * full);
      expect(peakAt(roomHertz, frame)).toBeGreaterThan(0.2 * full);
    }
    expect(full).toBeGreaterThan(7_000);
    expect(state.heard).toHaveLength(6);
  });

  it('plays a prompt without the room to a leg that is not admitted', async () => {
    const { state, room } = meeting();
    const one = await adopted(room);
    one.send({ kind: 'leg-play', legId, playId: 1, prompts: ['tone'], bargeIn: false });
    const heard = await one.tick(5);
    expect(isTone(promptHertz, heard)).toBe(true);
    expect(peakAt(roomHertz, heard)).toBeLessThan(100);
    expect(state).toMatchObject({ asked: 0, heard: [] });
  });

  it('says nothing to the room while it is muted, also after a move', async () => {
    const { state, room } = meeting();
    const one = await adopted(room);
    state.admitted = true;
    one.send({ kind: 'leg-mute', legId, muted: true });
    voice(one.phone, 10, one.local);
    await one.tick(10);
    expect(state.heard.every((pcm) => pcm === null)).toBe(true);
    one.send({ kind: 'leg-release', legId });
    expect(one.find('leg-released')!.snapshot.muted).toBe(true);
    one.socket()?.close();
  });

  it('keeps the tones of the keys out of the room', async () => {
    const { state, room } = meeting();
    const one = await adopted(room);
    state.admitted = true;
    voice(one.phone, 6, one.local);
    one.phone.sendRaw(dtmf('5', 7 * 160), one.local);
    await until(() => one.find('leg-digit') !== undefined, 'the digit');
    await one.tick(5);
    expect(state.heard.every((pcm) => pcm === null)).toBe(true);
  });

  it('ticks on after its last leg while the room announces him, and then no more', async () => {
    const { state, room } = meeting();
    let sounding = false;
    const one = await adopted(Object.defineProperty(room, 'sounding', { get: () => sounding }));
    await one.tick(2);
    sounding = true;
    one.send({ kind: 'leg-close', legId });
    const { mixes } = state;
    one.clock.advance(100);
    expect(state.mixes).toBe(mixes + 5);
    sounding = false;
    one.clock.advance(100);
    expect(state.mixes).toBe(mixes + 6);
  });

  it('opens no leg of its own', async () => {
    const { room } = meeting();
    const one = await bench(room);
    one.send({ kind: 'leg-open', legId, media: one.media });
    expect(one.told).toEqual([{ kind: 'leg-failed', legId, reason: 'not-a-lobby' }]);
  });
});
