import { toBase64url, utf8, wipe } from '../../base/bytes.ts';
import { ok, type Result } from '../../base/result.ts';
import { maxLegs, type Caller, type Payload, type Scope } from '../../consent/messages/catalog.ts';
import type { SaltedLabel } from '../../consent/messages/commitment.ts';
import {
  bytesOfText,
  identityOf,
  keyCheckValue,
  senderId,
  senderKey,
  type Bytes,
} from '../../consent/messages/key-schedule.ts';
import { sha256 } from '../../consent/messages/keys.ts';
import { maxPacketLength, packetBytes } from '../../consent/messages/packet.ts';
import { signMessage } from '../../consent/messages/jws.ts';
import { timing } from '../../consent/timing.ts';
import { rosterBridge, type Bridge, type Granted, type OpenAsk } from './host-bridges.ts';
import type { Person } from './host-people.ts';
import { clockOf, send, sendJws, type HostState } from './host-state.ts';
import { rotationOf } from './key-sink.ts';
import type { FreshEpoch } from './next-epoch.ts';
import { noPrivatePart, sealPrivatePart, type PrivatePart } from './private-part.ts';

/** A grant that is to be made with the next epoch. */
export interface NewGrant {
  readonly bridge: Bridge;
  readonly ask: OpenAsk;
  readonly untilMs: number;
  /** Those of the callers asked for who are let in. */
  readonly callers: readonly Caller[];
  readonly scope: Pick<Scope, 'audio' | 'legs' | 'next'>;
  /** Hash of the co-host's decision; empty where this host decided. */
  readonly decision: string;
}

export interface EpochEvents {
  /** No receipt for this within its time. */
  onReceiptMissing(bridge: Bridge): void;
  onUntil(bridge: Bridge, granted: Granted): void;
}

/**
 * A new epoch: 32 fresh random bytes, sealed to every member and to the bridges that hold a grant, then the roster that
 * says so, then the heartbeat that puts it in use. Members may have the key already (next-epoch.ts); the grant goes first, so
 * that the bridge's disk works while the rest is sealed. Nothing was sent under this key before.
 */
export async function newEpoch(state: HostState, events: EpochEvents, newGrant?: NewGrant): Promise<void> {
  const fresh = await state.next.take(state.people);
  const { epoch, mk, sealedTo } = fresh;
  state.epoch = epoch;
  // A copy of its own: the session may be closed, and its keys wiped, while this one is still being sealed.
  if (state.keys.has(epoch)) state.keys.expect(epoch);
  else state.keys.hold(state.instance, epoch, mk.slice());
  try {
    if (newGrant !== undefined) await sendGrant(state, fresh, newGrant, events);
    for (const person of state.people.others()) {
      if (!sealedTo.has(person)) await sendWelcome(state, fresh, person);
    }
    for (const bridge of state.bridges.values()) {
      if (bridge.holds && bridge !== newGrant?.bridge) await sendRekey(state, fresh, bridge, events);
    }
  } finally {
    wipe(mk);
  }
  // One's own voice switches beside it: what is sent until then is still under the key before, and who holds this one is
  // settled, signed and known to whoever signs.
  const [switched] = await Promise.all([state.keys.switchTo(epoch), publishRoster(state)]);
  if (switched) await followOwn(state);
}

/** What the chain adds to a payload, its signature, and some room. */
const rosterOverhead = 800;

/** Names, labels and knocks, encrypted. In a full meeting long names are cut, so that the roster stays one packet. */
async function privateBox(state: HostState, mk: Bytes, bodyLength: number): Promise<Bytes> {
  const labels = [...state.bridges.values()].flatMap((b) => [...b.labels.values()]).slice(0, 2 * maxLegs);
  const room = Math.floor((maxPacketLength - ((bodyLength + rosterOverhead) * 4) / 3) * 0.75);
  const people = state.people.all();
  const partWith = (length: number, shown: readonly SaltedLabel[]): PrivatePart => {
    const cut = (name: string): string => name.slice(0, length).toWellFormed();
    return {
      names: people.map(({ join, name }) => ({ join, name: cut(name) })),
      labels: shown,
      knocks: state.door.knocks.map(({ person: { join, name, thumbprint }, why }) => ({
        join,
        name: cut(name),
        thumbprint,
        why,
      })),
    };
  };
  const parts = [partWith(64, labels), partWith(12, labels), partWith(0, labels), partWith(0, [])];
  const fits = (part: PrivatePart): boolean => utf8(JSON.stringify(part)).length + 28 <= room;
  const part = parts.find(fits) ?? noPrivatePart;
  return sealPrivatePart(
    mk,
    { instance: state.instance, epoch: state.epoch },
    state.options.random(12),
    part,
  );
}

/** The roster of the current epoch, and at once the heartbeat that names it. */
export async function publishRoster(state: HostState): Promise<void> {
  const mk = state.keys.mk(state.epoch);
  if (mk === null) return;
  const body = {
    epoch: state.epoch,
    locked: state.locked,
    members: state.people.roster(),
    bridges: [...state.bridges.values()].map(rosterBridge),
  };
  const box = await privateBox(state, mk, JSON.stringify(body).length);
  const { jws, hash } = await state.chain.issue('roster', {
    ...body,
    private: toBase64url(await sha256(box)),
  });
  state.rosterHash = hash;
  state.rosterPacket = packetBytes(jws, box);
  state.rosterMs = clockOf(state).monoMs();
  send(state, state.rosterPacket);
  await sendHeartbeat(state);
}

export async function sendHeartbeat(state: HostState, to?: readonly string[]): Promise<void> {
  const mk = state.keys.mk(state.epoch);
  if (mk === null) return;
  const now = clockOf(state).monoMs();
  const bridges = [...state.bridges.values()].filter((b) => now - b.heardMs <= timing.liveWithin);
  const { jws } = await state.chain.issue('heartbeat', {
    roster: state.rosterHash,
    epoch: state.epoch,
    kcv: toBase64url(await keyCheckValue(mk, { instance: state.instance, epoch: state.epoch })),
    nonces: [...state.people.nonces(), ...bridges.map((b) => b.nonce)],
    ledgers: state.ledgers.heads(),
  });
  sendJws(state, jws, to);
}

export async function sendWelcome(state: HostState, fresh: FreshEpoch, person: Person): Promise<void> {
  const context = {
    type: 'welcome',
    role: 'member',
    ...sealNames(state),
    recipient: person.thumbprint,
    epoch: fresh.epoch,
    about: person.hello,
  } as const;
  const sealed = await state.ahead.seal(person.hpke, fresh.mk, context);
  // A key that is none: this person gets nothing, and drops out when it stays silent.
  if (!sealed.ok) return;
  const { jws } = await state.chain.issue('welcome', {
    hello: person.hello,
    epoch: fresh.epoch,
    kem: sealed.value.kem,
    sealed: toBase64url(sealed.value.sealed),
    kcv: fresh.kcv,
  });
  sendJws(state, jws, [identityOf(person.join)]);
}

/** The current key once more, for somebody who missed it. */
export async function welcomeAgain(state: HostState, person: Person): Promise<void> {
  const mk = state.keys.mk(state.epoch)?.slice();
  if (mk === undefined) return;
  try {
    const kcv = await keyCheckValue(mk, { instance: state.instance, epoch: state.epoch });
    await sendWelcome(state, { epoch: state.epoch, mk, kcv: toBase64url(kcv) }, person);
  } finally {
    wipe(mk);
  }
}

interface BridgeSeal {
  readonly type: 'grant' | 'rekey';
  readonly hpke: Bytes;
  readonly about: string;
  readonly audio: Scope['audio'];
}

/** The meeting key, or, for a bridge that may only speak, that bridge's own sender key: from it nothing else follows. */
async function sealForBridge(
  state: HostState,
  fresh: FreshEpoch,
  bridge: Bridge,
  { type, hpke, about, audio }: BridgeSeal,
): Promise<Result<Pick<Payload<'grant'>, 'kem' | 'sealed' | 'kcv'>>> {
  const talks = audio === 'speak';
  const name = { instance: state.instance, epoch: fresh.epoch };
  const own = talks ? await senderKey(fresh.mk, name, senderId(bridge.key, bytesOfText(bridge.join))) : null;
  const context = {
    type,
    role: talks ? 'talker' : 'connector',
    ...sealNames(state),
    recipient: bridge.thumbprint,
    epoch: fresh.epoch,
    about,
  } as const;
  try {
    const sealed = await state.ahead.seal(hpke, own ?? fresh.mk, context);
    if (!sealed.ok) return sealed;
    const kcv = own === null ? fresh.kcv : toBase64url(await keyCheckValue(own, name));
    return ok({ kem: sealed.value.kem, sealed: toBase64url(sealed.value.sealed), kcv });
  } finally {
    if (own !== null) wipe(own);
  }
}

async function sendGrant(
  state: HostState,
  fresh: FreshEpoch,
  grant: NewGrant,
  events: EpochEvents,
): Promise<void> {
  const { bridge, ask, untilMs, callers } = grant;
  const sealed = await sealForBridge(state, fresh, bridge, {
    type: 'grant',
    hpke: ask.hpke,
    about: ask.hash,
    audio: grant.scope.audio,
  });
  if (!sealed.ok) {
    // The bridge named a key that cannot be sealed to; the epoch goes on without it.
    bridge.ask?.timer.cancel();
    bridge.ask = null;
    bridge.state = 'denied';
    const no = { rank: state.rank, request: ask.hash, reason: 'invalid' } as const;
    sendJws(state, (await state.chain.issue('denial', no)).jws);
    return;
  }
  const scope = { ...grant.scope, until: untilMs };
  const { jws, hash } = await state.chain.issue('grant', {
    request: ask.hash,
    scope,
    legs: callers.map((c) => c.leg),
    epoch: fresh.epoch,
    ...sealed.value,
    decision: grant.decision,
  });
  const granted: Granted = {
    hash,
    jws,
    request: ask.hash,
    requestJws: bridge.askJws,
    scope,
    until: null,
    next: scope.next,
    untilWallMs: untilMs > 0 ? clockOf(state).wallMs() + untilMs : 0,
  };
  if (untilMs > 0) granted.until = clockOf(state).after(untilMs, () => events.onUntil(bridge, granted));
  bridge.standing = { state: 'known', previousOperator: null };
  // From the signature on the host counts it as a key holder, whatever becomes of the packet.
  bridge.granted = granted;
  bridge.holds = true;
  bridge.state = 'granted';
  bridge.ask?.timer.cancel();
  bridge.ask = null;
  bridge.lockedOutAfterMs = null;
  for (const { leg, label } of callers) bridge.admitted.set(leg, label);
  expectReceipt(state, bridge, { hash, jws, type: 'grant' }, events);
  // The bridge first: its way to the key is the longest.
  const to = identityOf(bridge.join);
  sendJws(state, jws, [to]);
  const others = [...state.people.others(), ...state.bridges.values()].map(({ join }) => identityOf(join));
  sendJws(
    state,
    jws,
    others.filter((identity) => identity !== to),
  );
}

async function sendRekey(
  state: HostState,
  fresh: FreshEpoch,
  bridge: Bridge,
  events: EpochEvents,
): Promise<void> {
  const { granted } = bridge;
  if (granted === null) return;
  const sealed = await sealForBridge(state, fresh, bridge, {
    type: 'rekey',
    hpke: bridge.hpke,
    about: granted.hash,
    audio: granted.scope.audio,
  });
  if (!sealed.ok) return;
  const { jws, hash } = await state.chain.issue('rekey', {
    grant: granted.hash,
    epoch: fresh.epoch,
    ...sealed.value,
  });
  expectReceipt(state, bridge, { hash, jws, type: 'rekeyed' }, events);
  sendJws(state, jws, [identityOf(bridge.join)]);
}

function expectReceipt(
  state: HostState,
  bridge: Bridge,
  answered: { readonly hash: string; readonly jws: string; readonly type: 'grant' | 'rekeyed' },
  events: EpochEvents,
): void {
  const { hash, jws, type } = answered;
  const timer = clockOf(state).after(timing.receiptWithin, () => {
    if (bridge.due.delete(hash)) events.onReceiptMissing(bridge);
  });
  bridge.due.set(hash, { jws, type, timer });
}

/** The host is a member like the others: having switched, it loads and says so. */
async function followOwn(state: HostState): Promise<void> {
  const senders = [
    ...state.people.roster(),
    ...[...state.bridges.values()].map(rosterBridge).filter((b) => b.holds && b.audio !== 'listen'),
  ];
  await state.keys.load(state.epoch, senders);
  const own = state.people.get(state.ownJoin);
  const rotation = rotationOf(state.options.keys);
  if (own !== undefined) Object.assign(own, { switched: state.epoch, rotation });
  const { device } = state.options;
  const payload = {
    v: 1,
    meeting: state.meetingId,
    instance: state.instance,
    join: state.ownJoin,
    epoch: state.epoch,
    roster: state.rosterHash,
    rotation,
  } as const;
  const counting = [...state.bridges.values()].map(({ join }) => identityOf(join));
  if (counting.length > 0) sendJws(state, await signMessage(device, 'switched', payload), counting);
}

function sealNames(state: HostState): { meeting: string; instance: string; term: number; sender: string } {
  const { meetingId: meeting, instance, term, ownThumbprint: sender } = state;
  return { meeting, instance, term, sender };
}
