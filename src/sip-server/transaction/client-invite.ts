import type { Milliseconds } from '../../base/clock.ts';
import {
  arm,
  disarm,
  end,
  failed,
  passUp,
  send,
  sendAck,
  stay,
  type ClientEvent,
  type Step,
} from './step.ts';
import { giveUpAfter, type TransactionContext } from './timing.ts';

/**
 * INVITE client transaction: RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §7.2
 *
 *   calling --1xx--> proceeding --2xx--> accepted --M--> ended
 *      | A: send again    |
 *      | B: timeout       +--300-699--> completed (ACK) --D--> ended
 *                         | cancelled, B: timeout
 */
export type ClientInviteState =
  | { readonly kind: 'calling'; readonly interval: Milliseconds }
  | { readonly kind: 'proceeding' }
  | { readonly kind: 'accepted' }
  | { readonly kind: 'completed' }
  | { readonly kind: 'ended' };

export function clientInviteStart(context: TransactionContext): ClientInviteState {
  return { kind: 'calling', interval: context.timing.t1 };
}

export function clientInviteStep(
  state: ClientInviteState,
  event: ClientEvent,
  context: TransactionContext,
): Step<ClientInviteState> {
  switch (state.kind) {
    case 'calling':
      return calling(state, event, context);
    case 'proceeding':
      return proceeding(state, event, context);
    case 'accepted':
      // Further 2xx, retransmitted or of another fork, are the dialog's to acknowledge.
      if (event.kind === 'response')
        return { state, effects: event.status >= 200 && event.status < 300 ? [passUp] : [] };
      if (event.kind === 'timer') return { state: { kind: 'ended' }, effects: [end] };
      return stay(state);
    case 'completed':
      if (event.kind === 'response') return { state, effects: event.status >= 300 ? [sendAck] : [] };
      if (event.kind === 'timer') return { state: { kind: 'ended' }, effects: [end] };
      return stay(state);
    case 'ended':
      return stay(state);
  }
}

function calling(
  state: ClientInviteState & { kind: 'calling' },
  event: ClientEvent,
  context: TransactionContext,
): Step<ClientInviteState> {
  if (event.kind === 'start') {
    const again = context.reliable ? [] : [arm('A', state.interval)];
    return { state, effects: [send, arm('B', giveUpAfter(context.timing)), ...again] };
  }
  if (event.kind === 'response') return responded(event.status, context);
  if (event.kind === 'timer' && event.timer === 'A') {
    const interval = state.interval * 2;
    return { state: { kind: 'calling', interval }, effects: [send, arm('A', interval)] };
  }
  if (event.kind === 'timer' && event.timer === 'B') {
    return { state: { kind: 'ended' }, effects: [disarm('A'), failed('timeout'), end] };
  }
  if (event.kind === 'abandoned') return { state, effects: [disarm('A')] };
  return broken(state, event);
}

function proceeding(
  state: ClientInviteState & { kind: 'proceeding' },
  event: ClientEvent,
  context: TransactionContext,
): Step<ClientInviteState> {
  if (event.kind === 'response') {
    return event.status < 200 ? { state, effects: [passUp] } : responded(event.status, context);
  }
  // RFC 3261 §9.1: what is cancelled and has no final response 64*T1 later counts as ended.
  if (event.kind === 'cancelled') return { state, effects: [arm('B', giveUpAfter(context.timing))] };
  if (event.kind === 'timer' && event.timer === 'B') {
    return { state: { kind: 'ended' }, effects: [failed('timeout'), end] };
  }
  return broken(state, event);
}

function responded(status: number, context: TransactionContext): Step<ClientInviteState> {
  const quiet = [disarm('A'), disarm('B')];
  if (status < 200) return { state: { kind: 'proceeding' }, effects: [...quiet, passUp] };
  if (status < 300) {
    return {
      state: { kind: 'accepted' },
      effects: [...quiet, passUp, arm('M', giveUpAfter(context.timing))],
    };
  }
  if (context.reliable) return { state: { kind: 'ended' }, effects: [...quiet, sendAck, passUp, end] };
  return {
    state: { kind: 'completed' },
    effects: [...quiet, sendAck, passUp, arm('D', giveUpAfter(context.timing))],
  };
}

function broken(state: ClientInviteState, event: ClientEvent): Step<ClientInviteState> {
  if (event.kind !== 'transport-failed') return stay(state);
  return { state: { kind: 'ended' }, effects: [disarm('A'), disarm('B'), failed('transport'), end] };
}
