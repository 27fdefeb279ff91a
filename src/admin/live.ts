import type { CallEvent, CallAnswered } from '../call/call-events.ts';
import type { LegQuality } from '../media/leg-state.ts';
import type { KeyRingCounters } from '../e2ee/key-ring.ts';
import type { MeetingFact } from '../worker/protocol.ts';
import type { CallRecord, LiveBridge, LiveLeg } from './api/wire.ts';
import { rounded, withReport } from './call-quality.ts';

export type LiveChange =
  | { readonly kind: 'leg'; readonly leg: LiveLeg }
  | { readonly kind: 'leg-gone'; readonly id: string }
  | { readonly kind: 'bridge'; readonly bridge: LiveBridge }
  | { readonly kind: 'bridge-gone'; readonly meeting: string }
  | { readonly kind: 'call'; readonly call: CallRecord }
  /** A meeting, by its name in the API, has another room PIN by itself. Not which. */
  | { readonly kind: 'pin-rotated'; readonly meeting: string };

const mostCalls = 1_000;
const mostScores = 60;
/** Reports come every five seconds: a worker that says nothing for so long is gone. */
const reportStaleMs = 20_000;

/** What is going on now, as operators see it: fed by call events, it tells whoever watches what changed. Callers stand in their masked labels. */
export class LiveState {
  readonly #clock: { wallMs(): number; monoMs(): number };
  readonly #legs = new Map<string, LiveLeg>();
  readonly #bridges = new Map<string, LiveBridge>();
  /** By position: the newest last. */
  readonly #calls = new Map<string, CallRecord>();
  /** Of calls that go on. */
  readonly #reports = new Map<string, NonNullable<CallRecord['quality']>>();
  readonly #keys = new Map<string, { readonly held: number; readonly atMs: number }>();
  readonly #watchers = new Set<(change: LiveChange) => void>();

  constructor(clock: { wallMs(): number; monoMs(): number }) {
    this.#clock = clock;
  }

  get legs(): readonly LiveLeg[] {
    return [...this.#legs.values()];
  }

  get bridges(): readonly LiveBridge[] {
    return [...this.#bridges.values()];
  }

  /** The newest first; the last thousand are kept. */
  get calls(): readonly CallRecord[] {
    return [...this.#calls.values()].reverse();
  }

  /** Of workers that reported lately: bridges that hold keys, and keys. */
  get keysHeld(): { readonly bridges: number; readonly keys: number } {
    const now = this.#clock.monoMs();
    for (const [meeting, { atMs }] of this.#keys) if (now - atMs > reportStaleMs) this.#keys.delete(meeting);
    const held = [...this.#keys.values()].map((one) => one.held);
    return { bridges: held.filter((n) => n > 0).length, keys: held.reduce((sum, n) => sum + n, 0) };
  }

  /** Until the returned function is called. */
  watch(watcher: (change: LiveChange) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  pinRotated(meeting: string): void {
    this.#tell({ kind: 'pin-rotated', meeting });
  }

  onEvent(event: CallEvent): void {
    switch (event.kind) {
      case 'call-answered':
        this.#answered(event);
        return;
      case 'leg-label':
        this.#leg(event.leg, { caller: event.label.display, verification: event.label.verification });
        return;
      case 'leg-phase':
        this.#leg(event.leg, { phase: event.phase });
        return;
      case 'leg-moved':
        this.#moved(event.leg, event.to === 'meeting');
        return;
      case 'leg-placed':
        this.#leg(event.leg, { meeting: event.meeting });
        this.#call(event.leg, { meeting: event.meeting });
        return;
      case 'leg-quality':
        this.#quality(event.leg, event.quality);
        return;
      case 'leg-ended':
        this.#ended(event.leg, event.reason);
        if (this.#legs.delete(event.leg)) this.#tell({ kind: 'leg-gone', id: event.leg });
        return;
      case 'bridge-fact':
        this.#fact(event.meeting, event.fact);
        return;
      case 'bridge-gone':
        if (event.lost) this.#keys.delete(event.meeting);
        if (this.#bridges.delete(event.meeting)) this.#tell({ kind: 'bridge-gone', meeting: event.meeting });
        return;
      case 'meeting-report':
        this.#keys.set(event.meetingId, { held: event.keysHeld, atMs: this.#clock.monoMs() });
        this.#frames(event.meetingId, event.keysHeld, event.frames);
        return;
      default:
        return;
    }
  }

  #answered({ kind: _, leg: id, call, label, ...more }: CallAnswered): void {
    const answeredAt = this.#clock.wallMs();
    const { trunk, transport, srtp, codec, setupMs, direction } = more;
    const leg: LiveLeg = {
      ...{ id, call, trunk, transport, srtp, codec, answeredAt },
      ...{ caller: label.display, verification: label.verification },
      ...{ phase: 'answered', inMeeting: false, muted: false, meeting: null, quality: null, scores: [] },
    };
    this.#legs.set(id, leg);
    this.#tell({ kind: 'leg', leg });
    const record: CallRecord = {
      ...{ id: call, leg: id, trunk, transport, direction, caller: label.display, codec, srtp },
      ...{ startedAt: Math.round(answeredAt - setupMs), answeredAt, setupMs },
      ...{ meeting: null, endedAt: null, reason: null, admitted: false, quality: null },
    };
    this.#calls.set(id, record);
    const [oldest] = this.#calls.keys();
    if (this.#calls.size > mostCalls && oldest !== undefined) this.#calls.delete(oldest);
    this.#tell({ kind: 'call', call: record });
  }

  #leg(id: string, change: Partial<LiveLeg>): void {
    const before = this.#legs.get(id);
    if (before === undefined) return;
    const leg = { ...before, ...change };
    this.#legs.set(id, leg);
    this.#tell({ kind: 'leg', leg });
  }

  #call(leg: string, change: Partial<CallRecord>): void {
    const before = this.#calls.get(leg);
    if (before === undefined) return;
    const call = { ...before, ...change };
    this.#calls.set(leg, call);
    this.#tell({ kind: 'call', call });
  }

  #ended(leg: string, reason: string): void {
    const sums = this.#reports.get(leg);
    this.#reports.delete(leg);
    const quality = sums === undefined ? null : rounded(sums);
    this.#call(leg, { endedAt: this.#clock.wallMs(), reason, quality });
  }

  #moved(id: string, inMeeting: boolean): void {
    this.#leg(id, inMeeting ? { inMeeting } : { inMeeting, muted: false });
    if (inMeeting) this.#call(id, { admitted: true });
  }

  #quality(id: string, quality: LegQuality): void {
    const before = this.#legs.get(id);
    if (before === undefined) return;
    this.#reports.set(id, withReport(this.#reports.get(id) ?? null, quality));
    this.#leg(id, { quality, scores: [...before.scores, round(quality.mos)].slice(-mostScores) });
  }

  #fact(meeting: string, fact: MeetingFact): void {
    switch (fact.kind) {
      case 'meeting-joined':
        this.#bridge(meeting, {});
        return;
      case 'host-present':
        this.#bridge(meeting, { hostPresent: fact.present });
        return;
      case 'legs-admitted':
        this.#bridge(meeting, { gate: 'open' });
        return;
      case 'legs-muted':
        for (const id of fact.legIds) this.#leg(id, { muted: fact.muted });
        return;
      case 'gate-closed':
        this.#bridge(meeting, { gate: 'closed' });
        return;
      default:
        return;
    }
  }

  /** A worker's facts may come before control has heard that it has joined. */
  #bridge(meeting: string, change: Partial<LiveBridge>): void {
    const before = this.#bridges.get(meeting) ?? newBridge(meeting, this.#clock.wallMs());
    const bridge = { ...before, ...change };
    this.#bridges.set(meeting, bridge);
    this.#tell({ kind: 'bridge', bridge });
  }

  #frames(meeting: string, keysHeld: number, frames: KeyRingCounters): void {
    const before = this.#bridges.get(meeting);
    // A worker that lingers after its bridge's end is none that operators look for.
    if (before === undefined) return;
    this.#bridge(meeting, {
      keysHeld,
      undecryptable: before.undecryptable + frames.badTag,
      replayed: before.replayed + frames.replayed,
      plaintext: before.plaintext + frames.plaintext,
    });
  }

  #tell(change: LiveChange): void {
    for (const watcher of this.#watchers) watcher(change);
  }
}

const newBridge = (meeting: string, since: number): LiveBridge => ({
  ...{ meeting, since, hostPresent: false, gate: 'closed', keysHeld: 0 },
  ...{ undecryptable: 0, replayed: 0, plaintext: 0 },
});

const round = (mos: number): number => Math.round(mos * 100) / 100;
