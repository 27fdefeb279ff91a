import { admitLegs, changeLegs, dropLeg, enter, type GateLeg, type GateScope } from './gate-legs.ts';
import { higher, isAfter, type KeyTime } from './key-time.ts';

/**
 * The gate of one bridge in one meeting, as a pure function (docs/protocol.md §7).
 *
 *   idle --asked--> requested --grant--> opening --recorded--> opening --opened--> open --> idle
 *                       |                   |                                       |
 *                       +-- denial, 60 s ---+------- revocation, end, floor --------+
 *
 * What it is told has been verified before: signatures, instance, shapes. What it decides is order: whether this answer is
 * still wanted, whether a revocation was seen for it, whether an epoch is too old.
 */
export type GatePhase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'requested'; readonly request: string }
  /** The grant is good; it is being recorded, proven and opened. */
  | ({ readonly kind: 'opening'; readonly named: readonly string[] } & Granted)
  | ({
      readonly kind: 'open';
      /** Who is in. A leg that is not here is neither heard nor hears. */
      readonly legs: readonly GateLeg[];
      /** No live heartbeat for 10 s: the keys are still there, nothing passes. */
      readonly muted: boolean;
    } & Granted);

/** What a grant gives, while it stands. */
interface Granted {
  readonly request: string;
  readonly grant: string;
  readonly at: KeyTime;
  readonly scope: GateScope;
}

export interface Gate {
  readonly phase: GatePhase;
  /** The highest time that was sealed to this bridge or that it was locked out of: only what is above it opens anything. */
  readonly floor: KeyTime;
  /** Hashes of answered requests and of revoked grants, oldest first; the floor covers what drops out. */
  readonly consumed: readonly string[];
  readonly tombstones: readonly string[];
  /** The host's list says so: nothing new is asked, nobody new is let in. */
  readonly locked: boolean;
  /** Set by `end`; nothing opens any more. */
  readonly ended: boolean;
}

export type GateEvent =
  | { readonly kind: 'asked'; readonly request: string }
  /** The request's callers are gone, or 60 s have passed since it was sent. */
  | { readonly kind: 'withdrawn'; readonly request: string }
  | { readonly kind: 'timed-out'; readonly request: string }
  | {
      readonly kind: 'grant';
      readonly request: string;
      readonly grant: string;
      readonly at: KeyTime;
      readonly scope: GateScope;
      readonly legs: readonly string[];
    }
  | { readonly kind: 'denial'; readonly request: string; readonly reason: 'denied' | 'locked' }
  /** The grant's key was opened, after its record was proven. */
  | { readonly kind: 'opened'; readonly grant: string }
  | { readonly kind: 'open-failed'; readonly grant: string; readonly reason: CloseReason }
  | { readonly kind: 'rekey'; readonly grant: string; readonly at: KeyTime }
  /** A later caller is let in: by a click, or by what the grant says of any or the next so many, of whom `left` are left. */
  | {
      readonly kind: 'admission';
      readonly grant: string;
      readonly legs: readonly string[];
      readonly by: 'click' | 'any' | 'next';
      readonly left: number;
    }
  | {
      readonly kind: 'legs';
      readonly grant: string;
      readonly legs: readonly string[];
      readonly change: 'muted' | 'unmuted' | 'ended';
    }
  /** The caller has hung up. */
  | { readonly kind: 'leg-gone'; readonly leg: string }
  | { readonly kind: 'locked'; readonly locked: boolean }
  /** The time of this grant is over. */
  | { readonly kind: 'until'; readonly grant: string }
  /** `grant` is empty where only the bridge is named; `reason`: how the closing is called. */
  | {
      readonly kind: 'revocation';
      readonly grant: string;
      readonly at: KeyTime;
      readonly reason: Extract<CloseReason, 'revoked' | 'until-reached' | 'meeting-ended' | 'host-left'>;
    }
  /** A roster of this time does not list the bridge as a key holder. */
  | { readonly kind: 'not-holder'; readonly at: KeyTime }
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'heartbeat-late' }
  | { readonly kind: 'heartbeat-lost' }
  /** Another instance of the host has begun; it knows nothing of the grants of the one before. */
  | { readonly kind: 'instance'; readonly term: number }
  /** Closes, and a new request may follow. */
  | { readonly kind: 'close'; readonly reason: CloseReason }
  /** Closes for good. */
  | { readonly kind: 'end'; readonly reason: CloseReason };

export type CloseReason =
  | 'revoked'
  | 'host-left'
  | 'host-changed'
  /** Another host has taken over, and the registration says that bridges do not go along. */
  | 'dropped'
  | 'meeting-ended'
  | 'until-reached'
  | 'heartbeat-lost'
  | 'key-mismatch'
  | 'ledger-failed'
  | 'meeting-lost'
  | 'draining'
  /** Another connector may be in this meeting from now on. */
  | 'lease-lost'
  | 'last-leg-left';

export type GateEffect =
  /** Record the answer, check the proof, open the key; then `opened` or `open-failed`. */
  | { readonly kind: 'open-key'; readonly grant: string; readonly at: KeyTime }
  | { readonly kind: 'admit'; readonly grant: string; readonly legs: readonly string[] }
  /** The host's client has let in more than the grant says: its count and ours are not the same. */
  | { readonly kind: 'overdrawn'; readonly grant: string }
  | { readonly kind: 'use-rekey'; readonly at: KeyTime }
  | { readonly kind: 'mute' }
  | { readonly kind: 'unmute' }
  /** The callers of this request are told no. */
  | {
      readonly kind: 'refuse';
      readonly request: string;
      readonly reason: 'denied' | 'locked' | 'no-answer' | 'host-absent';
    }
  | { readonly kind: 'expired'; readonly request: string }
  /** Mute, destroy every key, send the legs back. */
  | {
      readonly kind: 'close';
      readonly reason: CloseReason;
      readonly request: string;
      readonly grant: string;
      readonly at: KeyTime;
    };

export interface GateStep {
  readonly gate: Gate;
  readonly effects: readonly GateEffect[];
}

const maxRemembered = 512;
const idle: GatePhase = { kind: 'idle' };

export function newGate(floor: KeyTime): Gate {
  return { phase: idle, floor, consumed: [], tombstones: [], locked: false, ended: false };
}

/** Whether any audio may pass. */
export function isOpen(gate: Gate): boolean {
  return gate.phase.kind === 'open' && !gate.phase.muted;
}

/** Whether this leg may hear the room now. */
export function mayHear(gate: Gate, leg: string): boolean {
  const { phase } = gate;
  if (phase.kind !== 'open' || phase.muted || phase.scope.audio === 'speak') return false;
  return phase.legs.some((l) => l.leg === leg);
}

/** Whether the room may hear this leg now. */
export function maySpeak(gate: Gate, leg: string): boolean {
  const { phase } = gate;
  if (phase.kind !== 'open' || phase.muted || phase.scope.audio === 'listen') return false;
  return phase.legs.some((l) => l.leg === leg && !l.muted);
}

const remember = (list: readonly string[], item: string): readonly string[] =>
  list.includes(item) ? list : [...list, item].slice(-maxRemembered);
const stay = (gate: Gate): GateStep => ({ gate, effects: [] });

export function stepGate(gate: Gate, event: GateEvent): GateStep {
  switch (event.kind) {
    case 'rekey':
      return rekeyed(gate, event);
    case 'revocation':
      return revoked(gate, event);
    case 'not-holder':
      return lockedOut(gate, event.at);
    case 'admission':
    case 'legs':
    case 'leg-gone':
    case 'locked':
      return stepLegs(gate, event);
    case 'heartbeat':
    case 'heartbeat-late':
    case 'heartbeat-lost':
    case 'instance':
    case 'until':
    case 'close':
    case 'end':
      return stepLife(gate, event);
    default:
      return stepRequest(gate, event);
  }
}

type RequestEvent = Extract<
  GateEvent,
  { kind: 'asked' | 'withdrawn' | 'timed-out' | 'grant' | 'denial' | 'opened' | 'open-failed' }
>;

/** One request from the question to the opened key. */
function stepRequest(gate: Gate, event: RequestEvent): GateStep {
  switch (event.kind) {
    case 'asked':
      if (gate.phase.kind !== 'idle' || gate.ended || gate.locked || gate.consumed.includes(event.request))
        return stay(gate);
      return stay({ ...gate, phase: { kind: 'requested', request: event.request } });
    case 'withdrawn':
    case 'timed-out':
      return unanswered(gate, event);
    case 'grant':
      return granted(gate, event);
    case 'denial':
      return denied(gate, event);
    case 'opened':
      return opened(gate, event.grant);
    case 'open-failed':
      if (gate.phase.kind !== 'opening' || gate.phase.grant !== event.grant) return stay(gate);
      return close(gate, event.reason);
  }
}

type LegEvent = Extract<GateEvent, { kind: 'admission' | 'legs' | 'leg-gone' | 'locked' }>;

/** Who is in, under the grant that stands. */
function stepLegs(gate: Gate, event: LegEvent): GateStep {
  if (event.kind === 'locked') return stay({ ...gate, locked: event.locked });
  const { phase } = gate;
  if (phase.kind === 'opening' && event.kind === 'leg-gone') {
    return stay({ ...gate, phase: { ...phase, named: phase.named.filter((leg) => leg !== event.leg) } });
  }
  if (phase.kind !== 'open') return stay(gate);
  if (event.kind === 'leg-gone')
    return stay({ ...gate, phase: { ...phase, legs: dropLeg(phase.legs, event.leg) } });
  if (phase.grant !== event.grant) return stay(gate);
  if (event.kind === 'legs') {
    return stay({ ...gate, phase: { ...phase, legs: changeLegs(phase.legs, event.legs, event.change) } });
  }
  if (gate.locked) return stay(gate);
  const admitted = admitLegs(phase.scope, phase.legs, event);
  if (admitted === null) return { gate, effects: [{ kind: 'overdrawn', grant: phase.grant }] };
  return {
    gate: { ...gate, phase: { ...phase, ...admitted } },
    effects: [{ kind: 'admit', grant: phase.grant, legs: event.legs }],
  };
}

type LifeEvent = Extract<
  GateEvent,
  { kind: 'heartbeat' | 'heartbeat-late' | 'heartbeat-lost' | 'instance' | 'until' | 'close' | 'end' }
>;

/** What mutes and what closes, whatever was asked. */
function stepLife(gate: Gate, event: LifeEvent): GateStep {
  switch (event.kind) {
    case 'heartbeat':
      return setMuted(gate, false);
    case 'heartbeat-late':
      return setMuted(gate, true);
    case 'heartbeat-lost':
      return close(gate, 'heartbeat-lost');
    case 'until':
      return gate.phase.kind === 'open' && gate.phase.grant === event.grant
        ? close(gate, 'until-reached')
        : stay(gate);
    case 'instance':
      return close(
        { ...gate, locked: false, floor: higher(gate.floor, { term: event.term, epoch: 0 }) },
        'host-changed',
      );
    case 'close':
      return close(gate, event.reason);
    case 'end':
      return close({ ...gate, ended: true }, event.reason);
  }
}

function unanswered(gate: Gate, event: { kind: 'withdrawn' | 'timed-out'; request: string }): GateStep {
  if (gate.phase.kind !== 'requested' || gate.phase.request !== event.request) return stay(gate);
  const { request } = event;
  const next = { ...gate, phase: idle, consumed: remember(gate.consumed, request) };
  const refusal: GateEffect[] =
    event.kind === 'timed-out' ? [{ kind: 'refuse', request, reason: 'no-answer' }] : [];
  return { gate: next, effects: [{ kind: 'expired', request }, ...refusal] };
}

/** The first answer consumes the request, whatever becomes of it. */
function granted(gate: Gate, event: Extract<GateEvent, { kind: 'grant' }>): GateStep {
  const { request, grant, at, scope, legs: named } = event;
  if (gate.phase.kind !== 'requested' || gate.phase.request !== request) return stay(gate);
  const consumed = remember(gate.consumed, request);
  if (gate.tombstones.includes(grant) || !isAfter(at, gate.floor)) {
    return {
      gate: { ...gate, phase: idle, consumed },
      effects: [{ kind: 'refuse', request, reason: 'denied' }],
    };
  }
  return {
    gate: { ...gate, phase: { kind: 'opening', request, grant, at, scope, named }, consumed, floor: at },
    effects: [{ kind: 'open-key', grant, at }],
  };
}

/** Any host's denial wins: before the grant it ends the request, after it, it is a revocation. */
function denied(gate: Gate, event: { request: string; reason: 'denied' | 'locked' }): GateStep {
  const next = { ...gate, consumed: remember(gate.consumed, event.request) };
  const { phase } = gate;
  if (phase.kind === 'idle' || phase.request !== event.request) return stay(next);
  if (phase.kind !== 'requested') return close(next, 'revoked');
  return {
    gate: { ...next, phase: idle },
    effects: [{ kind: 'refuse', request: event.request, reason: event.reason }],
  };
}

function opened(gate: Gate, grant: string): GateStep {
  if (gate.phase.kind !== 'opening' || gate.phase.grant !== grant) return stay(gate);
  const { request, at, scope, named } = gate.phase;
  return {
    gate: {
      ...gate,
      phase: { kind: 'open', request, grant, at, scope, legs: enter([], named), muted: false },
    },
    effects: [{ kind: 'admit', grant, legs: named }],
  };
}

function rekeyed(gate: Gate, event: { grant: string; at: KeyTime }): GateStep {
  const { phase } = gate;
  if (phase.kind !== 'open' || phase.grant !== event.grant) return stay(gate);
  if (event.at.term !== phase.at.term || !isAfter(event.at, gate.floor)) return stay(gate);
  return {
    gate: { ...gate, phase: { ...phase, at: event.at }, floor: event.at },
    effects: [{ kind: 'use-rekey', at: event.at }],
  };
}

/** In any order and at any time: unknown grants are remembered as void, and nothing at or below its time opens again. */
function revoked(gate: Gate, event: Extract<GateEvent, { kind: 'revocation' }>): GateStep {
  const next: Gate = {
    ...gate,
    tombstones: event.grant === '' ? gate.tombstones : remember(gate.tombstones, event.grant),
    floor: higher(gate.floor, event.at),
  };
  const { phase } = gate;
  if (phase.kind !== 'opening' && phase.kind !== 'open') return stay(next);
  const hit = phase.grant === event.grant || isAfter(event.at, phase.at);
  return hit ? close(next, event.reason) : stay(next);
}

function lockedOut(gate: Gate, at: KeyTime): GateStep {
  const next = { ...gate, floor: higher(gate.floor, at) };
  const { phase } = gate;
  const holds = phase.kind === 'opening' || phase.kind === 'open';
  return holds && isAfter(at, phase.at) ? close(next, 'revoked') : stay(next);
}

function setMuted(gate: Gate, muted: boolean): GateStep {
  const { phase } = gate;
  if (phase.kind !== 'open' || phase.muted === muted) return stay(gate);
  return { gate: { ...gate, phase: { ...phase, muted } }, effects: [{ kind: muted ? 'mute' : 'unmute' }] };
}

function close(gate: Gate, reason: CloseReason): GateStep {
  const { phase } = gate;
  switch (phase.kind) {
    case 'idle':
      return stay(gate);
    case 'requested': {
      const { request } = phase;
      const next = { ...gate, phase: idle, consumed: remember(gate.consumed, request) };
      return { gate: next, effects: [{ kind: 'refuse', request, reason: 'host-absent' }] };
    }
    case 'opening':
    case 'open': {
      const next = { ...gate, phase: idle, tombstones: remember(gate.tombstones, phase.grant) };
      return {
        gate: next,
        effects: [{ kind: 'close', reason, request: phase.request, grant: phase.grant, at: phase.at }],
      };
    }
  }
}
