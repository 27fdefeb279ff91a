import type { Milliseconds } from '../../base/clock.ts';
import { arm, disarm, end, failed, passUp, send, stay, type ClientEvent, type Step } from './step.ts';
import { giveUpAfter, type TransactionContext } from './timing.ts';

/**
 * Non-INVITE client transaction: RFC 3261 §17.1.2
 *
 *   trying --1xx--> proceeding --200-699--> completed --K--> ended
 *      | E: send again (T1, doubling to T2; T2 once proceeding)    F: timeout
 */
export type ClientRequestState =
  | { readonly kind: 'trying'; readonly interval: Milliseconds }
  | { readonly kind: 'proceeding' }
  | { readonly kind: 'completed' }
  | { readonly kind: 'ended' };

export function clientRequestStart(context: TransactionContext): ClientRequestState {
  return { kind: 'trying', interval: context.timing.t1 };
}

export function clientRequestStep(
  state: ClientRequestState,
  event: ClientEvent,
  context: TransactionContext,
): Step<ClientRequestState> {
  if (state.kind === 'ended') return stay(state);
  if (state.kind === 'completed') {
    return event.kind === 'timer' ? { state: { kind: 'ended' }, effects: [end] } : stay(state);
  }
  switch (event.kind) {
    case 'start': {
      const again = context.reliable ? [] : [arm('E', context.timing.t1)];
      return { state, effects: [send, arm('F', giveUpAfter(context.timing)), ...again] };
    }
    case 'response':
      return responded(event.status, context);
    case 'cancelled':
      return stay(state);
    case 'abandoned':
      return { state: { kind: 'ended' }, effects: [disarm('E'), disarm('F'), end] };
    case 'timer': {
      if (event.timer === 'F')
        return { state: { kind: 'ended' }, effects: [disarm('E'), failed('timeout'), end] };
      if (event.timer !== 'E') return stay(state);
      if (state.kind === 'proceeding') return { state, effects: [send, arm('E', context.timing.t2)] };
      const interval = Math.min(state.interval * 2, context.timing.t2);
      return { state: { kind: 'trying', interval }, effects: [send, arm('E', interval)] };
    }
    case 'transport-failed':
      return { state: { kind: 'ended' }, effects: [disarm('E'), disarm('F'), failed('transport'), end] };
  }
}

function responded(status: number, context: TransactionContext): Step<ClientRequestState> {
  if (status < 200) return { state: { kind: 'proceeding' }, effects: [passUp] };
  const quiet = [disarm('E'), disarm('F')];
  if (context.reliable) return { state: { kind: 'ended' }, effects: [...quiet, passUp, end] };
  return { state: { kind: 'completed' }, effects: [...quiet, passUp, arm('K', context.timing.t4)] };
}
