import type { LegMedia, MediaAddress } from '../media/leg-state.ts';
import type { Verification } from './stir/verify-call.ts';
import type { CallDestination } from './trunk/destination.ts';
import type { TrunkPlan } from './trunk/trunk.ts';
import type { DoorState } from './trunk/door-state.ts';
import type { TrunkLinkState } from './trunk/link-state.ts';

/** The phone leg's signalling as the call layer sees it: a port. `drachtio.ts` implements it. */

/** What an acceptable offer asks of the media side, after offer/answer (RFC 3264). */
export interface AudioOffer extends Omit<LegMedia, 'send' | 'receive'> {
  /** Of the peer: whether it wants to receive our audio, and whether it sends its own (hold forms). */
  readonly receives: boolean;
  readonly sends: boolean;
}

export interface SipEnd {
  readonly by: 'caller' | 'us' | 'network';
  /** A short stable name: `hangup`, `cancelled`, `ack-timeout`, `rejected`, `sip-down`. */
  readonly reason: string;
}

export interface InboundCall {
  /** Opaque, for logs: never the Call-ID or a tag. */
  readonly callId: string;
  /** The trunk that it came by. */
  readonly trunk: string;
  /** The lobby, which asks for a PIN, or straight to a meeting: by the trunk's rules for called numbers. */
  readonly destination: CallDestination;
  /** That the called number or the trunk speaks; null: the default. */
  readonly language: string | null;
  /**
   * As the header states it that counts on this trunk, a number as E.164 where it is one; empty where withheld. Weak
   * identity. `user` may hold a phone number: never log it.
   */
  readonly from: { readonly user: string; readonly displayName: string };
  readonly to: { readonly user: string };
  readonly source: { readonly address: string; readonly port: number; readonly transport: string };
  readonly offer: AudioOffer;
  /** What the caller's network signed (STIR/SHAKEN), a few seconds after the call came; it never rejects. */
  readonly verification: Promise<Verification>;
  /** Answers 200 with our RTP address; resolves at the dialog's start. Rejects if the caller gave up meanwhile. */
  answer(local: MediaAddress, handlers: DialogHandlers): Promise<Dialog>;
  reject(status: number, reason: string, headers?: Readonly<Record<string, string>>): void;
  /** Aborted when the caller cancels before the answer. */
  readonly cancelled: AbortSignal;
}

/** A call that we are to make. */
export interface CallOrder {
  /** E.164. Never logged. */
  readonly number: string;
}

/** Why nobody came. `cancelled`: by us. `no-media`: what was answered cannot be used. `failed`: the network's trouble. */
export type CallFailure =
  'busy' | 'declined' | 'no-answer' | 'unreachable' | 'cancelled' | 'no-media' | 'failed';

export class CallFailed extends Error {
  readonly failure: CallFailure;

  constructor(failure: CallFailure) {
    super(failure);
    this.failure = failure;
  }
}

export interface OutgoingCall {
  /** What the media side is to start with: nothing is sent or taken before the answer, which comes by `onMediaChanged`. */
  readonly offer: AudioOffer;
  /** Of the signalling. */
  readonly transport: string;
  readonly trunk: string;
  /** Sends the INVITE; resolves at the dialog's start. @throws CallFailed */
  invite(local: MediaAddress, handlers: CallingHandlers): Promise<Dialog>;
  /** Instead of `invite`: gives the trunk's place back. */
  abandon(): void;
  /** CANCEL, or BYE where the answer has crossed it. Idempotent; without meaning after the dialog's start. */
  cancel(): void;
}

export interface CallingHandlers extends DialogHandlers {
  /** May come several times. What a network plays before the answer is not listened to. */
  onRinging(): void;
}

/** Who is at the other end of a dialog, as its own requests state it. */
export interface DialogPeer {
  readonly from: InboundCall['from'];
  readonly source: InboundCall['source'];
}

export interface DialogHandlers {
  onEnded(end: SipEnd): void;
  /**
   * A request within the dialog names another identity (RFC 4916), or came from another address or over another transport
   * than the one before. Told before the change of media that the same request may ask for.
   */
  onPeerChanged(peer: DialogPeer): void;
  /** A re-INVITE or UPDATE changed the media: already answered by the gateway. */
  onMediaChanged(offer: AudioOffer): void;
  /** SIP INFO with application/dtmf-relay or application/dtmf. */
  onInfoDigit(digit: string): void;
}

export interface Dialog {
  /** Sends BYE with a Reason header (RFC 3326). Idempotent. */
  end(reason: { readonly cause: number; readonly text: string }): void;
}

export interface SipGateway {
  /** Connects to the SIP server; resolves with the addresses that it listens on, e.g. `udp/127.0.0.1:5060`. */
  start(): Promise<readonly string[]>;
  stop(): Promise<void>;
  /** A call of ours, not yet sent; null where its trunk is full, or nobody has configured outgoing calls. */
  place(order: CallOrder): OutgoingCall | null;
  /** How calls of the same trunks are let in from now on. */
  replan(plan: TrunkPlan): void;
  /** Calls by trunk, and what was refused. */
  readonly door: DoorState;
  /** Whether trunks answer, and registrations at PBXs. */
  readonly links: readonly TrunkLinkState[];
}

export interface SipGatewayEvents {
  onCall(call: InboundCall): void;
  /** The SIP server went away (true: it is back). */
  onReachable(reachable: boolean): void;
}
