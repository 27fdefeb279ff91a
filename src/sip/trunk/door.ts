import type { Clock, Milliseconds } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { challenges, claimedUser, verifyDigest, type Realm } from '../digest/server.ts';
import { Nonces } from '../digest/nonce.ts';
import { partyOf, userOf } from '../identity.ts';
import type { SrfRequest } from '../srf.ts';
import type { DoorState } from './door-state.ts';
import { chooseCaller, statedCallers, type Caller, type StatedCallers } from './caller.ts';
import {
  decide,
  inSources,
  type Admission,
  type CallFacts,
  type OfferedMedia,
  type Refusal,
  type RefusalCause,
} from './decision.ts';
import { planTrunks, type Trunk, type TrunkPlan } from './trunk.ts';

/** By what calls are let in or turned away. */
export interface DoorSettings {
  readonly plan: TrunkPlan;
  /** By name of the trunk; of those that ask for credentials. */
  readonly realms: ReadonlyMap<string, Realm>;
  readonly hasMeeting: (name: string) => boolean;
}

export interface DoorOptions extends DoorSettings {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: (bytes: number) => Buffer;
}

/** An admitted call's place among its trunk's calls. */
export interface Seat {
  readonly admission: Pick<Admission, 'trunk' | 'caller' | 'destination'> & Partial<Pick<Admission, 'rule'>>;
  /** Idempotent. */
  leave(): void;
}

/** A final answer to a request that is not let in. */
export interface TurnedAway {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Door {
  /** Of an INVITE outside a dialog. */
  onInvite(request: SrfRequest): { readonly seat: Seat } | { readonly turnedAway: TurnedAway };
  /** A call of ours over this trunk; null: there is no such trunk, or it is full. */
  onPlace(trunk: string): Seat | null;
  /** Whether any other request of this address is answered at all, in a dialog of `trunk` or outside (null). */
  knows(address: string, trunk: Trunk | null): boolean;
  /** Of the same trunks, by name: calls that come from now on are let in by it. */
  replan(plan: TrunkPlan): void;
  readonly state: DoorState;
}

/** Lines a minute; what is beyond is counted in one line. */
const refusalLines = 60;
const minuteMs: Milliseconds = 60_000;
const retryAfter = '10';

/** Calls of this machine alone, without credentials. */
export const closedSettings: DoorSettings = {
  plan: planTrunks({ trunks: [], sip: { unknownSource: 'forbid', drachtio: null } }),
  realms: new Map(),
  hasMeeting: () => false,
};

/** Where calls come in: the decision, and what it has to remember. */
export function createDoor(options: DoorOptions): Door {
  const { realms, clock, log } = options;
  let { plan } = options;
  const nonces = new Nonces({
    secret: options.random(32),
    random: options.random,
    now: () => clock.monoMs(),
  });
  const books = new Map(plan.trunks.map(({ name }) => [name, newBook()]));
  const tell = createRefusalLog(log, clock);
  let unknownSource = 0;

  const enter = (admission: Seat['admission']): Seat => {
    const book = books.get(admission.trunk.name);
    let inside = true;
    if (book !== undefined) {
      book.calls += 1;
      book.accepted += 1;
    }
    return {
      admission,
      leave() {
        if (inside && book !== undefined) book.calls -= 1;
        inside = false;
      },
    };
  };
  const turnAway = (refusal: Refusal, source: string): TurnedAway => {
    const trunk = refusal.kind === 'drop' ? null : refusal.trunk;
    const book = trunk === null ? undefined : books.get(trunk.name);
    if (book === undefined) unknownSource += 1;
    else book.refused.set(refusal.cause, (book.refused.get(refusal.cause) ?? 0) + 1);
    if (refusal.kind === 'challenge') {
      const realm = realms.get(refusal.trunk.name);
      const fields = realm === undefined ? [] : challenges(realm, nonces, refusal.stale);
      // drachtio-srf joins values of one name by a comma, which RFC 3261 §7.3.1 forbids here; so they are written as lines.
      const header = fields.join('\r\nWWW-Authenticate: ');
      return { status: 401, reason: 'Unauthorized', headers: { 'WWW-Authenticate': header } };
    }
    // With silence configured, the embedded SIP server says nothing to unknown sources; another one has said 100 by now.
    const { status, reason } = refusal.kind === 'drop' ? { status: 403, reason: 'Forbidden' } : refusal;
    tell({ cause: refusal.cause, status, source, trunk: trunk?.name ?? null });
    return { status, reason, headers: status === 503 ? { 'Retry-After': retryAfter } : {} };
  };

  return {
    onInvite(request) {
      const authorization = request.get('Authorization') ?? null;
      const verdict = decide(plan, factsOf(request, authorization), {
        callsOn: (trunk) => books.get(trunk)?.calls ?? 0,
        hasMeeting: options.hasMeeting,
        verify({ name }) {
          const realm = realms.get(name);
          if (realm === undefined) return 'wrong';
          return verifyDigest(realm, nonces, { authorization, method: request.method, uri: request.uri });
        },
      });
      if (verdict.kind === 'accept') return { seat: enter(verdict) };
      return { turnedAway: turnAway(verdict, request.source_address) };
    },
    onPlace(name) {
      const trunk = plan.trunks.find((each) => each.name === name);
      const calls = books.get(name)?.calls ?? 0;
      if (trunk === undefined || (trunk.maxCalls !== null && calls >= trunk.maxCalls)) return null;
      return enter({ trunk, caller: ourselves, destination: { kind: 'ivr' } });
    },
    knows(address, trunk) {
      const known = (trunk === null ? plan.trunks : [trunk]).some((each) => inSources(each, address));
      if (!known) unknownSource += 1;
      return known;
    },
    replan(next) {
      plan = next;
    },
    get state() {
      const trunks = [...books].map(([name, { calls, accepted, refused }]) => ({
        ...{ name, calls, accepted },
        refused: Object.fromEntries(refused),
      }));
      return { trunks, unknownSource };
    },
  };
}

/** Of a call that we make nobody calls. */
const ourselves: Caller = { number: { kind: 'withheld', text: '' }, displayName: '', source: null };

interface Book {
  calls: number;
  accepted: number;
  readonly refused: Map<RefusalCause, number>;
}

const newBook = (): Book => ({ calls: 0, accepted: 0, refused: new Map() });

function factsOf(request: SrfRequest, authorization: string | null): CallFacts {
  return {
    source: { address: request.source_address, transport: request.protocol },
    callers: callersOf(request),
    called: userOf(request.uri),
    media: offeredMedia(request.body ?? ''),
    claimedUser: claimedUser(authorization),
  };
}

function callersOf(request: SrfRequest): StatedCallers {
  return statedCallers({
    from: partyOf(request.getParsedHeader('from')),
    asserted: request.get('P-Asserted-Identity') ?? null,
    remoteParty: request.get('Remote-Party-ID') ?? null,
    privacy: request.get('Privacy') ?? null,
  });
}

/** Who calls, by a request's own headers and the rules of the trunk that the call came by. */
export function callerOf(request: SrfRequest, { callerId, numbers }: Trunk): Caller {
  return chooseCaller(callersOf(request), callerId, numbers);
}

/** What an offer has of audio, by its media lines alone: whether it can be agreed on is seen later. */
export function offeredMedia(sdp: string): OfferedMedia {
  const protocols = [...sdp.matchAll(/^m=audio [1-9][0-9]{0,4}(?:\/[0-9]+)? ([A-Z/]+) /gim)].map(
    ([, protocol]) => protocol?.toUpperCase(),
  );
  return {
    rtp: protocols.some((each) => each === 'RTP/AVP' || each === 'RTP/AVPF'),
    // RFC 8643: RTP/AVP with a key is an offer of both.
    srtp: protocols.some((each) => each === 'RTP/SAVP' || each === 'RTP/SAVPF') || /^a=crypto:/m.test(sdp),
  };
}

interface RefusalLine {
  readonly cause: RefusalCause;
  readonly status: number;
  /** Address of the packet: what a firewall needs. */
  readonly source: string;
  readonly trunk: string | null;
}

/** A flood of refused calls must not become a flood of lines. */
function createRefusalLog(log: Log, clock: Clock): (line: RefusalLine) => void {
  let since = -minuteMs;
  let lines = 0;
  let held = 0;
  return (line) => {
    const now = clock.monoMs();
    if (now - since >= minuteMs) {
      if (held > 0) log.warn({ count: held }, 'more calls refused than lines allowed');
      since = now;
      lines = 0;
      held = 0;
    }
    lines += 1;
    if (lines > refusalLines) held += 1;
    else log.warn(line, 'call refused by its trunk');
  };
}
