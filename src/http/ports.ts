import type { MeetingId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';

/**
 * What the pages' server needs from the rest of the control process; `app.ts` implements it. Everything here is
 * either public to whoever holds the meeting link or, for the PIN, given once to the claiming browser. No key, no
 * invite secret and no host key ever crosses it: those stay in the browser.
 */
export interface HttpPorts {
  setup(): Promise<SetupInfo>;
  claimMeeting(request: ClaimRequest): Promise<Result<ClaimedMeeting, ClaimRefusal>>;
  /** Null where no meeting is registered under this id. */
  meetingInfo(meeting: MeetingId): Promise<MeetingInfo | null>;
  /** What the host signs to be told its PIN; null where no meeting is registered under this id. */
  pinChallenge(meeting: MeetingId): Promise<Uint8Array | null>;
  hostPin(request: PinRequest): Promise<Result<HostPin, PinRefusal>>;
  /** Draws another room PIN in place of the one that the request names. */
  newPin(request: NewPinRequest): Promise<Result<HostPin, NewPinRefusal>>;
  mintToken(request: TokenRequest): Promise<Result<PlatformToken, TokenRefusal>>;
  readiness(): Promise<Readiness>;
}

/** An operator key that a registration may allow, as the connector states it: shown to the host for pinning. */
export interface OperatorInfo {
  readonly name: string;
  /** SHA-256 of the operator's public key, base64url. */
  readonly thumbprint: string;
  /** `beside`: on the connector itself, which then vouches for itself; `apart`: the operator keeps it elsewhere. */
  readonly kept: 'apart' | 'beside';
}

/** All that a host page needs to build a registration. */
export interface SetupInfo {
  readonly operators: readonly OperatorInfo[];
  /** The key encapsulation of consent messages; the pages know `X-Wing` only and refuse anything else. */
  readonly kem: 'X-Wing';
  /** ws:// or wss:// address of the meeting server: the pages' Content-Security-Policy lets them connect to it. */
  readonly sfuUrl: string;
}

export interface ClaimRequest {
  /** The one-time token that the terminal printed, from the host link's fragment. Compare it in constant time. */
  readonly claim: string;
  /** Exact bytes; the meeting id is their SHA-256. The implementer checks that they are a well-formed registration. */
  readonly registration: Uint8Array<ArrayBuffer>;
  /** The host's name as typed, for records only. */
  readonly hostName: string;
}

/** A token of no meeting is `claim-unknown`; of a claimed one `already-claimed`, and who comes second learns nothing else. */
export type ClaimRefusal = 'claim-unknown' | 'already-claimed' | 'registration-invalid';

export interface DialIn {
  /** As people write it; null where callers reach the connector by a SIP address only. */
  readonly number: string | null;
  readonly sip: string;
  /** Six digits of the meeting, for callers who are asked which one; null where there is no other that could be meant. */
  readonly code: string | null;
}

export interface ClaimedMeeting {
  readonly meetingId: MeetingId;
  /** For the host's invitation. Sent once, in this answer; kept by the host's browser. */
  readonly pin: string;
  /** Names this PIN without being it: another id later means another PIN. */
  readonly pinId: string;
  readonly dialIn: DialIn;
  readonly operators: readonly OperatorInfo[];
  readonly sfuUrl: string;
}

export interface PinRequest {
  readonly meetingId: MeetingId;
  /** Of `pinChallenge`. */
  readonly challenge: Uint8Array<ArrayBuffer>;
  /** By the first host key of the registration (consent/messages/pin-ask.ts). */
  readonly signature: Uint8Array<ArrayBuffer>;
}

export interface NewPinRequest extends PinRequest {
  /** `pinId` of the room PIN that is in force; it is part of what was signed. */
  readonly replaces: string;
}

/** `pin-changed`: another one is in force already; `not-ready`: the ledger takes nothing, so nothing was replaced. */
export type NewPinRefusal = PinRefusal | 'pin-changed' | 'not-ready';

/** Whoever is not the host of that meeting, in whatever way, is told so and nothing else. */
export type PinRefusal = 'not-host';

export interface HostPin {
  readonly pinId: string;
  /** The room PIN that has replaced the one of the claim; null where this process does not know it: the host has it, or may have another one drawn. */
  readonly pin: string | null;
}

export interface MeetingInfo {
  readonly registration: Uint8Array<ArrayBuffer>;
  readonly dialIn: DialIn;
  readonly sfuUrl: string;
  readonly operators: readonly OperatorInfo[];
}

export interface TokenRequest {
  readonly meetingId: MeetingId;
  /** 16 random bytes of one page load, base64url. The token's identity is `p-` + this. */
  readonly joinId: string;
  readonly name: string;
}

/**
 * A platform token names and authorises nothing of ours. livekit-client puts it into the WebSocket's URL, so it is
 * short-lived (60 s to connect) and meant for one connection: the page asks for a new one each time it reconnects, and
 * a meeting server that can is asked to refuse the second use.
 */
export interface PlatformToken {
  readonly token: string;
  readonly url: string;
}

export type TokenRefusal = 'meeting-unknown' | 'meeting-full';

/** `reasons`: stable lower-case-with-dashes names, empty where ready. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}
