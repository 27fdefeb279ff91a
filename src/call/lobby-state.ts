import type { Milliseconds } from '../base/clock.ts';
import type { PlayTurn } from '../media/prompts/player.ts';
import type { ClosedReason, RefusalReason } from '../worker/protocol.ts';
import type { Prompt } from './speech.ts';

/** States, events and effects of the lobby's table (lobby.ts). */
export type LobbyState =
  | { readonly kind: 'start'; readonly ahead: string }
  | {
      readonly kind: 'language';
      readonly languages: readonly string[];
      readonly entry: LobbyEntry;
      readonly silences: number;
      readonly held: Held;
    }
  | ({ readonly kind: 'code' } & Typing)
  /** `code`: of the meeting, where the caller had to type one. */
  | ({ readonly kind: 'pin'; readonly code: string | null } & Typing)
  | {
      readonly kind: 'checking';
      readonly asksCode: boolean;
      readonly wrong: number;
      readonly ahead: string;
    }
  | {
      readonly kind: 'notice';
      readonly silences: number;
      readonly hostPresent: boolean;
      /** Which of the two texts was said last. */
      readonly form: NoticeForm;
      /** He was in the meeting before, and his call broke off. */
      readonly again: boolean;
      /** When it began to be said this time; monotonic. */
      readonly since: Milliseconds;
      readonly held: Held;
    }
  | {
      readonly kind: 'waiting';
      readonly held: Held;
      readonly hostPresent: boolean;
      readonly code: string;
      /** Callers in the meeting. */
      readonly inside: number;
    }
  | {
      readonly kind: 'talking';
      readonly held: Held;
      /** By himself; by the host. */
      readonly muted: boolean;
      readonly hostMuted: boolean;
      readonly code: string;
    }
  | { readonly kind: 'turned-away'; readonly held: Held; readonly askedAt: Milliseconds }
  | { readonly kind: 'echo'; readonly held: Held }
  | { readonly kind: 'ending' };

export interface Typing {
  readonly digits: string;
  readonly wrong: number;
  readonly silences: number;
  readonly held: Held;
}

/** A star or a hash that waits for its second key. */
export type Held = { readonly key: '*' | '#'; readonly at: Milliseconds } | null;

/** `taken`: what a caller is told whose 1 came before the notice began. */
export type NoticeForm = 'full' | 'short' | 'taken';

/** Where a call begins, by its called number and by how many meetings there are. */
export type LobbyEntry =
  | { readonly kind: 'code' }
  | { readonly kind: 'pin' }
  /** The called number names the meeting: no PIN is asked for. */
  | {
      readonly kind: 'meeting';
      readonly hostPresent: boolean;
      readonly again: boolean;
      /** What is said before the notice, where this connector has called. */
      readonly before?: readonly Prompt[];
    }
  | { readonly kind: 'echo' };

export type LobbyEvent =
  /** `languages`: to choose from by a key; fewer than two: not asked. */
  | { readonly kind: 'answered'; readonly languages: readonly string[]; readonly entry: LobbyEntry }
  | { readonly kind: 'digit'; readonly digit: string }
  | { readonly kind: 'no-input' }
  | { readonly kind: 'pin-accepted'; readonly hostPresent: boolean; readonly again: boolean }
  | { readonly kind: 'pin-wrong' }
  | { readonly kind: 'pin-locked-out'; readonly by: 'source' | 'meeting' }
  | { readonly kind: 'host-present'; readonly present: boolean }
  /** So many callers are in the meeting now. */
  | { readonly kind: 'inside'; readonly count: number }
  | { readonly kind: 'still-waiting' }
  /** Eight digits that host and caller can compare. */
  | { readonly kind: 'bridge-code'; readonly digits: string }
  | { readonly kind: 'max-wait' }
  /** A minute before `max-call`. */
  | { readonly kind: 'call-warning' }
  | { readonly kind: 'max-call' }
  | { readonly kind: 'admitted' }
  | { readonly kind: 'refused'; readonly reason: RefusalReason }
  | { readonly kind: 'gate-closed'; readonly reason: ClosedReason }
  /** The host lets this caller listen only, or speak again. */
  | { readonly kind: 'host-muted'; readonly muted: boolean }
  /** Another identity, peer or transport in the dialog: whoever that is asks anew. */
  | { readonly kind: 'peer-changed' }
  /** The bridge cannot serve this caller: a worker or the meeting server is lost. */
  | { readonly kind: 'bridge-failed' }
  /** The process that had this call's sound is gone; told from another one. */
  | { readonly kind: 'worker-lost' }
  /** Another connector serves this meeting. */
  | { readonly kind: 'served-elsewhere' }
  /** Who invited takes it back before the callee has said yes. */
  | { readonly kind: 'withdrawn' }
  /** Whoever runs the connector ends this call. */
  | { readonly kind: 'ended-by-operator' }
  | { readonly kind: 'draining' };

export type LobbyEffect =
  /** `turn`: what becomes of what is being said; left out: this takes its place. */
  | { readonly kind: 'play'; readonly prompts: readonly Prompt[]; readonly turn?: PlayTurn }
  | { readonly kind: 'stop-playing' }
  | { readonly kind: 'lobby-sound'; readonly on: boolean }
  /** What is said from here on is said in this language. */
  | { readonly kind: 'language'; readonly language: string }
  /** One timer of that name; a new one replaces it, null clears it. `no-input` counts from the end of what is being said. */
  | { readonly kind: 'timer'; readonly name: LobbyTimer; readonly ms: Milliseconds | null }
  | { readonly kind: 'check-pin'; readonly code: string | null; readonly digits: string }
  | { readonly kind: 'notice-answered'; readonly accepted: boolean; readonly form: NoticeForm }
  | { readonly kind: 'ask-host' }
  | { readonly kind: 'mute'; readonly muted: boolean }
  /** The caller hears himself. */
  | { readonly kind: 'echo' }
  /** Play to the end what is playing, then hang up. */
  | { readonly kind: 'end'; readonly reason: string };

export type LobbyTimer = 'no-input' | 'still-waiting' | 'max-wait' | 'call-warning' | 'max-call';

export interface LobbyRules {
  readonly pinTries: number;
  readonly notice: 'full' | 'short';
  readonly noInputMs: Milliseconds;
  readonly maxWaitMs: Milliseconds;
  readonly stillWaitingMs: Milliseconds;
  readonly askAgainMs: Milliseconds;
  /** Null: no longest time. */
  readonly maxCallMs: Milliseconds | null;
}

export interface LobbyStep {
  readonly state: LobbyState;
  readonly effects: readonly LobbyEffect[];
  /** Keys that came before their question: to be answered with now. */
  readonly ahead?: string;
}

export const lobbyStart: LobbyState = { kind: 'start', ahead: '' };
