import type { LegId, MeetingId } from '../base/ids.ts';
import type { LegCodec, LegCounts, LegQuality, RtpFacts } from '../media/leg-state.ts';
import type { FromWorker, LegStats, MeetingFact, MeetingReport } from '../worker/protocol.ts';
import type { CallerLabel } from '../worker/protocol.ts';

/**
 * What happens to calls, for those who watch: metrics and the operators' view. Nobody who is told decides anything, and none
 * of it is secret: ids are opaque, callers stand in their masked labels.
 */
export type CallEvent =
  | {
      readonly kind: 'call-refused';
      readonly trunk: string;
      /** `elsewhere`: another connector serves its meeting; `no-sharing`: nobody can say which one does. */
      readonly reason: 'draining' | 'full' | 'no-lobby' | 'elsewhere' | 'no-sharing';
    }
  /** It came and was never answered: cancelled by the caller, or there was nothing to answer it with. */
  | { readonly kind: 'call-unanswered'; readonly trunk: string; readonly cancelled: boolean }
  | CallAnswered
  | { readonly kind: 'leg-label'; readonly leg: LegId; readonly label: CallerLabel }
  /** What the caller is in (`LobbyState`). */
  | { readonly kind: 'leg-phase'; readonly leg: LegId; readonly phase: string }
  | { readonly kind: 'leg-moved'; readonly leg: LegId; readonly to: 'lobby' | 'meeting' }
  /** Which meeting it is for: null before its host has claimed it. */
  | { readonly kind: 'leg-placed'; readonly leg: LegId; readonly meeting: MeetingId | null }
  | { readonly kind: 'pin-checked'; readonly leg: LegId; readonly verdict: string }
  | { readonly kind: 'notice-answered'; readonly leg: LegId; readonly accepted: boolean }
  | { readonly kind: 'one-way'; readonly leg: LegId; readonly from: 'caller' | 'us'; readonly forMs: number }
  | {
      readonly kind: 'leg-quality';
      readonly leg: LegId;
      readonly quality: LegQuality;
      readonly counts: LegCounts;
    }
  /** Where the RTP is traced: what came in the last second. */
  | {
      readonly kind: 'leg-rtp';
      readonly leg: LegId;
      readonly where: 'lobby' | 'meeting';
      readonly facts: RtpFacts;
    }
  | { readonly kind: 'leg-ended'; readonly leg: LegId; readonly reason: string }
  /** The worker's last word on it; null where the worker was gone. */
  | { readonly kind: 'leg-stats'; readonly leg: LegId; readonly stats: LegStats | null }
  /** All but what is to be called: that holds a number. */
  | {
      readonly kind: 'bridge-fact';
      readonly meeting: MeetingId;
      readonly fact: Exclude<MeetingFact, { kind: 'dial' }>;
    }
  /** Its worker has ended, as it should or not. */
  | { readonly kind: 'bridge-gone'; readonly meeting: MeetingId; readonly lost: boolean }
  | { readonly kind: 'lobby-lost' }
  | MeetingReport
  | Extract<FromWorker, { kind: 'ticks' }>;

export interface CallAnswered {
  readonly kind: 'call-answered';
  readonly leg: LegId;
  /** Of the call, as logs name it. */
  readonly call: string;
  /** in: a caller came; out: a host had a phone called. */
  readonly direction: 'in' | 'out';
  readonly trunk: string;
  readonly transport: string;
  readonly srtp: boolean;
  readonly codec: LegCodec;
  readonly label: CallerLabel;
  /** From the INVITE's arrival here to the dialog. */
  readonly setupMs: number;
}

export type CallObserver = (event: CallEvent) => void;
