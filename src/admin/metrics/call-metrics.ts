import { Counter, Histogram, type Family } from '../../base/metrics.ts';
import type { CallEvent } from '../../call/call-events.ts';
import type { KeyRingCounters } from '../../e2ee/key-ring.ts';
import type { LegCounts, LegQuality } from '../../media/leg-state.ts';
import type { MeetingFact } from '../../worker/protocol.ts';
import { histogramOf, samplesOf, type Described } from './described.ts';

/** What calls, consent and audio add up to since the start of the process: fed by every call event. */
export interface CallMetrics {
  onEvent(event: CallEvent): void;
  families(): readonly Family[];
}

const lossBounds = [0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5];
const secondsBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const shortBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
const delayBounds = [0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 1];
/** Of powers: -40 to 0 dB. */
const echoBounds = [0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];
const mosBounds = [1, 1.5, 2, 2.5, 3, 3.5, 3.8, 4, 4.2, 4.4];
const minuteBounds = [1, 10, 30, 60, 300, 900, 1_800, 3_600, 7_200, 14_400];

export function createCallMetrics(monoMs: () => number): CallMetrics {
  const calls = new Counter();
  const setup = new Histogram(secondsBounds);
  const duration = new Histogram(minuteBounds);
  const pins = new Counter();
  const notices = new Counter();
  const requests = new Counter();
  const consent = new Counter();
  const gates = new Counter();
  const revokes = new Histogram(shortBounds);
  const alarms = new Counter();
  const lost = new Counter();
  const frames = new Counter();
  const oneWay = new Counter();
  const mos = new Histogram(mosBounds);
  const loss = new Histogram(lossBounds);
  const jitter = new Histogram(delayBounds);
  const roundTrip = new Histogram(delayBounds);
  const echo = new Histogram(echoBounds);
  const packets = new Counter();
  const concealed = new Counter();
  const ticks = new Counter();
  const lateTicks = new Counter();
  const answered = new Map<string, { readonly atMs: number; counts: LegCounts | null }>();

  const fact = (of: MeetingFact): void => {
    switch (of.kind) {
      case 'request-sent':
        requests.add();
        return;
      case 'legs-admitted':
        consent.add({ result: 'admitted' }, of.legIds.length);
        return;
      case 'legs-refused':
        consent.add({ result: of.reason }, of.legIds.length);
        return;
      case 'gate-closed':
        gates.add({ reason: of.reason });
        return;
      case 'revoke-done':
        revokes.observe(of.tookMs / 1_000);
        return;
      case 'alarm':
        alarms.add({ what: of.what });
        return;
      default:
        return;
    }
  };
  const quality = (leg: string, now: LegQuality, counts: LegCounts): void => {
    mos.observe(now.mos);
    loss.observe(now.lossIn, { direction: 'in' });
    if (now.lossOut !== null) loss.observe(now.lossOut, { direction: 'out' });
    jitter.observe(now.jitterMs / 1_000);
    if (now.roundTripMs !== null) roundTrip.observe(now.roundTripMs / 1_000);
    if (now.echoDb !== null) echo.observe(10 ** (now.echoDb / 10));
    addCounts(leg, counts);
  };
  /** Legs say totals of the whole call; what is new of it is counted. */
  const addCounts = (leg: string, counts: LegCounts): void => {
    const known = answered.get(leg);
    if (known === undefined) return;
    const more = (name: keyof LegCounts): number =>
      Math.max(0, counts[name] - (known.counts === null ? 0 : known.counts[name]));
    packets.add({ what: 'received' }, more('packetsReceived'));
    packets.add({ what: 'sent' }, more('packetsSent'));
    packets.add({ what: 'lost' }, more('packetsLost'));
    packets.add({ what: 'invalid' }, more('invalidPackets'));
    concealed.add({}, more('concealedFrames'));
    known.counts = counts;
  };
  const handlers: Handlers = {
    'call-refused': ({ trunk, reason }) => calls.add({ trunk, result: reason }),
    'call-unanswered': ({ trunk, cancelled }) =>
      calls.add({ trunk, result: cancelled ? 'cancelled' : 'failed' }),
    'call-answered': ({ trunk, leg, setupMs }) => {
      calls.add({ trunk, result: 'answered' });
      setup.observe(setupMs / 1_000);
      answered.set(leg, { atMs: monoMs(), counts: null });
    },
    'pin-checked': ({ verdict }) => pins.add({ verdict }),
    'notice-answered': ({ accepted }) => notices.add({ answer: accepted ? 'accepted' : 'refused' }),
    'one-way': ({ from }) => oneWay.add({ from }),
    'leg-quality': (event) => quality(event.leg, event.quality, event.counts),
    'leg-stats': ({ leg, stats }) => (stats === null ? undefined : addCounts(leg, stats)),
    'leg-ended': ({ leg }) => {
      const since = answered.get(leg);
      answered.delete(leg);
      if (since !== undefined) duration.observe((monoMs() - since.atMs) / 1_000);
    },
    'bridge-fact': (event) => fact(event.fact),
    'bridge-gone': (event) => (event.lost ? lost.add({ role: 'meeting' }) : undefined),
    'lobby-lost': () => lost.add({ role: 'lobby' }),
    'meeting-report': (event) => {
      for (const [counter, what] of frameWords) frames.add({ what }, event.frames[counter]);
    },
    ticks: ({ total, late }) => {
      ticks.add({}, total);
      lateTicks.add({}, late);
    },
  };
  const described: readonly Described[] = [
    samplesOf('calls_total', calls),
    histogramOf('call_setup_seconds', setup),
    histogramOf('call_duration_seconds', duration),
    samplesOf('pin_attempts_total', pins),
    samplesOf('notice_answers_total', notices),
    samplesOf('consent_requests_total', requests),
    samplesOf('consent_legs_total', consent),
    samplesOf('gate_closed_total', gates),
    histogramOf('revoke_seconds', revokes),
    samplesOf('alarms_total', alarms),
    samplesOf('workers_lost_total', lost),
    samplesOf('meeting_frames_total', frames),
    samplesOf('one_way_audio_total', oneWay),
    histogramOf('rtp_mos', mos),
    histogramOf('rtp_loss_ratio', loss),
    histogramOf('rtp_jitter_seconds', jitter),
    histogramOf('rtp_round_trip_seconds', roundTrip),
    histogramOf('leg_echo_ratio', echo),
    samplesOf('rtp_packets_total', packets),
    samplesOf('rtp_concealed_frames_total', concealed),
    samplesOf('media_ticks_total', ticks),
    samplesOf('media_late_ticks_total', lateTicks),
  ];
  return {
    onEvent: (event) => (handlers[event.kind] as ((event: CallEvent) => void) | undefined)?.(event),
    families: () => described.map((family) => family()),
  };
}

type Handlers = {
  readonly [K in CallEvent['kind']]?: (event: Extract<CallEvent, { kind: K }>) => void;
};

const frameWords = [
  ['opened', 'opened'],
  ['sealed', 'sealed'],
  ['noKey', 'no-key'],
  ['badTag', 'undecryptable'],
  ['replayed', 'replayed'],
  ['plaintext', 'plaintext'],
  ['notSealed', 'not-sealed'],
] as const satisfies readonly (readonly [keyof KeyRingCounters, string])[];
