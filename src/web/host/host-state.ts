import { toBase64url } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { EpochKeys } from '../../consent/epoch-keys.ts';
import type { Bytes } from '../../consent/messages/key-schedule.ts';
import type { Registration } from '../../consent/messages/registration.ts';
import type { HpkeKeyPair, SealContext } from '../../consent/messages/seal.ts';
import { thumbprint } from '../../consent/messages/keys.ts';
import { packetBytes } from '../../consent/messages/packet.ts';
import type { BridgeMemory } from './bridge-memory.ts';
import type { ConnectorBook } from './connector-book.ts';
import type { DialBook } from './dial-book.ts';
import type { Bridge } from './host-bridges.ts';
import type { HostChain } from './host-chain.ts';
import type { HostDoor } from './host-door.ts';
import type { HostEvidence } from './host-evidence.ts';
import type { HostPeople } from './host-people.ts';
import type { LedgerSpeakers } from './ledger-inbox.ts';
import type { LedgerWatch } from './ledger-watch.ts';
import type { NextEpoch } from './next-epoch.ts';
import type { SealsAhead } from './seals-ahead.ts';
import type { SessionOptions } from './session.ts';
import type { ViewStore } from './view-store.ts';
import type { WorkQueue } from './work-queue.ts';

/** One instance of one host: what its parts work on together. */
export interface HostState {
  readonly options: SessionOptions;
  readonly registration: Registration;
  readonly meetingId: string;
  readonly instance: string;
  readonly term: number;
  /** Of this host in the registration. */
  readonly rank: number;
  readonly ownJoin: string;
  readonly ownThumbprint: string;
  readonly hpke: HpkeKeyPair;
  readonly ahead: SealsAhead;
  readonly next: NextEpoch;
  readonly chain: HostChain;
  readonly people: HostPeople;
  readonly door: HostDoor;
  readonly memory: BridgeMemory;
  readonly bridges: Map<string, Bridge>;
  /** Questions of bridges that have left: their hashes, so that nobody puts them again in their place. */
  readonly spentAsks: Set<string>;
  /** Keys that were ever seen on a bridge: never sealed to as a member. */
  readonly bridgeKeys: Set<string>;
  readonly dials: DialBook;
  readonly keys: EpochKeys;
  readonly views: ViewStore;
  readonly queue: WorkQueue;
  epoch: number;
  /** No new bridge, no new caller, and new members need a click. */
  locked: boolean;
  /** Of the newest roster; its packet, to send it again. */
  rosterHash: string;
  rosterPacket: Bytes;
  rosterMs: number;
  readonly ledgers: LedgerWatch;
  /** What the host may take home. */
  readonly evidence: HostEvidence;
  readonly connectors: ConnectorBook;
}

export function send(state: HostState, packet: Bytes, to?: readonly string[]): void {
  try {
    state.options.channel.send(packet, to);
  } catch {
    // The channel is down: what matters is said again by heartbeats, and to whoever lags.
  }
}

export function sendJws(state: HostState, jws: string, to?: readonly string[]): void {
  send(state, packetBytes(jws), to);
}

/** Makes, when nothing else is to be done, what the next seal to this key will need. */
export function sealAhead(state: HostState, key: Bytes): void {
  void state.queue.idle(() => {
    const asked = [...state.bridges.values()].flatMap(({ hpke, ask }) =>
      ask === null ? [hpke] : [hpke, ask.hpke],
    );
    return state.ahead.prepare(key, new Set([...state.people.others().map(({ hpke }) => hpke), ...asked]));
  });
}

export const clockOf = (state: HostState): Clock => state.options.clock;

/** Whose word counts about ledgers. */
export const ledgerSpeakers = ({ people, bridges }: HostState): LedgerSpeakers => ({
  bridge: (join) => bridges.get(join)?.key ?? null,
  member: (join) => people.get(join)?.key ?? null,
  ledgerKey: (key) =>
    [...bridges.values()].find((b) => toBase64url(b.key) === key)?.certificate.ledgerKey ?? null,
});

/** What somebody sealed to this host's key of this instance. */
export async function sealedToHost(
  state: HostState,
  from: Bytes,
  about: { readonly type: SealContext['type']; readonly hash: string },
): Promise<SealContext> {
  return {
    type: about.type,
    role: 'host',
    meeting: state.meetingId,
    instance: state.instance,
    term: state.term,
    sender: await thumbprint(from),
    recipient: state.ownThumbprint,
    epoch: 0,
    about: about.hash,
  };
}
