import type { Milliseconds } from '../base/clock.ts';
import type { ClosedReason, RefusalReason } from '../worker/protocol.ts';
import { end, held, keysOf, play, stay, timer } from './lobby-step.ts';
import type { LobbyEffect, LobbyEvent, LobbyRules, LobbyState, LobbyStep } from './lobby-state.ts';
import type { Prompt } from './speech.ts';

type In<K extends LobbyState['kind']> = LobbyState & { kind: K };

export function startWaiting(
  { hostPresent, inside }: { readonly hostPresent: boolean; readonly inside: number },
  rules: LobbyRules,
  ...first: readonly Prompt[]
): LobbyStep {
  return stay(
    { kind: 'waiting', held: null, hostPresent, code: '', inside },
    timer('no-input', null),
    timer('max-wait', rules.maxWaitMs),
    timer('still-waiting', rules.stillWaitingMs),
    { kind: 'lobby-sound', on: true },
    play(...first, hostPresent ? 'lobby-waiting' : 'lobby-host-absent'),
    { kind: 'ask-host' },
  );
}

export function inWaiting(
  state: In<'waiting'>,
  event: LobbyEvent,
  rules: LobbyRules,
  now: Milliseconds,
): LobbyStep {
  switch (event.kind) {
    case 'digit': {
      const next = { ...state, held: held(event.digit, now) };
      return stay(next, ...keyWhileWaiting(state, keysOf(state.held, event.digit, now)));
    }
    case 'host-present':
      if (event.present === state.hostPresent) return stay(state);
      if (!event.present) return stay({ ...state, hostPresent: false }, play('lobby-host-absent'));
      return stay({ ...state, hostPresent: true }, play('lobby-waiting'), { kind: 'ask-host' });
    case 'inside':
      return stay({ ...state, inside: event.count });
    case 'bridge-code':
      return stay({ ...state, code: event.digits }, { ...sayCode(event.digits), turn: 'after' });
    case 'still-waiting': {
      const words = state.hostPresent ? 'lobby-still-waiting' : 'lobby-host-absent';
      return stay(
        state,
        // Never in the middle of what he has asked for: a code that is cut off has to be asked for again.
        { ...play(words, ...sayInside(state)), turn: 'idle' },
        timer('still-waiting', rules.stillWaitingMs),
      );
    }
    case 'max-wait':
      return end('max-wait', 'max-wait');
    case 'admitted':
      return stay(
        { kind: 'talking', held: null, muted: false, hostMuted: false, code: state.code },
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

function keyWhileWaiting(state: In<'waiting'>, keys: string): readonly LobbyEffect[] {
  switch (keys) {
    case '*1':
      return [play(state.hostPresent ? 'status-waiting' : 'lobby-host-absent', ...sayInside(state))];
    case '*2':
      return [sayCode(state.code)];
    case '*0':
      return [play('help-waiting')];
    default:
      return [];
  }
}

/** Nothing where nobody is: the caller would be the first. */
const sayInside = ({ inside }: In<'waiting'>): readonly Prompt[] =>
  inside > 0 ? [{ kind: 'inside', count: inside }] : [];

/** Of one request: a caller who asks again gets another. */
function sayCode(digits: string): LobbyEffect & { readonly kind: 'play' } {
  const spoken = Array.from(digits, (digit) => `digit-${digit}`);
  return digits === '' ? play('bridge-code-none') : play('bridge-code', ...spoken, 'bridge-code-hint');
}

const refusalPrompt: Readonly<Record<Exclude<RefusalReason, 'host-absent' | 'no-answer'>, string>> = {
  denied: 'denied',
  locked: 'meeting-locked',
  'too-many': 'ask-too-soon',
  ended: 'ended',
  'request-invalid': 'bridge-failed',
};

function refusedWhileWaiting(
  state: In<'waiting'>,
  reason: RefusalReason,
  rules: LobbyRules,
  now: Milliseconds,
): LobbyStep {
  if (reason === 'host-absent') return stay({ ...state, hostPresent: false }, play('lobby-host-absent'));
  // Nobody has said no: the question stays asked until the caller's longest wait is over.
  if (reason === 'no-answer')
    return stay(state, { ...play('no-answer'), turn: 'after' }, { kind: 'ask-host' });
  return turnAway(refusalPrompt[reason], rules, now);
}

export function inTalking(
  state: In<'talking'>,
  event: LobbyEvent,
  rules: LobbyRules,
  now: Milliseconds,
): LobbyStep {
  switch (event.kind) {
    case 'gate-closed':
      return closed(event.reason, rules, now);
    case 'refused':
      return turnAway(event.reason === 'ended' ? 'ended' : 'denied', rules, now);
    case 'host-muted':
      return stay({ ...state, hostMuted: event.muted }, play(...hostMuteWords(state, event.muted)));
    case 'digit': {
      const next = { ...state, held: held(event.digit, now) };
      return keyWhileTalking(next, keysOf(state.held, event.digit, now));
    }
    default:
      return stay(state);
  }
}

function keyWhileTalking(state: In<'talking'>, keys: string): LobbyStep {
  switch (keys) {
    case '*6': {
      const muted = !state.muted;
      const words = [muted ? 'muted' : 'unmuted', ...(state.hostMuted && !muted ? ['muted-by-host'] : [])];
      return stay({ ...state, muted }, { kind: 'mute', muted }, play(...words));
    }
    case '*1':
      return stay(state, play(...statusWords(state)));
    case '*2':
      return stay(state, sayCode(state.code));
    case '*0':
      return stay(state, play('help-talking'));
    default:
      return stay(state);
  }
}

const hostMuteWords = ({ muted }: In<'talking'>, byHost: boolean): readonly Prompt[] =>
  byHost ? ['muted-by-host'] : ['unmuted-by-host', ...(muted ? ['muted'] : [])];

function statusWords({ muted, hostMuted }: In<'talking'>): readonly Prompt[] {
  const silenced = [...(hostMuted ? ['muted-by-host'] : []), ...(muted ? ['muted'] : [])];
  return silenced.length === 0 ? ['status-heard'] : ['admitted', ...silenced];
}

export function inTurnedAway(
  state: In<'turned-away'>,
  event: LobbyEvent,
  rules: LobbyRules,
  now: Milliseconds,
): LobbyStep {
  if (event.kind === 'max-wait') return end('max-wait', 'max-wait');
  if (event.kind === 'gate-closed' && endsTheCall(event.reason)) return closed(event.reason, rules, now);
  if (event.kind !== 'digit') return stay(state);
  const next = { ...state, held: held(event.digit, now) };
  switch (keysOf(state.held, event.digit, now)) {
    case '*1':
      return now - state.askedAt < rules.askAgainMs
        ? stay(next, play('ask-too-soon'))
        : startWaiting({ hostPresent: true, inside: 0 }, rules, 'asking-again');
    case '*0':
      return stay(next, play('help-turned-away'));
    default:
      return stay(next);
  }
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
  'lease-lost': 'call-again',
  'last-leg-left': 'meeting-ended',
};

const endsTheCall = (reason: ClosedReason): boolean =>
  ['meeting-ended', 'dropped', 'draining', 'ledger-failed', 'meeting-lost', 'lease-lost'].includes(reason);

/** The gate closed over an admitted or waiting caller: the reason is spoken before anything else. */
function closed(reason: ClosedReason, rules: LobbyRules, now: Milliseconds): LobbyStep {
  const prompt = closedPrompt[reason];
  if (endsTheCall(reason)) return end(reason, prompt);
  // The host is gone or came back as a new instance: nobody refused this caller, so the host will be asked again.
  if (reason === 'host-left' || reason === 'heartbeat-lost') return waitForHost(rules, prompt);
  if (reason === 'host-changed') return startWaiting({ hostPresent: true, inside: 0 }, rules, prompt);
  return turnAway(prompt, rules, now);
}

function waitForHost(rules: LobbyRules, prompt: string): LobbyStep {
  const step = startWaiting({ hostPresent: false, inside: 0 }, rules);
  return { ...step, effects: step.effects.map((effect) => (effect.kind === 'play' ? play(prompt) : effect)) };
}

function turnAway(prompt: string, rules: LobbyRules, now: Milliseconds): LobbyStep {
  return stay(
    { kind: 'turned-away', held: null, askedAt: now },
    timer('still-waiting', null),
    timer('max-wait', rules.maxWaitMs),
    { kind: 'lobby-sound', on: true },
    play(prompt, 'ask-again-hint'),
  );
}

/** Two minutes are enough to hear whether a line carries sound both ways. */
const echoMs = 120_000;

export function startEcho(): LobbyStep {
  return stay({ kind: 'echo', held: null }, play('echo-test'), { kind: 'echo' }, timer('max-wait', echoMs));
}

export function inEcho(state: In<'echo'>, event: LobbyEvent, now: Milliseconds): LobbyStep {
  if (event.kind === 'max-wait') return end('echo-over', 'echo-over');
  return event.kind === 'digit' ? stay({ ...state, held: held(event.digit, now) }) : stay(state);
}
