import type { Milliseconds } from '../../base/clock.ts';

export type TimerName = 'A' | 'B' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M';

/** What a server transaction is told; each table ignores what does not concern it. */
export type ServerEvent =
  /** The request that made it, once more. */
  | { readonly kind: 'request' }
  | { readonly kind: 'ack' }
  | { readonly kind: 'respond'; readonly status: number }
  | { readonly kind: 'timer'; readonly timer: TimerName }
  | { readonly kind: 'transport-failed' };

export type ClientEvent =
  | { readonly kind: 'start' }
  /** Its CANCEL has been sent. */
  | { readonly kind: 'cancelled' }
  /** The request went elsewhere: it is not sent again, but what may still come back is waited for. */
  | { readonly kind: 'abandoned' }
  | { readonly kind: 'response'; readonly status: number }
  | { readonly kind: 'timer'; readonly timer: TimerName }
  | { readonly kind: 'transport-failed' };

/** What a transaction does at a transition; the layer carries it out. */
export type Effect =
  /** The request (client), or the response last handed in (server), once more or for the first time. */
  | { readonly kind: 'send' }
  /** Client INVITE: the ACK to the failure response. */
  | { readonly kind: 'send-ack' }
  /** Hand the message of the event to the user of the transaction. */
  | { readonly kind: 'pass-up' }
  | { readonly kind: 'arm'; readonly timer: TimerName; readonly ms: Milliseconds }
  | { readonly kind: 'disarm'; readonly timer: TimerName }
  | { readonly kind: 'failed'; readonly why: 'timeout' | 'transport' }
  /** Forget the transaction. */
  | { readonly kind: 'end' };

export interface Step<S> {
  readonly state: S;
  readonly effects: readonly Effect[];
}

export const send: Effect = { kind: 'send' };
export const sendAck: Effect = { kind: 'send-ack' };
export const passUp: Effect = { kind: 'pass-up' };
export const end: Effect = { kind: 'end' };
export const arm = (timer: TimerName, ms: Milliseconds): Effect => ({ kind: 'arm', timer, ms });
export const disarm = (timer: TimerName): Effect => ({ kind: 'disarm', timer });
export const failed = (why: 'timeout' | 'transport'): Effect => ({ kind: 'failed', why });

export function stay<S>(state: S): Step<S> {
  return { state, effects: [] };
}
