import type { Clock } from '../../base/clock.ts';

/**
 * The public face of `latchkey/host`: what a meeting app needs to make keys, ask its people and release the key to a
 * bridge, or not. Runs in browsers and in Node. It knows no LiveKit: a channel and a key sink are handed in.
 */

/** The meeting's data channel: reliable, ordered, not trusted. */
export interface Channel {
  /** Without `to`: everybody else. `to` holds identities as the meeting server names them. */
  send(payload: Uint8Array, to?: readonly string[]): void;
  onMessage(listener: (from: string, payload: Uint8Array) => void): void;
  onPresence(listener: (identities: readonly string[]) => void): void;
}

/** Where frame keys go: LiveKit's E2EE worker in a browser, the frame cryptor in Node. */
export interface KeySink {
  /** `key`: 32 bytes of input to the sink's own derivation. Setting one's own identity's key switches the sender. */
  setKey(identity: string, slot: number, key: Uint8Array): Promise<void>;
  /** Overwrites a slot with random bytes; never changes which slot the sender uses. */
  overwrite(identity: string, slot: number): Promise<void>;
  /** Unset: it takes keys per sender as well as one key for all. A session refuses a sink of the other mode. */
  readonly mode?: 'per-sender' | 'shared';
  /** `asked`: the app behind it may go on with an old key, so that no lock-out is claimed. Unset: `confirmed`. */
  readonly rotation?: 'confirmed' | 'asked';
}

/** What must survive a reload: registration, invite secret, highest term and epoch seen. Values are small. */
export interface Store {
  get(name: string): Promise<Uint8Array | null>;
  set(name: string, value: Uint8Array): Promise<void>;
}

/** An Ed25519 device key that signs and never leaves its owner (not extractable in browsers). */
export interface DeviceKey {
  readonly publicKey: Uint8Array<ArrayBuffer>;
  sign(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
}

export interface SessionOptions {
  readonly channel: Channel;
  readonly keys: KeySink;
  readonly store: Store;
  /** What is to be remembered of connectors across meetings; without it, `store` remembers for as long as it lives. */
  readonly ledgers?: Store;
  readonly device: DeviceKey;
  readonly clock: Clock;
  /** Cryptographic randomness; handed in so that an audit can watch it. */
  readonly random: (length: number) => Uint8Array<ArrayBuffer>;
  /** The registration's exact bytes; its SHA-256 is the meeting id. */
  readonly registration: Uint8Array<ArrayBuffer>;
  /** 16 bytes from the invite link's fragment; none where this member knocks and waits for the host's click. */
  readonly inviteSecret: Uint8Array<ArrayBuffer>;
  /** 16 random bytes of this load; the platform identity is `p-` and their base64url. */
  readonly joinId: Uint8Array<ArrayBuffer>;
  readonly displayName: string;
}

export interface MemberView {
  readonly identity: string;
  readonly name: string;
  readonly thumbprint: string;
  readonly isHost: boolean;
  readonly isMe: boolean;
  /** The device key stands in the registration behind the key host's. */
  readonly isCoHost: boolean;
  readonly holdsKey: boolean;
}

/** Somebody who said hello and needs the host's click: after a revocation, in a locked meeting, without an invite. */
export interface KnockView {
  readonly identity: string;
  readonly name: string;
  readonly thumbprint: string;
  readonly why: 'locked' | 'after-revocation' | 'no-invite';
}

/** What a grant allows. */
export interface ScopeView {
  readonly audio: Audio;
  readonly legs: 'each' | 'any';
  /** Further callers who are let in without a click. */
  readonly next: number;
  /** 0: to the end of the instance. */
  readonly untilWallMs: number;
}

export type Audio = 'both' | 'listen' | 'speak';

export interface LegView {
  readonly legId: string;
  readonly display: string;
  readonly verification: string;
  readonly transport: string;
  readonly state: 'waiting' | 'admitted' | 'left';
  /** By the host. */
  readonly muted: boolean;
}

/** Whether this connector's identity was seen before, under the same operator. */
export type IdentityState = 'known' | 'first-use' | 'changed';
/** What this client knows of the connector's ledger. */
export type LedgerState = 'none' | 'first-seen' | 'consistent' | 'fork';

export interface BridgeView {
  readonly identity: string;
  /** Of the bridge's identity key; names it for revoke. */
  readonly thumbprint: string;
  readonly operator: string;
  readonly connector: string;
  /** `asked-to-rotate` is no lock-out: an app that sends was asked for a new key, and does not confirm that it uses it. */
  readonly state:
    | 'waiting'
    | 'asking'
    | 'granted'
    | 'holds-key'
    | 'locking-out'
    | 'locked-out'
    | 'asked-to-rotate'
    | 'denied';
  readonly legs: readonly LegView[];
  /** While locking out: how many senders still have to switch. After it: how long it took. */
  readonly switchesLeft: number;
  readonly lockedOutAfterMs: number | null;
  /** Null without a grant. */
  readonly scope: ScopeView | null;
  /** Of the seal; empty before a request. */
  readonly suite: string;
  readonly identityState: IdentityState;
  /** The bridge code, eight digits, once both nonces are known. */
  readonly code: string | null;
  readonly ledger: LedgerState;
  /** It calls phones where a host asks for it (`invitePhone`). */
  readonly canDial: boolean;
}

/** A phone that a host has asked a bridge to call. */
export interface DialView {
  readonly dialId: string;
  /** Identity of the bridge. */
  readonly bridge: string;
  /** Masked; empty where somebody else has asked. */
  readonly number: string;
  readonly mine: boolean;
  /**
   * `asked`: nothing was heard of it yet. `accepted`: the callee has said yes to the notice, and is a leg like any other, of this
   * `legId`, that waits for its admission. `over`, `refused`: nobody comes, and `reason` says why.
   */
  readonly state: 'asked' | 'calling' | 'ringing' | 'answered' | 'accepted' | 'over' | 'refused';
  /** A stable name; the page has the words. */
  readonly reason: string;
  readonly legId: string;
}

export interface Prompt {
  /** A new key, or further callers under a grant. */
  readonly kind: 'key' | 'callers';
  /** Exactly what Approve signs. */
  readonly requestHash: string;
  readonly bridge: string;
  readonly bridgeThumbprint: string;
  readonly operator: string;
  readonly connector: string;
  readonly operatorThumbprint: string;
  readonly suite: string;
  readonly callers: readonly LegView[];
  /** What the connector wants. */
  readonly scope: { readonly audio: Audio };
  /** Keys are per sender, and no other grant for that bridge stands. */
  readonly canTalkOnly: boolean;
  readonly reason: 'new' | 'identity-changed' | 'version-changed' | 'scope-growth' | 'again';
  readonly identityState: IdentityState;
  /** Where the identity has changed: who ran this connector when it was last seen. */
  readonly previousOperator: string | null;
  readonly code: string | null;
  readonly ledger: LedgerState;
  /** Further requests of this bridge that this prompt stands for. */
  readonly merged: number;
  /** Approve is dead until this monotonic time (800 ms after any change); infinite while the ledger is `none`. */
  readonly liveFromMonoMs: number;
}

export interface HistoryItem {
  readonly atWallMs: number;
  /** A stable name; the page has the words. */
  readonly what: string;
  readonly detail: Readonly<Record<string, string | number>>;
}

export interface MeetingView {
  readonly meetingId: string;
  readonly role: 'host' | 'co-host' | 'member';
  readonly phase: 'joining' | 'waiting-for-host' | 'in-meeting' | 'refused' | 'ended';
  readonly hostPresent: boolean;
  readonly epoch: number;
  readonly members: readonly MemberView[];
  readonly bridges: readonly BridgeView[];
  readonly prompt: Prompt | null;
  /** Phones that hosts have invited, the newest last. */
  readonly dials: readonly DialView[];
  /** No new bridge, no new caller, and new members knock. */
  readonly locked: boolean;
  readonly knocking: readonly KnockView[];
  /** Of the registration: whether bridges ask a new host by themselves, or leave. */
  readonly onHostChange: 'ask-again' | 'drop';
  readonly history: readonly HistoryItem[];
  /** Alarms a person must see, newest first: stable names, the page has the words. */
  readonly alarms: readonly HistoryItem[];
}

export interface MemberSession {
  readonly view: MeetingView;
  subscribe(listener: (view: MeetingView) => void): () => void;
  start(): Promise<void>;
  close(reason?: string): Promise<void>;
}

/** How far a yes goes. Without anything: everybody who was asked for, to the end of the instance. */
export interface Approval {
  /** `speak`: callers are heard and hear nothing, and the bridge gets no key of the room (talk-only). */
  readonly audio?: Audio;
  /** `any`: later callers come in without a click. */
  readonly legs?: 'each' | 'any';
  /** So many later callers come in without a click. */
  readonly next?: number;
  /** Leg ids: only these of the callers who were asked for. */
  readonly only?: readonly string[];
  readonly untilMinutes?: number;
}

/** What hosts may decide. */
export interface Decisions {
  /** Rejects where the prompt changed, was answered, or is not live yet: it signs exactly the hash displayed. */
  approve(requestHash: string, approval?: Approval): Promise<void>;
  deny(requestHash: string): Promise<void>;
  /** `bridge`: its thumbprint. Resolves when the revocation is sent and the new epoch is on its way. */
  revoke(bridge: string): Promise<void>;
  /** One caller, out of the room; the others stay. */
  endLeg(bridge: string, legId: string): Promise<void>;
  /** One caller, heard by nobody; he still hears. */
  muteLeg(bridge: string, legId: string, muted: boolean): Promise<void>;
  /** Locked: no new bridge, no new caller, and new members knock. */
  setLocked(locked: boolean): Promise<void>;
  /** Somebody who knocks, by identity. */
  admitMember(identity: string): Promise<void>;
  refuseMember(identity: string): Promise<void>;
  /** Out, and not back in by the invite link. */
  removeMember(identity: string): Promise<void>;
  /**
   * Has a bridge call a phone; how it goes is in `dials`. `bridge`: its thumbprint; without it, the first that can. Whoever
   * answers hears the notice, presses 1, and is asked for like any caller. Resolves with the `dialId` once the word is sent;
   * rejects with `number-invalid` or `no-bridge-dials`.
   */
  invitePhone(number: string, bridge?: string): Promise<string>;
  /** Gives the call up, until its callee has said yes; `unknown-dial` where there is none. */
  cancelInvite(dialId: string): Promise<void>;
}

/**
 * A member whose device key stands in the registration behind the key host's. What it denies or revokes counts by itself; the
 * rest goes to the key host as a signed decision. `takeOver` starts a new instance: all grants are void.
 */
export interface CoHostSession extends MemberSession, Decisions {
  takeOver(): Promise<HostSession>;
}

export interface HostSession extends MemberSession, Decisions {
  /** Ends the meeting for all: revokes, says so, closes. */
  end(): Promise<void>;
  /**
   * What this host signed, and what connectors and members answered, as JSON lines for `latchkey ledger verify --evidence`; also
   * after the end. Null while no connector has asked.
   */
  evidence(): Promise<Uint8Array | null>;
}
