import { randomBytes, randomInt } from 'node:crypto';
import { Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { startChild, type Child } from '../../src/base/child.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { LegId } from '../../src/base/ids.ts';
import { createLog } from '../../src/base/log.ts';
import { Attempts } from '../../src/call/attempts.ts';
import { MeetingBook } from '../../src/call/meeting-book.ts';
import { soleOwnership } from '../../src/call/ownership.ts';
import { PinDesk, pinRules } from '../../src/call/pin-desk.ts';
import { Redials } from '../../src/call/redials.ts';
import { Switchboard } from '../../src/call/switchboard.ts';
import type { LegSnapshot } from '../../src/media/leg-state.ts';
import type { FromWorker, ToWorker, WorkerOptions } from '../../src/worker/protocol.ts';
import { Phone, phoneMedia, until, type ReceivedPacket } from '../support/rtp.ts';
import { frames, isTone, peakAt, rms, sine } from '../support/tone.ts';

const legId = 'scenario-leg' as LegId;
const promptsDir = new URL('../../config/prompts', import.meta.url).pathname;

interface Worker {
  readonly child: Child<unknown>;
  readonly told: FromWorker[];
  readonly handles: Socket[];
  send(message: ToWorker, socket?: Socket): void;
}

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function startWorker(): Promise<Worker> {
  const told: FromWorker[] = [];
  const handles: Socket[] = [];
  const child = await startChild<WorkerOptions, unknown>({
    name: 'lobby worker',
    module: new URL('../../src/worker/main.ts', import.meta.url),
    options: {
      role: 'lobby',
      logLevel: 'silent',
      promptsDir,
      languages: ['en'],
      announce: { by: 'off', language: 'en' },
      echo: true,
      traceRtp: false,
      rtp: { host: '127.0.0.1', portMin: 25_000, portMax: 25_998 },
    },
    onMessage: (message, handle) => {
      if (handle instanceof Socket) handles.push(handle);
      told.push(message as FromWorker);
    },
    onExit: () => undefined,
  });
  closers.push(() => child.stop());
  return {
    child,
    told,
    handles,
    send: (message, socket) => child.send(message, socket, () => socket?.close()),
  };
}

function find<K extends FromWorker['kind']>(
  worker: Worker,
  kind: K,
): Extract<FromWorker, { kind: K }> | undefined {
  return worker.told.find((message): message is Extract<FromWorker, { kind: K }> => message.kind === kind);
}

/** A caller in a worker's lobby who hears and is heard. */
async function calling(worker: Worker): Promise<Phone> {
  const phone = await Phone.open();
  closers.push(() => phone.close());
  const media = phoneMedia(phone.address);
  worker.send({ kind: 'leg-open', legId, media });
  await until(() => find(worker, 'leg-opened') !== undefined, 'leg-opened');
  phone.talkTo(find(worker, 'leg-opened')!.local);
  return phone;
}

/** Out of one worker, through this process, into the other: as control does it. */
async function handOver(from: Worker, to: Worker): Promise<LegSnapshot> {
  from.send({ kind: 'leg-release', legId });
  await until(() => find(from, 'leg-released') !== undefined, 'leg-released');
  const { snapshot } = find(from, 'leg-released')!;
  to.send({ kind: 'leg-adopt', snapshot }, from.handles.at(-1));
  await until(() => find(to, 'leg-adopted') !== undefined, 'leg-adopted');
  return snapshot;
}

const step = (packet: ReceivedPacket, before: ReceivedPacket): number =>
  (packet.timestamp - before.timestamp) >>> 0;

/**
 * One stream without a break: same SSRC, numbers that follow each other, times that go with the clock. A tick that a busy machine
 * makes late is left out, and then the time of the next packet is later by as much (RFC 3550 §5.1).
 */
function expectOneStream(packets: readonly ReceivedPacket[]): void {
  packets.slice(1).forEach((packet, i) => {
    const before = packets[i]!;
    expect(packet.ssrc).toBe(before.ssrc);
    expect((packet.sequence - before.sequence) & 0xffff).toBe(1);
    expect(step(packet, before) % 160).toBe(0);
    expect(step(packet, before)).toBeGreaterThan(0);
  });
  const [first, last] = [packets[0]!, packets.at(-1)!];
  expect(Math.abs(step(last, first) / 8 - (last.atMs - first.atMs))).toBeLessThan(250);
}

const longestStep = (packets: readonly ReceivedPacket[]): number =>
  Math.max(...packets.slice(1).map((packet, i) => step(packet, packets[i]!)));

function longestGapMs(packets: readonly ReceivedPacket[]): number {
  return Math.max(...packets.slice(1).map((packet, i) => packet.atMs - packets[i]!.atMs));
}

describe('the lobby worker', () => {
  it('plays the real prompts, hears digits, and keeps the line alive with the lobby sound', async () => {
    const lobby = await startWorker();
    const phone = await calling(lobby);
    lobby.send({ kind: 'leg-lobby-sound', legId, on: true });
    lobby.send({ kind: 'leg-play', legId, playId: 1, prompts: ['en/welcome-enter-pin'], bargeIn: true });
    await until(() => phone.received.length > 40 && rms(phone.heard(-10)) > 300, 'speech');
    phone.press('4711#');
    await until(() => lobby.told.filter(({ kind }) => kind === 'leg-digit').length >= 5, 'five digits');
    const digits = lobby.told.map((message) => (message.kind === 'leg-digit' ? message.digit : ''));
    expect(digits.join('')).toBe('4711#');
    expect(find(lobby, 'leg-played')).toEqual({ kind: 'leg-played', legId, playId: 1, ended: 'barged-in' });
    await until(() => frames(phone.heard(-30)).some((frame) => isTone(440, frame)), 'the lobby sound');
    lobby.send({ kind: 'leg-close', legId });
    await until(() => find(lobby, 'leg-closed') !== undefined, 'leg-closed');
    expect(find(lobby, 'leg-closed')!.stats).toMatchObject({ packetsLost: 0, invalidPackets: 0 });
  });

  it('hands a leg from process to process, and the caller hears one stream without a gap', async () => {
    const workers = [await startWorker(), await startWorker()] as const;
    const phone = await calling(workers[0]);
    phone.say((at) => sine(1_000, 160, 8_000, at));
    await until(() => phone.received.length > 25, 'audio before the first move');
    const moves = 7;
    const gapsMs: number[] = [];
    const steps: number[] = [];
    for (let move = 0; move < moves; move++) {
      const [from, to] = move % 2 === 0 ? workers : [workers[1], workers[0]];
      for (const { told } of workers) told.splice(0, told.length);
      const atMove = phone.received.length;
      const snapshot = await handOver(from, to);
      expect(snapshot.pinned).toMatchObject(phone.address);
      await until(() => phone.received.length > atMove + 15, 'audio after the move');
      const around = phone.received.slice(atMove - 1, atMove + 5);
      gapsMs.push(longestGapMs(around));
      steps.push(longestStep(around));
      // Digits reach the process that has the leg now, and only it.
      phone.press('1');
      await until(() => find(to, 'leg-digit') !== undefined, 'a digit after the move');
      expect(find(from, 'leg-digit')).toBeUndefined();
    }
    expectOneStream(phone.received);
    // The machine may be busy with other things at one of the moves, not at most of them.
    const median = (values: readonly number[]): number =>
      values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
    expect(median(gapsMs)).toBeLessThan(60);
    expect(median(steps)).toBe(160);

    const home = workers[moves % 2 === 0 ? 0 : 1];
    home.send({ kind: 'leg-play', legId, playId: 2, prompts: ['en/revoked'], bargeIn: false });
    await until(() => rms(phone.heard(-20)) > 300, 'speech after the moves');
    // Nobody heard the caller: a worker without a meeting has nowhere to send a voice.
    expect(peakAt(1_000, phone.heard())).toBeLessThan(200);
    home.send({ kind: 'leg-close', legId });
    await until(() => find(home, 'leg-closed') !== undefined, 'leg-closed');
    const { stats } = find(home, 'leg-closed')!;
    // The whole call's totals, over all moves; each may cost the packets that came in just then.
    await until(() => phone.received.length >= stats.packetsSent, 'the last packets');
    expect(stats.packetsSent).toBe(phone.received.length);
    expect(stats.packetsLost).toBeLessThanOrEqual(3 * moves);
  });

  it('takes a flood of hostile packets without a word, and still hears the caller', async () => {
    const lobby = await startWorker();
    const phone = await calling(lobby);
    const stranger = await Phone.open();
    closers.push(() => stranger.close());
    await until(() => phone.received.length > 5, 'audio');
    const { local } = find(lobby, 'leg-opened')!;
    for (let burst = 0; burst < 100; burst++) {
      for (let i = 0; i < 50; i++) {
        const bytes = randomBytes(randomInt(300));
        // Half of them look like RTP, each with another SSRC.
        if (bytes.length > 0 && i % 2 === 0) bytes[0] = 0x80;
        (i % 3 === 0 ? phone : stranger).sendRaw(bytes, local);
      }
      await new Promise(setImmediate);
    }
    const before = phone.received.length;
    phone.press('9');
    await until(() => find(lobby, 'leg-digit')?.digit === '9', 'a digit after the flood');
    await until(() => phone.received.length > before, 'audio after the flood');
    expect(stranger.received).toEqual([]);
    lobby.send({ kind: 'leg-close', legId });
    await until(() => find(lobby, 'leg-closed') !== undefined, 'leg-closed');
    expect(find(lobby, 'leg-closed')!.stats.invalidPackets).toBeGreaterThan(1_000);
  });

  it('lets go of the port when its leg is closed elsewhere, and lives on', async () => {
    const lobby = await startWorker();
    const other = await startWorker();
    const phone = await calling(lobby);
    await until(() => phone.received.length > 5, 'audio');
    await handOver(lobby, other);
    other.send({ kind: 'leg-close', legId });
    await until(() => find(other, 'leg-closed') !== undefined, 'leg-closed');
    const { port } = find(lobby, 'leg-opened')!.local;
    const { createSocket } = await import('node:dgram');
    const again = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      again.once('error', reject);
      again.bind(port, '127.0.0.1', resolve);
    });
    again.close();
    lobby.send({ kind: 'leg-close', legId });
    await until(() => find(lobby, 'leg-failed') !== undefined, 'an answer of the lobby');
  });

  it('a line without any sign of life is told dead, and its call ended with a cause', async () => {
    const ended: unknown[] = [];
    const switchboard = new Switchboard({
      observe: () => undefined,
      clock: systemClock,
      log: createLog('test', 'silent'),
      rules: {
        ...{ pinTries: 3, notice: 'full', noInputMs: 60_000, maxWaitMs: 60_000 },
        ...{ stillWaitingMs: 45_000, askAgainMs: 60_000, maxCallMs: null },
      },
      maxCalls: 1,
      deadLegMs: 1_000,
      dialling: null,
      meetingsPerWorker: 1,
      pins: new PinDesk({
        clock: systemClock,
        counts: new Attempts(systemClock, pinRules(3, 60, 60_000)),
        book: new MeetingBook({ clock: systemClock, store: null, onFault: () => undefined }),
      }),
      soleMeeting: () => null,
      roomNamed: () => null,
      worker: {
        ...{ logLevel: 'silent', promptsDir, languages: ['en'] },
        announce: { by: 'off', language: 'en' },
        echo: true,
        traceRtp: false,
        rtp: { host: '127.0.0.1', portMin: 26_000, portMax: 26_998 },
      },
      redials: new Redials(systemClock, () => 0),
      ownership: soleOwnership,
      redirects: false,
      speech: { language: 'en', choices: [], notice: () => '' },
      append: () => Promise.resolve(),
    });
    closers.push(() => switchboard.drain(0));
    await switchboard.start();
    const phone = await Phone.open();
    closers.push(() => phone.close());
    const { send: receives, receive: sends, ...media } = phoneMedia(phone.address);
    switchboard.onCall({
      ...{
        callId: 'call',
        trunk: 'test',
        language: null,
        destination: { kind: 'ivr' },
        from: { user: '', displayName: '' },
      },
      ...{ to: { user: 'meet' }, source: { ...phone.address, transport: 'udp' } },
      offer: { ...media, receives, sends },
      verification: Promise.resolve('absent'),
      answer: () => Promise.resolve({ end: (reason) => void ended.push(reason) }),
      reject: () => undefined,
      cancelled: new AbortController().signal,
    });
    // It hears us, so the leg is there; it says nothing at all.
    await until(() => phone.received.length > 20, 'the greeting');
    await until(() => ended.length > 0, 'the end of the call', 10_000);
    expect(ended).toEqual([{ cause: 41, text: 'media-lost' }]);
    await until(() => switchboard.legCount === 0, 'no leg is left');
  });
});
