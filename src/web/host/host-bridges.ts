import { toBase64url } from '../../base/bytes.ts';
import type { Timer } from '../../base/clock.ts';
import type { Certificate } from '../../consent/messages/certificate.ts';
import type { Caller, RosterBridge, Scope } from '../../consent/messages/catalog.ts';
import type { SaltedLabel } from '../../consent/messages/commitment.ts';
import { identityOf, type Bytes } from '../../consent/messages/key-schedule.ts';
import { maxBridges, maxLegs } from '../../consent/messages/catalog.ts';
import { suiteName } from '../../consent/messages/seal.ts';
import type { Standing } from './connector-book.ts';
import type { BridgeView, LedgerState, LegView, Prompt, ScopeView } from './session.ts';

/** The bridge code of one request (bridge-code.ts). */
export interface CodeExchange {
  /** Ours. */
  readonly nonce: string;
  /** Null until theirs is revealed, and for good where it was not the one that the request committed to. */
  digits: string | null;
  over: boolean;
}

/** What a bridge asks for and has no answer to. */
export interface OpenAsk {
  readonly kind: 'key' | 'legs';
  readonly hash: string;
  readonly callers: readonly Caller[];
  readonly scope: Scope;
  readonly hpke: Bytes;
  /** The request's commitment to the connector's half of the bridge code. */
  readonly code: string;
  exchange: CodeExchange | null;
  readonly sinceMs: number;
  readonly timer: Timer;
}

export interface Granted {
  readonly hash: string;
  readonly jws: string;
  readonly request: string;
  /** Of the request, to show it to those who come later. */
  readonly requestJws: string;
  readonly scope: Scope;
  until: Timer | null;
  /** For display; 0: to the end of the instance. */
  readonly untilWallMs: number;
  /** How many further callers are still let in without a click. */
  next: number;
}

export interface LockingOut {
  readonly epoch: number;
  readonly startedMs: number;
  readonly waiting: Set<string>;
  /** Everybody who sent under the key that is taken back. */
  readonly senders: readonly string[];
  readonly timer: Timer;
}

/** A record that the connector owes, by the hash of what it has to answer. */
export interface DueReceipt {
  readonly jws: string;
  readonly type: 'grant' | 'rekeyed';
  readonly timer: Timer;
}

export interface Bridge {
  readonly key: Bytes;
  readonly join: string;
  readonly thumbprint: string;
  certificate: Certificate;
  standing: Standing;
  helloJws: string;
  state: BridgeView['state'];
  /** Whether the current epoch was sealed to it: the host's own act, whatever the bridge says. */
  holds: boolean;
  ask: OpenAsk | null;
  askJws: string;
  /** Hashes of everything it ever asked: no question is put twice. */
  readonly asked: Set<string>;
  granted: Granted | null;
  hpke: Bytes;
  keysSeen: number;
  readonly labels: Map<string, SaltedLabel>;
  /** Admitted callers and their commitments. */
  readonly admitted: Map<string, string>;
  /** Of those, whom the host has muted. */
  readonly muted: Set<string>;
  readonly due: Map<string, DueReceipt>;
  lockingOut: LockingOut | null;
  lockedOutAfterMs: number | null;
  /** Of its software, from its last request. */
  version: string;
  /** Requests that the open one has taken the place of, unanswered. */
  merged: number;
  nonce: string;
  heardMs: number;
  resentMs: number;
  /** Monotonic times of its last requests, for the flood limit. */
  askedMs: readonly number[];
}

const maxSpent = 2_048;

/** It has left: nothing that it asked may be asked again, but for a question that nobody has answered, should it come back. */
export function spendAsks(spent: Set<string>, { asked, ask }: Bridge): void {
  for (const hash of asked) if (hash !== ask?.hash) spent.add(hash);
  for (const hash of [...spent].slice(0, Math.max(0, spent.size - maxSpent))) spent.delete(hash);
}

/** The bridges of one connector. */
export const bridgesOf = (
  { bridges }: { readonly bridges: ReadonlyMap<string, Bridge> },
  thumbprint: string,
): readonly Bridge[] => [...bridges.values()].filter((bridge) => bridge.thumbprint === thumbprint);

export const canAdd = (bridges: ReadonlyMap<string, Bridge>): boolean => bridges.size < maxBridges;

export function rosterBridge(bridge: Bridge): RosterBridge {
  const waiting = bridge.ask?.callers ?? [];
  const admitted = [...bridge.admitted].map(([leg, label]) => {
    const state = bridge.muted.has(leg) ? ('muted' as const) : ('admitted' as const);
    return { leg, label, state };
  });
  const asking = waiting.map(({ leg, label }) => ({ leg, label, state: 'waiting' as const }));
  return {
    key: toBase64url(bridge.key),
    join: bridge.join,
    state: bridge.state,
    ask: bridge.ask?.hash ?? '',
    request: bridge.granted?.request ?? '',
    grant: bridge.granted?.hash ?? '',
    holds: bridge.holds,
    audio: bridge.holds ? (bridge.granted?.scope.audio ?? 'none') : 'none',
    legs: [...admitted, ...asking].slice(0, maxLegs),
  };
}

function legView(bridge: Bridge, leg: string, state: LegView['state']): LegView {
  const label = bridge.labels.get(leg);
  return {
    legId: leg,
    display: label?.display ?? '',
    verification: label?.verification ?? 'absent',
    transport: label?.transport ?? '',
    state,
    muted: bridge.muted.has(leg),
  };
}

export function bridgeView(
  bridge: Bridge,
  known: { readonly ledger: LedgerState; readonly canDial: boolean },
): BridgeView {
  const waiting = bridge.ask?.callers ?? [];
  return {
    identity: identityOf(bridge.join),
    thumbprint: bridge.thumbprint,
    operator: bridge.certificate.operatorName,
    connector: bridge.certificate.connectorName,
    state: bridge.state,
    legs: [
      ...[...bridge.admitted.keys()].map((leg) => legView(bridge, leg, 'admitted')),
      ...waiting.map(({ leg }) => legView(bridge, leg, 'waiting')),
    ],
    switchesLeft: bridge.lockingOut?.waiting.size ?? 0,
    lockedOutAfterMs: bridge.lockedOutAfterMs,
    scope: bridge.granted === null ? null : scopeView(bridge.granted),
    suite: bridge.keysSeen > 0 ? suiteName : '',
    identityState: bridge.standing.state,
    code: bridge.ask?.exchange?.digits ?? null,
    ...known,
  };
}

function scopeView({ scope, next, untilWallMs }: Granted): ScopeView {
  return { audio: scope.audio, legs: scope.legs, next, untilWallMs };
}

/** The oldest question that is open. */
export function firstAsking(bridges: Iterable<Bridge>): Bridge | null {
  const asking = [...bridges].filter((b) => b.ask !== null);
  asking.sort((a, b) => (a.ask?.sinceMs ?? 0) - (b.ask?.sinceMs ?? 0));
  return asking[0] ?? null;
}

/** What is known beside the question itself. */
export type PromptFacts = Pick<Prompt, 'liveFromMonoMs' | 'ledger' | 'canTalkOnly' | 'reason'>;

/** One prompt at a time. */
export function promptOf(bridge: Bridge, facts: PromptFacts): Prompt | null {
  if (bridge.ask === null) return null;
  const { kind, hash, callers, scope } = bridge.ask;
  return {
    kind: kind === 'key' ? 'key' : 'callers',
    requestHash: hash,
    bridge: bridge.thumbprint,
    bridgeThumbprint: bridge.thumbprint,
    operator: bridge.certificate.operatorName,
    connector: bridge.certificate.connectorName,
    operatorThumbprint: bridge.certificate.operatorThumbprint,
    suite: suiteName,
    callers: callers.map(({ leg }) => legView(bridge, leg, 'waiting')),
    scope: { audio: scope.audio },
    identityState: bridge.standing.state,
    previousOperator: bridge.standing.previousOperator,
    code: bridge.ask.exchange?.digits ?? null,
    merged: bridge.merged,
    ...facts,
    reason: bridge.standing.state === 'changed' ? 'identity-changed' : facts.reason,
    liveFromMonoMs: facts.ledger === 'none' ? Infinity : facts.liveFromMonoMs,
  };
}
