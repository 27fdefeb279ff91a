import { expect, test } from 'vitest';
import type { LegId, MeetingId } from '../../../src/base/ids.ts';
import { createLog } from '../../../src/base/log.ts';
import { Attempts } from '../../../src/call/attempts.ts';
import type { MeetingBridge } from '../../../src/call/bridge.ts';
import { LegDesk, type LegDeskOptions } from '../../../src/call/leg-desk.ts';
import { newLegId } from '../../../src/call/leg.ts';
import { MeetingBook } from '../../../src/call/meeting-book.ts';
import { soleOwnership } from '../../../src/call/ownership.ts';
import { PinDesk, pinRules } from '../../../src/call/pin-desk.ts';
import { Redials } from '../../../src/call/redials.ts';
import { Switchboard } from '../../../src/call/switchboard.ts';
import type { Room } from '../../../src/call/way-in.ts';
import type { WorkerHandle } from '../../../src/call/worker-handle.ts';
import { Meetings } from '../../../src/meetings.ts';
import type { ToWorker } from '../../../src/worker/protocol.ts';
import { manualClock, type ManualClock } from '../../support/clock.ts';

/** What becomes of callers, bridge and PINs of a meeting that is closed. */
const log = createLog('test', 'silent');
const settle = async (): Promise<void> => {
  for (let n = 0; n < 20; n++) await Promise.resolve();
};

function deskOptions(clock: ManualClock): LegDeskOptions {
  return {
    ...{ clock, log, deadLegMs: 0, observe: () => undefined },
    rules: {
      ...{ pinTries: 3, notice: 'short', noInputMs: 8_000, maxWaitMs: 60_000, stillWaitingMs: 45_000 },
      ...{ askAgainMs: 60_000, maxCallMs: null },
    },
    pins: new PinDesk({
      clock,
      counts: new Attempts(clock, pinRules(3, 60, 60_000)),
      book: new MeetingBook({ clock, store: null, onFault: () => undefined }),
    }),
    roomNamed: () => null,
    redials: new Redials(clock, () => 0),
    ownership: soleOwnership,
    speech: { language: 'en', choices: [], notice: () => 'words' },
    append: () => Promise.resolve(),
  };
}

/** A caller who has said yes to the notice of this room. `played`: what he hears, in order. */
async function caller(desk: LegDesk, room: Room): Promise<{ legId: LegId; played: string[] }> {
  const played: string[] = [];
  const home: WorkerHandle = {
    role: 'lobby',
    send: (message: ToWorker) => {
      if (message.kind === 'leg-play') played.push(...message.prompts);
    },
    open: () => Promise.reject(new Error('not here')),
    release: () => Promise.reject(new Error('it does not move')),
    adopt: () => Promise.reject(new Error('it does not move')),
    close: () => Promise.resolve(null),
    stop: () => Promise.resolve(),
  };
  const legId = newLegId();
  const from = { user: '+4930123', displayName: '', transport: 'udp', srtp: false };
  const leg = desk.newLeg(legId, { caller: from, home, language: 'en', call: 'call' });
  desk.take(legId, { leg, caller: from, source: '', place: null, room, accepted: false });
  leg.start(
    { end: () => undefined },
    {
      kind: 'answered',
      languages: [],
      entry: { kind: 'meeting', hostPresent: false, again: false },
    },
  );
  leg.digit('1', 'info');
  await settle();
  return { legId, played };
}

const newDesk = (clock: ManualClock): LegDesk =>
  new LegDesk(deskOptions(clock), {
    lobby: () => null,
    onNoticeAnswered: () => undefined,
    onEnded: () => undefined,
  });

test('who waits in a room that is closed hears that the meeting has ended, and nobody else does', async () => {
  const desk = newDesk(manualClock());
  const [closed, other] = ['closed', 'other'].map((name): Room => ({ name, bridge: null, meetingId: null }));
  const one = await caller(desk, closed!);
  const two = await caller(desk, other!);
  expect(desk.get(one.legId)?.leg.phase).toBe('waiting');
  desk.closeRoom(closed!);
  await settle();
  expect(one.played).toContain('en/meeting-ended');
  expect(desk.get(one.legId)?.leg.phase).toBe('ending');
  expect(two.played).not.toContain('en/meeting-ended');
  expect(desk.get(two.legId)?.leg.phase).toBe('waiting');

  // A host who comes too late finds nobody to be asked for.
  const asked: LegId[] = [];
  const bridge = { ask: ({ legId }: { legId: LegId }) => asked.push(legId) } as unknown as MeetingBridge;
  for (const room of [closed!, other!]) {
    room.bridge = bridge;
    desk.claimed(room, 'meeting' as MeetingId);
  }
  expect(asked).toEqual([two.legId]);
});

function switchboard(clock: ManualClock): Switchboard {
  return new Switchboard({
    ...deskOptions(clock),
    ...{ maxCalls: 1, redirects: false, dialling: null, meetingsPerWorker: 1, soleMeeting: () => null },
    worker: {
      ...{ logLevel: 'silent', promptsDir: '', languages: ['en'] },
      announce: { by: 'off', language: 'en' },
      echo: true,
      traceRtp: false,
      rtp: { host: '127.0.0.1', portMin: 1, portMax: 2 },
    },
  });
}

/** A bridge with one caller in the meeting. */
function bridgeWithCaller(): { bridge: MeetingBridge; caller: { inMeeting: boolean }; stops: number[] } {
  const inside = { inMeeting: true };
  const stops: number[] = [];
  const bridge = { legs: [inside], stop: () => Promise.resolve(void stops.push(1)) };
  return { bridge: bridge as unknown as MeetingBridge, caller: inside, stops };
}

test('the bridge of a room that is closed leaves once its callers are back in the lobby', async () => {
  const clock = manualClock();
  const { bridge, caller: inside, stops } = bridgeWithCaller();
  const room: Room = { name: 'closed', bridge, meetingId: 'meeting' as MeetingId };
  const closing = switchboard(clock).closeRoom(room);
  expect(room.bridge, 'nobody can be asked for any more').toBeNull();
  clock.advance(500);
  await settle();
  expect(stops).toEqual([]);
  inside.inMeeting = false;
  clock.advance(20);
  await closing;
  expect(stops).toEqual([1]);
});

test('and after two seconds whatever becomes of them', async () => {
  const clock = manualClock();
  const { bridge, stops } = bridgeWithCaller();
  const closing = switchboard(clock).closeRoom({ name: 'closed', bridge, meetingId: 'meeting' as MeetingId });
  for (let ms = 0; ms < 2_000; ms += 20) {
    expect(stops).toEqual([]);
    clock.advance(20);
    await settle();
  }
  await closing;
  expect(stops).toEqual([1]);
});

test('a meeting that is closed has no room, no code and no PIN any more', async () => {
  const clock = manualClock();
  const book = new MeetingBook({ clock, store: null, onFault: () => undefined });
  const meetings = new Meetings({
    ...{
      clock,
      log,
      book,
      ownership: soleOwnership,
      sharingUp: () => true,
      connectorName: 'c',
      bindAddress: null,
      rotation: () => ({ hours: null, eachMeeting: false }),
    },
    vault: {} as never,
    platform: { url: 'ws://127.0.0.1', apiKey: 'k', apiSecret: 's', sfu: null },
  });
  const closed: Room[] = [];
  meetings.attach({
    claimed: () => undefined,
    leaseRenewed: () => undefined,
    leaseLost: () => undefined,
    closeRoom: (room) => Promise.resolve(void closed.push(room)),
  });
  const made = await meetings.create({ name: 'board', kept: false });
  if (!made.ok) throw new Error(made.reason);
  const { pin, meeting } = made.value;
  expect(await book.match('board', pin)).toEqual({ name: 'board', holder: null });
  const room = meetings.room('board');

  expect(await meetings.close('board')).toEqual({ ok: true, value: null });
  expect(closed).toEqual([room]);
  expect([meetings.room('board'), book.named(meeting.code)]).toEqual([null, null]);
  expect(await book.match('board', pin)).toBeNull();
  expect(await meetings.close('board')).toEqual({ ok: false, reason: 'meeting-unknown' });
});

test('a caller whose call the operator ends is out of the room first, hears why, and is hung up when he has heard it', async () => {
  const clock = manualClock();
  const desk = newDesk(clock);
  const done: string[] = [];
  const bridge = {
    ask: () => done.push('asked'),
    dropped: () => done.push('dropped'),
    gone: () => done.push('gone'),
  } as unknown as MeetingBridge;
  const room: Room = { name: 'board', bridge, meetingId: 'meeting' as MeetingId };
  const { legId, played } = await caller(desk, room);
  expect(desk.endByOperator('another' as LegId)).toBe(false);
  expect(desk.endByOperator(legId)).toBe(true);
  await settle();
  expect(done).toEqual(['asked', 'dropped']);
  expect(played.slice(-2)).toEqual(['en/ended-by-operator', 'en/goodbye']);
  expect(desk.get(legId)?.leg.phase).toBe('ending');
  // And where a worker never says that it has said it.
  clock.advance(20_000);
  await settle();
  expect(done).toEqual(['asked', 'dropped', 'gone']);
  expect(desk.endByOperator(legId)).toBe(false);
});
