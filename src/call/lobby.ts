import type { Milliseconds } from '../base/clock.ts';
import { inChecking, inCode, inLanguage, inNotice, inPin, inStart } from './lobby-entry.ts';
import { inEcho, inTalking, inTurnedAway, inWaiting, startWaiting } from './lobby-inside.ts';
import type { LobbyEffect, LobbyEvent, LobbyRules, LobbyState, LobbyStep } from './lobby-state.ts';
import { end, leaves, play, stay } from './lobby-step.ts';

/**
 * What a caller is led through, as a pure table (state, event) -> (state, effects):
 *
 *   start -> language -> code -> pin --6 digits or #--> checking --accepted--> notice --1--> waiting --admitted--> talking
 *      |        (each only where it is needed)  ^           | wrong              | silence     ^  | refused          | gate closed
 *      v                                        +-----------+                    v             |  v                  v
 *    echo                    third wrong PIN, locked out ------> ending <------ turned-away (*1 asks again) <--------+
 *
 * lobby-state.ts says what the states are, lobby-entry.ts what happens in those before the notice is accepted, lobby-inside.ts
 * in those after it; this file what holds in all of them. No state but `talking` has anything of the room; in every state the
 * caller hears where he is, and in every one ## ends the call. Keys that come before their question is asked are kept.
 *
 * The next state and what to do. `now` is monotonic. Events that mean nothing in a state change nothing.
 */
export function lobbyStep(
  before: LobbyState,
  event: LobbyEvent,
  rules: LobbyRules,
  now: Milliseconds,
): LobbyStep {
  const first = oneStep(before, event, rules, now);
  let { state } = first;
  const effects: LobbyEffect[] = [...first.effects];
  for (const digit of first.ahead ?? '') {
    const next = oneStep(state, { kind: 'digit', digit }, rules, now);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

function oneStep(state: LobbyState, event: LobbyEvent, rules: LobbyRules, now: Milliseconds): LobbyStep {
  if (state.kind === 'ending') return stay(state);
  const anywhere = inAnyState(state, event, rules, now);
  if (anywhere !== null) return anywhere;
  switch (state.kind) {
    case 'start':
      return inStart(state, event, rules, now);
    case 'language':
      return inLanguage(state, event, rules, now);
    case 'code':
      return inCode(state, event, rules, now);
    case 'pin':
      return inPin(state, event, rules, now);
    case 'checking':
      return inChecking(state, event, rules, now);
    case 'notice':
      return inNotice(state, event, rules, now);
    case 'waiting':
      return inWaiting(state, event, rules, now);
    case 'talking':
      return inTalking(state, event, rules, now);
    case 'turned-away':
      return inTurnedAway(state, event, rules, now);
    case 'echo':
      return inEcho(state, event, now);
  }
}

/** What means the same wherever the caller is; null where the state decides. */
function inAnyState(
  state: Exclude<LobbyState, { kind: 'ending' }>,
  event: LobbyEvent,
  rules: LobbyRules,
  now: Milliseconds,
): LobbyStep | null {
  switch (event.kind) {
    case 'draining':
      return end('draining', 'draining');
    case 'bridge-failed':
      return end('bridge-failed', 'bridge-failed');
    case 'worker-lost':
      return end('worker-lost', 'bridge-failed');
    case 'served-elsewhere':
      return end('served-elsewhere', 'call-again');
    case 'withdrawn':
      return end('invite-withdrawn', 'invite-withdrawn');
    case 'ended-by-operator':
      return end('ended-by-operator', 'ended-by-operator');
    case 'max-call':
      return end('max-call', 'max-call');
    case 'call-warning':
      return stay(state, { ...play('call-warning'), turn: 'after' });
    case 'peer-changed':
      return peerChanged(state, rules);
    case 'digit':
      return 'held' in state && leaves(state.held, event.digit, now) ? end('left', 'leaving') : null;
    default:
      return null;
  }
}

/** Out of the room, and asked for anew; whoever was not asked for, or was turned away, stays where he is. */
function peerChanged(state: LobbyState, rules: LobbyRules): LobbyStep {
  if (state.kind === 'waiting') return startWaiting(state, rules, 'asking-again');
  return state.kind === 'talking'
    ? startWaiting({ hostPresent: true, inside: 0 }, rules, 'asking-again')
    : stay(state);
}
