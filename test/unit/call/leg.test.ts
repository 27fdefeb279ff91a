import { beforeEach, describe, expect, it } from 'vitest';
import { LatchkeyError } from '../../../src/base/errors.ts';
import { createLog } from '../../../src/base/log.ts';
import { Leg, newLegId } from '../../../src/call/leg.ts';
import type { LobbyEvent } from '../../../src/call/lobby-state.ts';
import type { WorkerHandle } from '../../../src/call/worker-handle.ts';
import type { LegMedia } from '../../../src/media/leg-state.ts';
import type { Dialog } from '../../../src/sip/gateway.ts';
import type { ToWorker } from '../../../src/worker/protocol.ts';
import { manualClock } from '../../support/clock.ts';

/** One call between its dialog and the processes that have its sound. */
const local = { address: '127.0.0.1', port: 40_002 };
const media = { send: true, receive: true } as LegMedia;
const settle = async (): Promise<void> => {
  for (let n = 0; n < 200; n++) await Promise.resolve();
};

function worker(open: WorkerHandle['open'] = () => Promise.resolve(local)) {
  const sent: ToWorker[] = [];
  const opened: (number | undefined)[] = [];
  const handle: WorkerHandle = {
    role: 'lobby',
    send: (message) => sent.push(message),
    open: (legId, given, port) => {
      opened.push(port);
      return open(legId, given, port);
    },
    release: () => Promise.reject(new LatchkeyError('worker-lost', 'gone')),
    adopt: () => Promise.reject(new LatchkeyError('worker-lost', 'gone')),
    close: () => Promise.resolve(null),
    stop: () => Promise.resolve(),
  };
  const played = (): string[] => sent.flatMap((m) => (m.kind === 'leg-play' ? m.prompts : []));
  const lastPlay = (): number => sent.findLast((m) => m.kind === 'leg-play')?.playId ?? 0;
  return { handle, opened, played, lastPlay };
}

const clock = manualClock();
type HangUp = Parameters<Dialog['end']>[0];
let hungUp: HangUp[];
let ended: string[];
beforeEach(() => {
  hungUp = [];
  ended = [];
});

async function answered(home: WorkerHandle, lobby: () => WorkerHandle | null): Promise<Leg> {
  const leg = new Leg({
    ...{ legId: newLegId(), home, lobby, language: 'de', clock, log: createLog('test', 'silent') },
    label: { display: '', verification: 'absent', transport: 'udp+rtp' },
    rules: {
      ...{ pinTries: 3, notice: 'short', noInputMs: 8_000, maxWaitMs: 600_000, stillWaitingMs: 45_000 },
      ...{ askAgainMs: 60_000, maxCallMs: null },
    },
    events: {
      checkPin: (): Promise<LobbyEvent> => Promise.resolve({ kind: 'pin-wrong' }),
      noticeAnswered: () => Promise.resolve(),
      askHost: () => undefined,
      onEnded: (_leg, reason) => ended.push(reason),
    },
    observe: () => undefined,
  });
  await leg.open(media);
  const entry = { kind: 'meeting', hostPresent: true, again: false } as const;
  const dialog = { end: (reason: HangUp) => void hungUp.push(reason) };
  leg.start(dialog, { kind: 'answered', languages: [], entry });
  await settle();
  return leg;
}

describe('a leg whose worker is gone', () => {
  it('is bound to the same port in the lobby, told why in its language, and hung up with a cause', async () => {
    const [gone, lobby] = [worker(), worker()];
    const leg = await answered(gone.handle, () => lobby.handle);
    leg.digit('1', 'info');
    leg.event({ kind: 'admitted' });
    await settle();
    leg.homeLost();
    await settle();
    expect(lobby.opened).toEqual([local.port]);
    expect(lobby.played()).toEqual(['de/bridge-failed', 'de/goodbye']);
    expect(hungUp).toEqual([]);
    leg.onWorkerMessage({
      ...{ kind: 'leg-played', legId: leg.legId },
      ...{ playId: lobby.lastPlay(), ended: 'done' },
    });
    await settle();
    expect(hungUp).toEqual([{ cause: 41, text: 'worker-lost' }]);
    expect(ended).toEqual(['worker-lost']);
    // Who calls again after this is told that the host has to let him in again.
    expect(leg.leftRoom).toBe(true);
  });

  it('is hung up at once where there is no lobby, or its port is taken', async () => {
    const taken = worker(() => Promise.reject(new LatchkeyError('rtp-ports-exhausted', 'taken')));
    for (const lobby of [null, taken.handle]) {
      const leg = await answered(worker().handle, () => lobby);
      leg.homeLost();
      await settle();
      expect(hungUp.splice(0)).toEqual([{ cause: 41, text: 'worker-lost' }]);
      expect(leg.leftRoom).toBe(false);
    }
  });

  it('is not told a second time where its call is ending already', async () => {
    const lobby = worker();
    const leg = await answered(worker().handle, () => lobby.handle);
    leg.event({ kind: 'draining' });
    leg.homeLost();
    await settle();
    expect(lobby.opened).toEqual([]);
    expect(ended).toEqual(['worker-lost']);
  });
});

it('a call that ends because something of ours broke says so to the network; one that somebody ends does not', async () => {
  const ends = [
    ['meeting-lost', 41],
    ['ledger-failed', 41],
    ['meeting-ended', 16],
    ['draining', 16],
  ] as const;
  for (const [reason, cause] of ends) {
    const lobby = worker();
    const leg = await answered(lobby.handle, () => null);
    leg.digit('1', 'info');
    leg.event({ kind: 'admitted' });
    leg.event({ kind: 'gate-closed', reason });
    await settle();
    leg.onWorkerMessage({
      ...{ kind: 'leg-played', legId: leg.legId },
      ...{ playId: lobby.lastPlay(), ended: 'done' },
    });
    expect(hungUp.splice(0)).toEqual([{ cause, text: reason }]);
  }
});

it('a caller who leaves the meeting by ## was in it; one who leaves the lobby was not', async () => {
  for (const inside of [true, false]) {
    const leg = await answered(worker().handle, () => null);
    leg.digit('1', 'info');
    if (inside) leg.event({ kind: 'admitted' });
    for (const key of ['#', '#']) {
      clock.advance(1_000);
      leg.digit(key, 'info');
    }
    await settle();
    expect(leg.phase).toBe('ending');
    expect(leg.leftRoom).toBe(inside);
  }
});

it('the time to answer begins when the worker says that the recording is over', async () => {
  const lobby = worker();
  const leg = await answered(lobby.handle, () => null);
  clock.advance(17_000);
  await settle();
  expect(lobby.played()).toEqual(['de/notice-short']);
  leg.onWorkerMessage({ kind: 'leg-played', legId: leg.legId, playId: lobby.lastPlay(), ended: 'done' });
  clock.advance(7_999);
  await settle();
  expect(lobby.played()).toHaveLength(1);
  clock.advance(1);
  await settle();
  expect(lobby.played()).toEqual(['de/notice-short', 'de/notice-short']);
});
