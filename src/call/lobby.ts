import type { Milliseconds } from '../base/clock.ts';
import type { ClosedReason, RefusalReason } from '../worker/protocol.ts';
import { pinLength } from './pin.ts';

/**
 * What a caller is led through, as a pure table (state, event) -> (state, effects):
 *
 *   pin --6 digits or #--> checking --accepted--> notice --1--> waiting --admitted--> talking
 *    ^                        | wrong               | silence      ^  | refused          | gate closed
 *    +------------------------+                     v              |  v                  v
 *         third wrong PIN, locked out ----------> ending <--- turned-away (*1 asks again) <+
 *
 * *2 in `waiting` and `talking` says the bridge code again. No state but `talking` has anything of the room; in every state the caller hears where he is.
 */
export type LobbyState =
  | { readonly kind: 'pin'; readonly digits: string; readonly wrong: number; readonly silences: number }
  | { readonly kind: 'checking'; readonly wrong: number }
  | { readonly kind: 'notice'; readonly silences: number; readonly hostPresent: boolean }
  | { readonly kind: 'waiting'; readonly star: boolean; readonly hostPresent: boolean; readonly code: string }
  | { readonly kind: 'talking'; readonly star: boolean; readonly muted: boolean; readonly code: string }
  | { readonly kind: 'turned-away'; readonly star: boolean; readonly askedAt: Milliseconds }
  | { readonly kind: 'ending' };

export type LobbyEvent =
  | { readonly kind: 'answered' }
  /** Answered, and the called number names the meeting: no PIN is asked for. */
  | { readonly kind: 'placed'; readonly hostPresent: boolean }
  | { readonly kind: 'digit'; readonly digit: string }
  | { readonly kind: 'no-input' }
  | { readonly kind: 'pin-accepted'; readonly hostPresent: boolean }
  | { readonly kind: 'pin-wrong' }
  | { readonly kind: 'pin-locked-out' }
  | { readonly kind: 'host-present'; readonly present: boolean }
  | { readonly kind: 'still-waiting' }
  /** Eight digits that host and caller can compare. */
  | { readonly kind: 'bridge-code'; readonly digits: string }
  | { readonly kind: 'max-wait' }
  | { readonly kind: 'admitted' }
  | { readonly kind: 'refused'; readonly reason: RefusalReason }
  | { readonly kind: 'gate-closed'; readonly reason: ClosedReason }
  /** The host lets this caller listen only, or speak again. */
  | { readonly kind: 'host-muted'; readonly muted: boolean }
  /** Another identity, peer or transport in the dialog: whoever that is asks anew. */
  | { readonly kind: 'peer-changed' }
  /** The bridge cannot serve this caller: a worker or the meeting server is lost. */
  | { readonly kind: 'bridge-failed' }
  | { readonly kind: 'draining' };

export type LobbyEffect =
  /** `behind`: after what is being said, not in its place. */
  | { readonly kind: 'play'; readonly prompts: readonly string[]; readonly behind?: boolean }
  | { readonly kind: 'stop-playing' }
  | { readonly kind: 'lobby-sound'; readonly on: boolean }
  /** One timer of that name; a new one replaces it, null clears it. */
  | { readonly kind: 'timer'; readonly name: LobbyTimer; readonly ms: Milliseconds | null }
  | { readonly kind: 'check-pin'; readonly digits: string }
  | { readonly kind: 'notice-answered'; readonly accepted: boolean }
  | { readonly kind: 'ask-host' }
  | { readonly kind: 'mute'; readonly muted: boolean }
  /** Play to the end what is playing, then hang up. */
  | { readonly kind: 'end'; readonly reason: string };

export type LobbyTimer = 'no-input' | 'still-waiting' | 'max-wait';

export interface LobbyRules {
  readonly pinTries: number;
  readonly noInputMs: Milliseconds;
  readonly maxWaitMs: Milliseconds;
  readonly stillWaitingMs: Milliseconds;
  readonly askAgainMs: Milliseconds;
}

export interface LobbyStep {
  readonly state: LobbyState;
  readonly effects: readonly LobbyEffect[];
}

export const lobbyStart: LobbyState = { kind: 'pin', digits: '', wrong: 0, silences: 0 };

/** Prompts without an answer after which the caller is let go. */
const silencesAllowed = 3;

const play = (...prompts: readonly string[]): LobbyEffect => ({ kind: 'play', prompts });
const timer = (name: LobbyTimer, ms: Milliseconds | null): LobbyEffect => ({ kind: 'timer', name, ms });
const stay = (state: LobbyState, ...effects: readonly LobbyEffect[]): LobbyStep => ({ state, effects });

const noTimers: readonly LobbyEffect[] = [
  timer('no-input', null),
  timer('still-waiting', null),
  timer('max-wait', null),
];

function end(reason: string, ...prompts: readonly string[]): LobbyStep {
  return stay(
    { kind: 'ending' },
    ...noTimers,
    { kind: 'lobby-sound', on: false },
    play(...prompts, 'goodbye'),
    { kind: 'end', reason },
  );
}

/** The next state and what to do. `now` is monotonic. Events that mean nothing in a state change nothing. */
export function lobbyStep(
  state: LobbyState,
  event: LobbyEvent,
  rules: LobbyRules,
  now: Milliseconds,
): LobbyStep {
  if (state.kind === 'ending') return stay(state);
  if (event.kind === 'draining') return end('draining', 'draining');
  if (event.kind === 'bridge-failed') return end('bridge-failed', 'bridge-failed');
  if (event.kind === 'peer-changed') return peerChanged(state, rules);
  switch (state.kind) {
    case 'pin':
      return inPin(state, event, rules);
    case 'checking':
      return inChecking(state, event, rules);
    case 'notice':
      return inNotice(state, event, rules);
    case 'waiting':
      return inWaiting(state, event, rules, now);
    case 'talking':
      return inTalking(state, event, rules, now);
    case 'turned-away':
      return inTurnedAway(state, event, rules, now);
  }
}

function inPin(state: LobbyState & { kind: 'pin' }, event: LobbyEvent, rules: LobbyRules): LobbyStep {
  const rearm = timer('no-input', rules.noInputMs);
  if (event.kind === 'answered') return stay(state, play('welcome-enter-pin'), rearm);
  if (event.kind === 'placed') return startNotice(event.hostPresent, rules);
  if (event.kind === 'no-input') {
    const silences = state.silences + 1;
    if (silences >= silencesAllowed) return end('no-input', 'no-input');
    return stay({ ...state, digits: '', silences }, play('no-input', 'welcome-enter-pin'), rearm);
  }
  if (event.kind !== 'digit') return stay(state);
  if (event.digit === '*') return stay({ ...state, digits: '' }, play('welcome-enter-pin'), rearm);
  const digits = event.digit === '#' ? state.digits : state.digits + event.digit;
  const complete = event.digit === '#' ? digits !== '' : digits.length === pinLength;
  if (!complete) return stay({ ...state, digits, silences: 0 }, { kind: 'stop-playing' }, rearm);
  return stay({ kind: 'checking', wrong: state.wrong }, { kind: 'stop-playing' }, timer('no-input', null), {
    kind: 'check-pin',
    digits,
  });
}

function inChecking(
  state: LobbyState & { kind: 'checking' },
  event: LobbyEvent,
  rules: LobbyRules,
): LobbyStep {
  if (event.kind === 'pin-locked-out') return end('pin-locked-out', 'pin-locked-out');
  if (event.kind === 'pin-accepted') return startNotice(event.hostPresent, rules);
  if (event.kind !== 'pin-wrong') return stay(state);
  const wrong = state.wrong + 1;
  if (wrong >= rules.pinTries) return end('pin-wrong', 'pin-wrong-last');
  return stay(
    { kind: 'pin', digits: '', wrong, silences: 0 },
    play('pin-wrong'),
    timer('no-input', rules.noInputMs),
  );
}

function startNotice(hostPresent: boolean, rules: LobbyRules): LobbyStep {
  return stay(
    { kind: 'notice', silences: 0, hostPresent },
    play('notice'),
    timer('no-input', noticeMs(rules)),
  );
}

/** The notice takes about 20 s to say; the answer is awaited from its start, because it can be cut short. */
const noticeMs = (rules: LobbyRules): Milliseconds => rules.noInputMs + 20_000;

function inNotice(state: LobbyState & { kind: 'notice' }, event: LobbyEvent, rules: LobbyRules): LobbyStep {
  if (event.kind === 'digit' && event.digit === '1') {
    const step = startWaiting(state.hostPresent, rules);
    return { ...step, effects: [{ kind: 'notice-answered', accepted: true }, ...step.effects] };
  }
  if (event.kind === 'digit' && event.digit === '*') {
    return stay({ ...state, silences: 0 }, play('notice'), timer('no-input', noticeMs(rules)));
  }
  if (event.kind === 'digit')
    return stay(state, play('notice-repeat-hint'), timer('no-input', rules.noInputMs));
  if (event.kind === 'host-present') return stay({ ...state, hostPresent: event.present });
  if (event.kind !== 'no-input') return stay(state);
  const silences = state.silences + 1;
  if (silences < silencesAllowed) {
    return stay({ ...state, silences }, play('notice'), timer('no-input', noticeMs(rules)));
  }
  const step = end('notice-declined', 'notice-declined');
  return { ...step, effects: [{ kind: 'notice-answered', accepted: false }, ...step.effects] };
}

/** Out of the room, and asked for anew; whoever was not asked for, or was turned away, stays where he is. */
function peerChanged(state: LobbyState, rules: LobbyRules): LobbyStep {
  if (state.kind === 'waiting') return startWaiting(state.hostPresent, rules, 'asking-again');
  return state.kind === 'talking' ? startWaiting(true, rules, 'asking-again') : stay(state);
}

function startWaiting(hostPresent: boolean, rules: LobbyRules, ...first: readonly string[]): LobbyStep {
  return stay(
    { kind: 'waiting', star: false, hostPresent, code: '' },
    timer('no-input', null),
    timer('max-wait', rules.maxWaitMs),
    timer('still-waiting', rules.stillWaitingMs),
    { kind: 'lobby-sound', on: true },
    play(...first, hostPresent ? 'lobby-waiting' : 'lobby-host-absent'),
    { kind: 'ask-host' },
  );
}

function inWaiting(
  state: LobbyState & { kind: 'waiting' },
  event: LobbyEvent,
  rules: LobbyRules,
  now: Milliseconds,
): LobbyStep {
  switch (event.kind) {
    case 'digit':
      if (state.star && event.digit === '1') return stay({ ...state, star: false }, play('ask-too-soon'));
      if (state.star && event.digit === '2') return stay({ ...state, star: false }, sayCode(state.code));
      return stay({ ...state, star: event.digit === '*' });
    case 'host-present':
      if (event.present === state.hostPresent) return stay(state);
      if (!event.present) return stay({ ...state, hostPresent: false }, play('lobby-host-absent'));
      return stay({ ...state, hostPresent: true }, play('lobby-waiting'), { kind: 'ask-host' });
    case 'bridge-code':
      return stay({ ...state, code: event.digits }, { ...sayCode(event.digits), behind: true });
    case 'still-waiting':
      return stay(
        state,
        play(state.hostPresent ? 'lobby-still-waiting' : 'lobby-host-absent'),
        timer('still-waiting', rules.stillWaitingMs),
      );
    case 'max-wait':
      return end('max-wait', 'max-wait');
    case 'admitted':
      return stay(
        { kind: 'talking', star: false, muted: false, code: state.code },
        timer('max-wait', null),
        timer('still-waiting', null),
        { kind: 'lobby-sound', on: false },
        play('admitted'),
      );
    case 'refused':
      return refusedWhileWaiting(state, event.reason, rules, now);
    case 'gate-closed':
      return closed(event.reason, rules, now);
    default:
      return stay(state);
  }
}

/** Of one request: a caller who asks again gets another. */
function sayCode(digits: string): LobbyEffect & { readonly kind: 'play' } {
  const spoken = Array.from(digits, (digit) => `digit-${digit}`);
  const prompts = digits === '' ? ['bridge-code-none'] : ['bridge-code', ...spoken, 'bridge-code-hint'];
  return { kind: 'play', prompts };
}

const refusalPrompt: Readonly<Record<Exclude<RefusalReason, 'host-absent' | 'no-answer'>, string>> = {
  denied: 'denied',
  locked: 'meeting-locked',
  'too-many': 'ask-too-soon',
  ended: 'ended',
  'request-invalid': 'bridge-failed',
};

function refusedWhileWaiting(
  state: LobbyState & { kind: 'waiting' },
  reason: RefusalReason,
  rules: LobbyRules,
  now: Milliseconds,
): LobbyStep {
  if (reason === 'host-absent') return stay({ ...state, hostPresent: false }, play('lobby-host-absent'));
  // Nobody has said no: the question stays asked until the caller's longest wait is over.
  if (reason === 'no-answer') return stay(state, play('no-answer'), { kind: 'ask-host' });
  return turnAway(refusalPrompt[reason], rules, now);
}

function refusedWhileTalking(reason: RefusalReason, rules: LobbyRules, now: Milliseconds): LobbyStep {
  return turnAway(reason === 'ended' ? 'ended' : 'denied', rules, now);
}

function inTalking(
  state: LobbyState & { kind: 'talking' },
  event: LobbyEvent,
  rules: LobbyRules,
  now: Milliseconds,
): LobbyStep {
  if (event.kind === 'gate-closed') return closed(event.reason, rules, now);
  if (event.kind === 'refused') return refusedWhileTalking(event.reason, rules, now);
  if (event.kind === 'host-muted') return stay(state, play(event.muted ? 'muted' : 'unmuted'));
  if (event.kind !== 'digit') return stay(state);
  if (state.star && event.digit === '6') {
    const muted = !state.muted;
    return stay({ ...state, star: false, muted }, { kind: 'mute', muted }, play(muted ? 'muted' : 'unmuted'));
  }
  if (state.star && event.digit === '2') return stay({ ...state, star: false }, sayCode(state.code));
  return stay({ ...state, star: event.digit === '*' });
}

function inTurnedAway(
  state: LobbyState & { kind: 'turned-away' },
  event: LobbyEvent,
  rules: LobbyRules,
  now: Milliseconds,
): LobbyStep {
  if (event.kind === 'max-wait') return end('max-wait', 'max-wait');
  if (event.kind === 'gate-closed' && endsTheCall(event.reason)) return closed(event.reason, rules, now);
  if (event.kind !== 'digit') return stay(state);
  if (!state.star || event.digit !== '1') return stay({ ...state, star: event.digit === '*' });
  if (now - state.askedAt < rules.askAgainMs) return stay({ ...state, star: false }, play('ask-too-soon'));
  return startWaiting(true, rules, 'asking-again');
}

const closedPrompt: Readonly<Record<ClosedReason, string>> = {
  revoked: 'revoked',
  'host-left': 'host-left',
  'host-changed': 'host-changed',
  dropped: 'revoked',
  'meeting-ended': 'meeting-ended',
  'until-reached': 'until-reached',
  'heartbeat-lost': 'host-left',
  'key-mismatch': 'key-lost',
  'ledger-failed': 'bridge-failed',
  'meeting-lost': 'bridge-failed',
  draining: 'draining',
  'last-leg-left': 'meeting-ended',
};

const endsTheCall = (reason: ClosedReason): boolean =>
  ['meeting-ended', 'dropped', 'draining', 'ledger-failed', 'meeting-lost'].includes(reason);

/** The gate closed over an admitted or waiting caller: the reason is spoken before anything else. */
function closed(reason: ClosedReason, rules: LobbyRules, now: Milliseconds): LobbyStep {
  const prompt = closedPrompt[reason];
  if (endsTheCall(reason)) return end(reason, prompt);
  // The host is gone or came back as a new instance: nobody refused this caller, so the host will be asked again.
  if (reason === 'host-left' || reason === 'heartbeat-lost') return waitForHost(rules, prompt);
  if (reason === 'host-changed') return startWaiting(true, rules, prompt);
  return turnAway(prompt, rules, now);
}

function waitForHost(rules: LobbyRules, prompt: string): LobbyStep {
  const step = startWaiting(false, rules);
  return { ...step, effects: step.effects.map((effect) => (effect.kind === 'play' ? play(prompt) : effect)) };
}

function turnAway(prompt: string, rules: LobbyRules, now: Milliseconds): LobbyStep {
  return stay(
    { kind: 'turned-away', star: false, askedAt: now },
    timer('still-waiting', null),
    timer('max-wait', rules.maxWaitMs),
    { kind: 'lobby-sound', on: true },
    play(prompt, 'ask-again-hint'),
  );
}
