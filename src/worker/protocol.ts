import type { LegId, MeetingId } from '../base/ids.ts';
import type { LogLevel } from '../base/log.ts';
import type { KeyRingCounters } from '../e2ee/key-ring.ts';
import type { TickCounts } from '../media/audio/ticker.ts';
import type {
  LegCounts,
  LegMedia,
  LegQuality,
  LegSnapshot,
  MediaAddress,
  RtpFacts,
} from '../media/leg-state.ts';
import type { PlayTurn } from '../media/prompts/player.ts';

/**
 * Control process <-> media worker process, over Node's IPC (advanced serialization). A worker is either the lobby
 * (every caller before admission and after a revoke; no meeting, no key) or holds bridges: one, or where the configuration says
 * so several (docs/media.md, workers). A bridge is named by its join id.
 *
 * A meeting worker has a pipe to the vault for each bridge that it may hold (vault/protocol.ts), from file descriptor 4 on.
 * Control makes these pipes at the worker's start, hands the far end of one to the vault when it opens a bridge on it, and closes
 * its own copy. A pipe serves one bridge and no other after it.
 */
export interface WorkerOptions {
  readonly role: 'lobby' | 'meeting';
  readonly logLevel: LogLevel;
  readonly promptsDir: string;
  /** Whose prompts are loaded: folders under promptsDir. */
  readonly languages: readonly string[];
  /** How a room hears of callers who join and leave; spoken in `language`. */
  readonly announce: { readonly by: 'tone' | 'spoken' | 'off'; readonly language: string };
  /** Whether a phone's echo of the room is kept from the room. */
  readonly echo: boolean;
  /** Whether each leg's RTP is told of once a second. */
  readonly traceRtp: boolean;
  readonly rtp: {
    readonly host: string;
    /** Of the other family: for legs whose peer is of that one. */
    readonly otherHost?: string;
    readonly portMin: number;
    readonly portMax: number;
  };
}

/** Of a meeting worker's pipes to the vault, the first. */
export const firstPipe = 4;

export interface MeetingWorkerOptions {
  readonly meetingId: MeetingId;
  /** The registration's exact bytes; the worker checks that they hash to meetingId. */
  readonly registration: Uint8Array;
  readonly url: string;
  readonly bindAddress?: string;
  readonly token: string;
  /** `p-` and the base64url of the bridge's 16 random join bytes; the token names the same identity. */
  readonly identity: string;
  readonly joinId: string;
  readonly connectorName: string;
  /** Whether phones are called where a host asks for it. */
  readonly dials: boolean;
  /** Until when it may be in the meeting at all, where other connectors could be; renewed by `lease`. */
  readonly lease?: LeaseLeft;
}

/** The first of the two that is over ends it: the first counts from the message's arrival. */
export interface LeaseLeft {
  readonly forMs: number;
  /** Wall clock of this machine, ms since 1970. */
  readonly wallMs: number;
}

export interface CallerLabel {
  /** Already masked by policy, for example `+49 30 ···· 123` or `withheld`. */
  readonly display: string;
  readonly verification: 'A' | 'B' | 'C' | 'failed' | 'absent';
  /** Achieved on the leg: `udp+rtp` (nothing is encrypted), `tls+srtp`, ... */
  readonly transport: string;
}

export type ToWorker =
  /**
   * Lobby only: bind an RTP socket and start to send. Answered by leg-opened or leg-failed. `port`: this one and no other, of a leg
   * whose worker is gone; its stream is a new one.
   */
  | { kind: 'leg-open'; legId: LegId; media: LegMedia; port?: number }
  | { kind: 'leg-update'; legId: LegId; media: LegMedia }
  /** Plays the prompts (`language/name`, files without .wav) one after the other; `turn`: what becomes of what is being said, left out: now. */
  | {
      kind: 'leg-play';
      legId: LegId;
      playId: number;
      prompts: readonly string[];
      bargeIn: boolean;
      turn?: PlayTurn;
    }
  | { kind: 'leg-stop-playing'; legId: LegId }
  | { kind: 'leg-lobby-sound'; legId: LegId; on: boolean }
  /** Lobby only: from now on the caller hears himself, where nothing is played to him. */
  | { kind: 'leg-echo'; legId: LegId }
  /** Stop reading and sending, answer leg-released with the snapshot and the socket itself. */
  | { kind: 'leg-release'; legId: LegId }
  /** Comes with the socket. Answered by leg-adopted or leg-failed. `bridge`: whose leg it is; in a lobby, nobody's. */
  | { kind: 'leg-adopt'; snapshot: LegSnapshot; bridge?: string }
  | { kind: 'leg-close'; legId: LegId }
  | { kind: 'leg-mute'; legId: LegId; muted: boolean }
  /** Meeting only, as all that follow: join, without a key. Answered by bridge-opened or bridge-not-opened. `pipe`: its descriptor. */
  | { kind: 'bridge-open'; pipe: number; meeting: MeetingWorkerOptions }
  /** Destroy its keys, record it, leave. Answered by bridge-closed; other bridges of the process are not touched. */
  | { kind: 'bridge-close'; bridge: string }
  /** These callers have passed PIN and notice and wait: ask the host for them (or add them to the request). */
  | { kind: 'callers-waiting'; bridge: string; callers: readonly WaitingCaller[] }
  /** Another end of the bridge's lease. One that is over: close the gate, destroy the keys and leave now. */
  | ({ kind: 'lease'; bridge: string } & LeaseLeft)
  /** This caller is gone, whatever it waited for. */
  | { kind: 'caller-gone'; bridge: string; legId: LegId }
  /** How far the call of a `dial` has come. */
  | ({ kind: 'dialled'; bridge: string } & DialReport);

export interface WaitingCaller {
  readonly legId: LegId;
  readonly label: CallerLabel;
}

export type FromWorker =
  | { kind: 'leg-opened'; legId: LegId; local: MediaAddress }
  | { kind: 'leg-failed'; legId: LegId; reason: string }
  /** A press may come on both ways: control counts it once. */
  | { kind: 'leg-digit'; legId: LegId; digit: string; source: 'event' | 'tone' }
  | { kind: 'leg-played'; legId: LegId; playId: number; ended: 'done' | 'barged-in' | 'stopped' }
  | { kind: 'leg-released'; snapshot: LegSnapshot }
  | { kind: 'leg-adopted'; legId: LegId }
  | { kind: 'leg-closed'; legId: LegId; stats: LegStats }
  /** No audio received for `forMs` although the leg should send; for `deadForMs` not even a report. */
  | { kind: 'leg-silent'; legId: LegId; forMs: number; deadForMs: number }
  /** The caller has reported for `forMs` that nothing of ours arrives. */
  | { kind: 'leg-unheard'; legId: LegId; forMs: number }
  /** Of the last ten seconds. */
  | ({ kind: 'ticks' } & TickCounts)
  /** Every five seconds, of each leg. */
  | { kind: 'leg-quality'; legId: LegId; quality: LegQuality; counts: LegCounts }
  /** Where the RTP is traced: every second, of each leg, and once more when it leaves the process. */
  | { kind: 'leg-rtp'; legId: LegId; where: 'lobby' | 'meeting'; facts: RtpFacts }
  | MeetingReport
  | { kind: 'bridge-opened'; bridge: string }
  | { kind: 'bridge-not-opened'; bridge: string; reason: string }
  | { kind: 'bridge-closed'; bridge: string }
  | (MeetingFact & { readonly bridge: string });

/** Of one bridge, every five seconds and at once when its gate has closed: for those who watch. */
export interface MeetingReport {
  readonly kind: 'meeting-report';
  readonly meetingId: MeetingId;
  /** Frame keys that it holds now, of all senders. */
  readonly keysHeld: number;
  /** What became of frames since the last report. */
  readonly frames: KeyRingCounters;
}

/** What a bridge in a meeting worker tells control. Facts only: control decides nothing about keys. */
export type MeetingFact =
  | { kind: 'meeting-joined' }
  | { kind: 'meeting-left'; reason: string }
  /** The host is (not) there: signed, live messages of a registered host are (not) seen. */
  | { kind: 'host-present'; present: boolean }
  | { kind: 'request-sent'; requestHash: string; legIds: readonly LegId[] }
  /** Eight digits to be spoken to these callers, and again on *2. Never logged. */
  | { kind: 'bridge-code'; legIds: readonly LegId[]; digits: string }
  /** The gate is open and these legs are admitted: control now hands their sockets over. */
  | { kind: 'legs-admitted'; legIds: readonly LegId[] }
  | { kind: 'legs-refused'; legIds: readonly LegId[]; reason: RefusalReason }
  /** By the host: these callers hear the room and are not heard. */
  | { kind: 'legs-muted'; legIds: readonly LegId[]; muted: boolean }
  /** The gate closed: every leg goes back to the lobby and hears the reason. */
  /** A host's signed and recorded word: call this number, for this leg. Never logged. */
  | { kind: 'dial'; legId: LegId; number: string }
  /** Not any more, where its callee has not said yes yet. */
  | { kind: 'dial-cancelled'; legId: LegId }
  | { kind: 'gate-closed'; reason: ClosedReason }
  /** A host's revocation has closed the gate: from its arrival at the worker until nothing was admitted and no key was left. */
  | { kind: 'revoke-done'; tookMs: number }
  | { kind: 'alarm'; what: string; detail: string };

/** `accepted`, `over` and `refused` are the end of a call that a host asked for; `accepted`: a leg like any other from then on. */
export interface DialReport {
  readonly legId: LegId;
  readonly state: 'calling' | 'ringing' | 'answered' | 'accepted' | 'over' | 'refused';
  /** A word of the program; empty where the state says it all. */
  readonly reason: string;
}

export type RefusalReason =
  'denied' | 'no-answer' | 'host-absent' | 'locked' | 'request-invalid' | 'too-many' | 'ended';
export type ClosedReason =
  | 'revoked'
  | 'host-left'
  | 'host-changed'
  | 'dropped'
  | 'meeting-ended'
  | 'until-reached'
  | 'heartbeat-lost'
  | 'key-mismatch'
  | 'ledger-failed'
  | 'meeting-lost'
  | 'draining'
  /** This connector may not be in the meeting any more, where several share it. */
  | 'lease-lost'
  | 'last-leg-left';

export interface LegStats extends LegCounts {
  readonly quality: LegQuality;
}
