import { arm, end, failed, send, stay, type ServerEvent, type Step } from './step.ts';
import { giveUpAfter, type TransactionContext } from './timing.ts';

/**
 * Non-INVITE server transaction: RFC 3261 §17.2.2
 *
 *   trying --1xx--> proceeding --200-699--> completed --J--> ended
 *      +----------------200-699---------------^
 */
export type ServerRequestState =
  | { readonly kind: 'trying' }
  | { readonly kind: 'proceeding' }
  | { readonly kind: 'completed' }
  | { readonly kind: 'ended' };

export const serverRequestStart: ServerRequestState = { kind: 'trying' };

export function serverRequestStep(
  state: ServerRequestState,
  event: ServerEvent,
  context: TransactionContext,
): Step<ServerRequestState> {
  if (state.kind === 'ended') return stay(state);
  if (event.kind === 'transport-failed')
    return { state: { kind: 'ended' }, effects: [failed('transport'), end] };
  if (state.kind === 'completed') {
    if (event.kind === 'request') return { state, effects: [send] };
    if (event.kind === 'timer') return { state: { kind: 'ended' }, effects: [end] };
    return stay(state);
  }
  if (event.kind === 'request') return { state, effects: state.kind === 'proceeding' ? [send] : [] };
  if (event.kind !== 'respond') return stay(state);
  if (event.status < 200) return { state: { kind: 'proceeding' }, effects: [send] };
  if (context.reliable) return { state: { kind: 'ended' }, effects: [send, end] };
  return { state: { kind: 'completed' }, effects: [send, arm('J', giveUpAfter(context.timing))] };
}
