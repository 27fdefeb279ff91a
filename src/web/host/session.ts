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
  readonly device: DeviceKey;
  readonly clock: Clock;
  /** Cryptographic randomness; handed in so that an audit can watch it. */
  readonly random: (length: number) => Uint8Array<ArrayBuffer>;
  /** The registration's exact bytes; its SHA-256 is the meeting id. */
  readonly registration: Uint8Array<ArrayBuffer>;
  /** 16 bytes from the invite link's fragment. */
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
  readonly holdsKey: boolean;
}

export interface LegView {
  readonly legId: string;
  readonly display: string;
  readonly verification: string;
  readonly transport: string;
  readonly state: 'waiting' | 'admitted' | 'left';
}

export interface BridgeView {
  readonly identity: string;
  /** Of the bridge's identity key; names it for revoke. */
  readonly thumbprint: string;
  readonly operator: string;
  readonly connector: string;
  readonly state: 'waiting' | 'asking' | 'granted' | 'holds-key' | 'locking-out' | 'locked-out' | 'denied';
  readonly legs: readonly LegView[];
  /** While locking out: how many senders still have to switch. After it: how long it took. */
  readonly switchesLeft: number;
  readonly lockedOutAfterMs: number | null;
}

export interface Prompt {
  /** Exactly what Approve signs. */
  readonly requestHash: string;
  readonly bridge: string;
  readonly operator: string;
  readonly connector: string;
  readonly operatorThumbprint: string;
  readonly suite: string;
  readonly callers: readonly LegView[];
  /** Approve is dead until this monotonic time (800 ms after any change). */
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
  readonly role: 'host' | 'member';
  readonly phase: 'joining' | 'waiting-for-host' | 'in-meeting' | 'refused' | 'ended';
  readonly hostPresent: boolean;
  readonly epoch: number;
  readonly members: readonly MemberView[];
  readonly bridges: readonly BridgeView[];
  readonly prompt: Prompt | null;
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

export interface HostSession extends MemberSession {
  /** Rejects where the prompt changed, was answered, or is not live yet: it signs exactly the hash displayed. */
  approve(requestHash: string, options?: { readonly untilMinutes?: number }): Promise<void>;
  deny(requestHash: string): Promise<void>;
  /** `bridge`: its thumbprint. Resolves when the revocation is sent and the new epoch is on its way. */
  revoke(bridge: string): Promise<void>;
  /** Ends the meeting for all: revokes, says so, closes. */
  end(): Promise<void>;
}
