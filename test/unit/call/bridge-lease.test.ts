import { expect, it, vi } from 'vitest';
import type { LegId, MeetingId } from '../../../src/base/ids.ts';
import { createLog } from '../../../src/base/log.ts';
import { MeetingBridge } from '../../../src/call/bridge.ts';
import type { Leg } from '../../../src/call/leg.ts';
import type { Taken } from '../../../src/call/ownership.ts';
import type { BridgeRequest, WorkerPool } from '../../../src/call/worker-pool.ts';
import type { WorkerHandle } from '../../../src/call/worker-handle.ts';
import type { ToWorker } from '../../../src/worker/protocol.ts';
import { manualClock } from '../../support/clock.ts';

/** A bridge whose worker is a list of what it was told, and callers who note what they hear. */
function stage(takes: readonly (() => Promise<Taken>)[]) {
  const clock = manualClock();
  const happened: string[] = [];
  const opened: BridgeRequest[] = [];
  const sent: ToWorker[] = [];
  let hold: Promise<void> = Promise.resolve();
  const worker: WorkerHandle = {
    role: 'meeting',
    send(message) {
      sent.push(message);
      happened.push(message.kind === 'lease' ? `lease ${message.forMs}` : message.kind);
    },
    stop: (graceMs) => {
      happened.push(`stop ${graceMs ?? 'at once'}`);
      return Promise.resolve();
    },
  } as WorkerHandle;
  const pool = {
    open: async (request: BridgeRequest) => {
      opened.push(request);
      await hold;
      return worker;
    },
  } as unknown as WorkerPool;
  let asked = 0;
  const bridge = new MeetingBridge({
    ...{ clock, pool, connectorName: 'a', registration: new Uint8Array(), dialler: null },
    meetingId: 'A'.repeat(43) as MeetingId,
    log: createLog('test', 'silent'),
    platform: { url: '', bindAddress: null, token: () => Promise.resolve('') },
    adoptWorker: () => undefined,
    onMeetingEnded: () => undefined,
    observe: () => undefined,
    take: () => (takes[Math.min(asked++, takes.length - 1)] ?? (() => Promise.reject(new Error('gone'))))(),
  });
  const leg = (name: string): Leg =>
    ({
      legId: name as LegId,
      phase: 'waiting',
      label: { display: '', verification: 'absent', transport: 'udp+rtp' },
      event: ({ kind }: { kind: string }) => void happened.push(`${name}: ${kind}`),
      enterMeeting: () => void happened.push(`${name}: in`),
      leaveMeeting: (event: { kind: string; reason?: string }) =>
        void happened.push(`${name}: ${event.reason ?? event.kind}`),
    }) as unknown as Leg;
  return {
    ...{ clock, bridge, happened, opened, sent, leg },
    holdOpening: (until: Promise<void>): void => {
      hold = until;
    },
  };
}

const here = (monoMs: number): (() => Promise<Taken>) => {
  const until = { monoMs, wallMs: 1_700_000_000_000 + monoMs };
  return () => Promise.resolve({ kind: 'here', lease: { number: 1, after: null, until } });
};
const elsewhere = (): Promise<Taken> => Promise.resolve({ kind: 'elsewhere', contact: null, retryMs: 1_000 });

it('no worker joins a meeting that another connector has, and its callers are told', async () => {
  const { bridge, happened, opened, leg } = stage([elsewhere]);
  bridge.ask(leg('anna'));
  await vi.waitFor(() => expect(happened).toContain('anna: served-elsewhere'), 8_000);
  await vi.waitFor(() => expect(bridge.busy).toBe(false), 8_000);
  expect(opened).toEqual([]);
});

it('no worker joins where nobody can say whose the meeting is', async () => {
  const { bridge, happened, opened, leg, clock } = stage([() => Promise.reject(new Error('no database'))]);
  bridge.ask(leg('anna'));
  await vi.waitFor(() => {
    clock.advance(1_000);
    expect(happened).toContain('anna: bridge-failed');
  });
  expect(opened).toEqual([]);
});

it('a worker knows the end of its lease from the beginning, and each later one', async () => {
  const { bridge, happened, opened, leg, clock } = stage([here(9_000)]);
  clock.advance(2_000);
  bridge.ask(leg('anna'));
  await vi.waitFor(() => expect(happened).toContain('callers-waiting'), 8_000);
  expect(opened[0]?.meeting.lease).toEqual({ forMs: 7_000, wallMs: 1_700_000_009_000 });
  clock.advance(1_000);
  bridge.leaseRenewed({ monoMs: 12_000, wallMs: 1_700_000_012_000 });
  expect(happened.filter((what) => what.startsWith('lease'))).toEqual(['lease 7000', 'lease 9000']);
});

it('a lost lease: the worker leaves before callers are moved, nobody is asked for again, and it is made to end soon', async () => {
  const { bridge, happened, opened, leg, clock } = stage([here(9_000)]);
  const [anna, bob] = [leg('anna'), leg('bob')];
  bridge.ask(anna);
  bridge.ask(bob);
  await vi.waitFor(() => expect(happened).toContain('callers-waiting'), 8_000);
  opened[0]?.onFact({ kind: 'legs-admitted', legIds: [anna.legId] });
  happened.length = 0;
  bridge.leaseLost();
  const told = happened.filter((what) => !what.endsWith('inside'));
  expect(told).toEqual(['lease 0', 'bob: lease-lost', 'anna: lease-lost']);
  expect(bridge.busy).toBe(false);
  clock.advance(500);
  await vi.waitFor(() => expect(happened.at(-1)).toBe('stop 1000'), 8_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(opened).toHaveLength(1);
});

it('a lease that is lost while its worker starts opens nothing', async () => {
  const { bridge, happened, opened, leg, holdOpening } = stage([here(9_000)]);
  let open: () => void = () => undefined;
  holdOpening(new Promise((resolve) => (open = resolve)));
  bridge.ask(leg('anna'));
  await vi.waitFor(() => expect(opened).toHaveLength(1), 8_000);
  bridge.leaseLost();
  open();
  await vi.waitFor(() => expect(happened).toContain('stop at once'), 8_000);
  expect(happened).not.toContain('callers-waiting');
});

it('a connector that is alone gives its worker no lease', async () => {
  const { bridge, happened, opened, leg } = stage([() => Promise.resolve({ kind: 'here', lease: null })]);
  bridge.ask(leg('anna'));
  await vi.waitFor(() => expect(happened).toContain('callers-waiting'), 8_000);
  expect(opened[0]?.meeting.lease).toBeUndefined();
  expect(happened).not.toContain('lease 0');
});

it('a caller who is dropped is muted before he is moved, and the bridge waits for his end', async () => {
  const { bridge, happened, opened, leg, clock } = stage([here(9_000)]);
  const anna = leg('anna');
  bridge.ask(anna);
  await vi.waitFor(() => expect(happened).toContain('callers-waiting'), 8_000);
  opened[0]?.onFact({ kind: 'legs-admitted', legIds: [anna.legId] });
  happened.length = 0;
  bridge.dropped(anna);
  expect(happened).toEqual(['caller-gone']);
  clock.advance(10_000);
  expect(happened).toEqual(['caller-gone']);
  bridge.gone(anna);
  clock.advance(500);
  await vi.waitFor(() => expect(happened.at(-1)).toBe('stop 12000'), 8_000);
});
