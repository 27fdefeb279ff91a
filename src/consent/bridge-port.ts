import type { Clock } from '../base/clock.ts';
import type { LegId, MeetingId } from '../base/ids.ts';
import type { FrameKeys } from './epoch-keys.ts';
import type { WaitingCaller } from './bridge-callers.ts';
import type { CloseReason } from './gate.ts';
import type { Payload } from './messages/catalog.ts';
import type { Random } from './messages/seal.ts';
import type { VaultPort } from './vault-port.ts';

/**
 * The connector's side of one meeting, run in that meeting's worker process: it asks, checks the answer itself, has it
 * recorded and proven by the vault, opens the key, and closes. Control is told facts and decides nothing.
 */
export interface BridgeEngineOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly meetingId: MeetingId;
  /** The registration's exact bytes. */
  readonly registration: Uint8Array<ArrayBuffer>;
  /** base64url of 16 random bytes of this presence. */
  readonly joinId: string;
  /** `p-` and the join id. */
  readonly identity: string;
  readonly connectorName: string;
  /** Of the connector's software: hosts ask anew about another one. */
  readonly version: string;
  readonly vault: VaultPort;
  /** Whether this connector calls phones where a host asks for it. */
  readonly dials?: boolean;
  readonly keys: BridgeKeys;
  /** Without `to`: everybody. */
  send(payload: Uint8Array, to?: readonly string[]): void;
  onFact(fact: BridgeFact): void;
}

/** The frame cryptor. `destroy` is final. */
export interface BridgeKeys extends FrameKeys {
  destroy(): void;
}

export type BridgeFact =
  | { readonly kind: 'host-present'; readonly present: boolean }
  | { readonly kind: 'request-sent'; readonly requestHash: string; readonly legIds: readonly LegId[] }
  /** Eight digits to be spoken to these callers; never logged. */
  | { readonly kind: 'bridge-code'; readonly legIds: readonly LegId[]; readonly digits: string }
  | { readonly kind: 'legs-admitted'; readonly legIds: readonly LegId[] }
  | {
      readonly kind: 'legs-refused';
      readonly legIds: readonly LegId[];
      readonly reason: LegRefusal;
    }
  /** By the host: these hear, and are not heard. */
  | { readonly kind: 'legs-muted'; readonly legIds: readonly LegId[]; readonly muted: boolean }
  /** A host's signed word, recorded: this number is to be called, and its callee is this leg. Never logged. */
  | { readonly kind: 'dial'; readonly legId: LegId; readonly number: string }
  | { readonly kind: 'dial-cancelled'; readonly legId: LegId }
  | { readonly kind: 'gate-closed'; readonly reason: CloseReason }
  /** A host's revocation closed the gate: `tookMs` from its arrival until admission and keys were gone. */
  | { readonly kind: 'revoke-done'; readonly tookMs: number }
  | { readonly kind: 'alarm'; readonly what: string; readonly detail: string };

/** How far the call of a `dial` has come. `over` and `refused` are its end, and so is `accepted`: then it is a leg like any other. */
export interface DialReport {
  readonly legId: LegId;
  readonly state: Payload<'dial-state'>['state'];
  /** A word of the program; empty where the state says it all. */
  readonly reason: string;
}

/** Why somebody is not in. `ended`: he was, and the host has ended it. */
export type LegRefusal =
  'denied' | 'no-answer' | 'host-absent' | 'locked' | 'request-invalid' | 'too-many' | 'ended';

export interface BridgeEngine {
  /** Checks the registration and reads from the ledger what may never be believed again. Rejects where either fails. */
  start(): Promise<void>;
  receive(from: string, payload: Uint8Array): void;
  presence(identities: readonly string[]): void;
  /** The vault's facts hold a newer revocation list: whoever is there is told. */
  operatorSpoke(): void;
  /** These callers have passed PIN and notice. Saying it twice asks once. */
  callersWaiting(callers: readonly WaitingCaller[]): void;
  callerGone(legId: LegId): void;
  /** What has become of a `dial`. */
  dialled(report: DialReport): void;
  legJoined(legId: LegId): Promise<void>;
  legLeft(legId: LegId): Promise<void>;
  /** The gate is open and this leg is in. */
  isAdmitted(legId: LegId): boolean;
  /** For the audio path, at every frame and in each direction: `isAdmitted`, the grant's scope, and the host's mute. */
  mayHear(legId: LegId): boolean;
  maySpeak(legId: LegId): boolean;
  readonly open: boolean;
  /** Shuts the gate and wipes every key at once; resolves when that is recorded and the lock-out's evidence is complete. */
  close(reason: CloseReason): Promise<void>;
}
