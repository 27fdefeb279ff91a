import type { Milliseconds } from '../../base/clock.ts';
import { arm, disarm, end, failed, passUp, send, stay, type ServerEvent, type Step } from './step.ts';
import { giveUpAfter, type TransactionContext } from './timing.ts';

/**
 * INVITE server transaction: RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §7.1
 *
 *   proceeding --2xx--> accepted --L--> ended          (the dialog, not the transaction, retransmits a 2xx)
 *       |
 *       +--300-699--> completed --ACK--> confirmed --I--> ended
 *                        | G: send again    H: no ACK came, ended
 */
export type ServerInviteState =
  | { readonly kind: 'proceeding'; readonly answered: boolean }
  | { readonly kind: 'accepted' }
  | { readonly kind: 'completed'; readonly interval: Milliseconds }
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'ended' };

export const serverInviteStart: ServerInviteState = { kind: 'proceeding', answered: false };

export function serverInviteStep(
  state: ServerInviteState,
  event: ServerEvent,
  context: TransactionContext,
): Step<ServerInviteState> {
  switch (state.kind) {
    case 'proceeding':
      return proceeding(state, event, context);
    case 'accepted':
      return accepted(state, event);
    case 'completed':
      return completed(state, event, context);
    case 'confirmed':
      return event.kind === 'timer' && event.timer === 'I'
        ? { state: { kind: 'ended' }, effects: [end] }
        : stay(state);
    case 'ended':
      return stay(state);
  }
}

function proceeding(
  state: ServerInviteState & { kind: 'proceeding' },
  event: ServerEvent,
  context: TransactionContext,
): Step<ServerInviteState> {
  if (event.kind === 'request') return { state, effects: state.answered ? [send] : [] };
  if (event.kind === 'transport-failed')
    return { state: { kind: 'ended' }, effects: [failed('transport'), end] };
  if (event.kind !== 'respond') return stay(state);
  if (event.status < 200) return { state: { kind: 'proceeding', answered: true }, effects: [send] };
  const lasts = giveUpAfter(context.timing);
  if (event.status < 300) return { state: { kind: 'accepted' }, effects: [send, arm('L', lasts)] };
  const again = context.reliable ? [] : [arm('G', context.timing.t1)];
  return {
    state: { kind: 'completed', interval: context.timing.t1 },
    effects: [send, arm('H', lasts), ...again],
  };
}

function accepted(state: ServerInviteState, event: ServerEvent): Step<ServerInviteState> {
  // A retransmitted INVITE is absorbed; the 2xx comes again by the dialog's own timer (RFC 6026 §7.1).
  if (event.kind === 'respond' && event.status >= 200 && event.status < 300)
    return { state, effects: [send] };
  if (event.kind === 'ack') return { state, effects: [passUp] };
  if (event.kind === 'timer' && event.timer === 'L') return { state: { kind: 'ended' }, effects: [end] };
  return stay(state);
}

function completed(
  state: ServerInviteState & { kind: 'completed' },
  event: ServerEvent,
  context: TransactionContext,
): Step<ServerInviteState> {
  if (event.kind === 'request') return { state, effects: [send] };
  if (event.kind === 'ack') {
    if (context.reliable) return { state: { kind: 'ended' }, effects: [disarm('H'), end] };
    return { state: { kind: 'confirmed' }, effects: [disarm('G'), disarm('H'), arm('I', context.timing.t4)] };
  }
  if (event.kind === 'timer' && event.timer === 'G') {
    const interval = Math.min(state.interval * 2, context.timing.t2);
    return { state: { kind: 'completed', interval }, effects: [send, arm('G', interval)] };
  }
  if (event.kind === 'timer' && event.timer === 'H') {
    return { state: { kind: 'ended' }, effects: [disarm('G'), failed('timeout'), end] };
  }
  if (event.kind === 'transport-failed') {
    return { state: { kind: 'ended' }, effects: [disarm('G'), disarm('H'), failed('transport'), end] };
  }
  return stay(state);
}
