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
export interface KeyTime {
  readonly term: number;
  readonly epoch: number;
}

export type GatePhase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'requested'; readonly request: string }
  /** The grant is good; it is being recorded, proven and opened. */
  | { readonly kind: 'opening'; readonly request: string; readonly grant: string; readonly at: KeyTime }
  | {
      readonly kind: 'open';
      readonly request: string;
      readonly grant: string;
      readonly at: KeyTime;
      /** No live heartbeat for 10 s: the keys are still there, nothing passes. */
      readonly muted: boolean;
    };

export interface Gate {
  readonly phase: GatePhase;
  /** The highest time that was sealed to this bridge or that it was locked out of: only what is above it opens anything. */
  readonly floor: KeyTime;
  /** Hashes of answered requests and of revoked grants, oldest first; the floor covers what drops out. */
  readonly consumed: readonly string[];
  readonly tombstones: readonly string[];
  /** Set by `end`; nothing opens any more. */
  readonly ended: boolean;
}

export type GateEvent =
  | { readonly kind: 'asked'; readonly request: string }
  /** The request's callers are gone, or 60 s have passed since it was sent. */
  | { readonly kind: 'withdrawn'; readonly request: string }
  | { readonly kind: 'timed-out'; readonly request: string }
  | { readonly kind: 'grant'; readonly request: string; readonly grant: string; readonly at: KeyTime }
  | { readonly kind: 'denial'; readonly request: string; readonly reason: 'denied' | 'locked' }
  /** The grant's key was opened, after its record was proven. */
  | { readonly kind: 'opened'; readonly grant: string }
  | { readonly kind: 'open-failed'; readonly grant: string; readonly reason: CloseReason }
  | { readonly kind: 'rekey'; readonly grant: string; readonly at: KeyTime }
  /** `grant` is empty where only the bridge is named. */
  | { readonly kind: 'revocation'; readonly grant: string; readonly at: KeyTime }
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
  | 'meeting-ended'
  | 'until-reached'
  | 'heartbeat-lost'
  | 'key-mismatch'
  | 'ledger-failed'
  | 'meeting-lost'
  | 'draining'
  | 'last-leg-left';

export type GateEffect =
  /** Record the answer, check the proof, open the key; then `opened` or `open-failed`. */
  | { readonly kind: 'open-key'; readonly grant: string; readonly at: KeyTime }
  | { readonly kind: 'admit'; readonly grant: string }
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
  return { phase: idle, floor, consumed: [], tombstones: [], ended: false };
}

/** Whether any audio may pass. */
export function isOpen(gate: Gate): boolean {
  return gate.phase.kind === 'open' && !gate.phase.muted;
}

export function isAfter(a: KeyTime, b: KeyTime): boolean {
  return a.term > b.term || (a.term === b.term && a.epoch > b.epoch);
}

const higher = (a: KeyTime, b: KeyTime): KeyTime => (isAfter(a, b) ? a : b);
const remember = (list: readonly string[], item: string): readonly string[] =>
  list.includes(item) ? list : [...list, item].slice(-maxRemembered);
const stay = (gate: Gate): GateStep => ({ gate, effects: [] });

export function stepGate(gate: Gate, event: GateEvent): GateStep {
  switch (event.kind) {
    case 'asked':
      if (gate.phase.kind !== 'idle' || gate.ended || gate.consumed.includes(event.request))
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
    case 'rekey':
      return rekeyed(gate, event);
    case 'revocation':
      return revoked(gate, event);
    case 'not-holder':
      return lockedOut(gate, event.at);
    default:
      return stepLife(gate, event);
  }
}

type LifeEvent = Extract<
  GateEvent,
  { kind: 'heartbeat' | 'heartbeat-late' | 'heartbeat-lost' | 'instance' | 'close' | 'end' }
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
    case 'instance':
      return close({ ...gate, floor: higher(gate.floor, { term: event.term, epoch: 0 }) }, 'host-changed');
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
function granted(gate: Gate, event: { request: string; grant: string; at: KeyTime }): GateStep {
  const { request, grant, at } = event;
  if (gate.phase.kind !== 'requested' || gate.phase.request !== request) return stay(gate);
  const consumed = remember(gate.consumed, request);
  if (gate.tombstones.includes(grant) || !isAfter(at, gate.floor)) {
    return {
      gate: { ...gate, phase: idle, consumed },
      effects: [{ kind: 'refuse', request, reason: 'denied' }],
    };
  }
  return {
    gate: { ...gate, phase: { kind: 'opening', request, grant, at }, consumed, floor: at },
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
  const { request, at } = gate.phase;
  return {
    gate: { ...gate, phase: { kind: 'open', request, grant, at, muted: false } },
    effects: [{ kind: 'admit', grant }],
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
function revoked(gate: Gate, event: { grant: string; at: KeyTime }): GateStep {
  const next: Gate = {
    ...gate,
    tombstones: event.grant === '' ? gate.tombstones : remember(gate.tombstones, event.grant),
    floor: higher(gate.floor, event.at),
  };
  const { phase } = gate;
  if (phase.kind !== 'opening' && phase.kind !== 'open') return stay(next);
  const hit = phase.grant === event.grant || isAfter(event.at, phase.at);
  return hit ? close(next, 'revoked') : stay(next);
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
