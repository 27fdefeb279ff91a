import type { Milliseconds } from '../base/clock.ts';
import { startEcho, startWaiting } from './lobby-inside.ts';
import { end, held, play, stay, timer } from './lobby-step.ts';
import type {
  LobbyEntry,
  LobbyEvent,
  LobbyRules,
  LobbyState,
  LobbyStep,
  NoticeForm,
  Typing,
} from './lobby-state.ts';
import { codeLength, pinLength } from './pin.ts';
import type { Prompt } from './speech.ts';

/** Prompts without an answer after which the caller is let go. */
const silencesAllowed = 3;
/** Keys that are kept for questions to come. */
const mostAhead = 32;
const warningMs = 60_000;
const nothingTyped: Typing = { digits: '', wrong: 0, silences: 0, held: null };

type In<K extends LobbyState['kind']> = LobbyState & { kind: K };

const keep = (ahead: string, digit: string): string => (ahead + digit).slice(0, mostAhead);

export function inStart(
  state: In<'start'>,
  event: LobbyEvent,
  rules: LobbyRules,
  now: Milliseconds,
): LobbyStep {
  if (event.kind === 'digit') return stay({ ...state, ahead: keep(state.ahead, event.digit) });
  if (event.kind !== 'answered') return stay(state);
  const { languages, entry } = event;
  const asked = languages.length > 1 && entry.kind !== 'echo';
  const first = asked
    ? askLanguage({ kind: 'language', languages, entry, silences: 0, held: null }, rules)
    : begin(entry, rules, now);
  const { maxCallMs } = rules;
  const limits =
    maxCallMs === null
      ? []
      : [timer('call-warning', Math.max(0, maxCallMs - warningMs)), timer('max-call', maxCallMs)];
  const step = { state: first.state, effects: [...limits, ...first.effects] };
  return first.state.kind === 'notice'
    ? noticeAhead(step, state.ahead, rules)
    : { ...step, ahead: state.ahead };
}

function askLanguage(state: In<'language'>, rules: LobbyRules): LobbyStep {
  const offers = state.languages.flatMap((language, i) => [
    `${language}/language-offer`,
    `${language}/digit-${i + 1}`,
  ]);
  return stay(state, play(...offers), timer('no-input', rules.noInputMs));
}

export function inLanguage(
  state: In<'language'>,
  event: LobbyEvent,
  rules: LobbyRules,
  now: Milliseconds,
): LobbyStep {
  if (event.kind === 'no-input') {
    const silences = state.silences + 1;
    // Whoever says nothing twice is spoken to in the first one.
    return silences < 2
      ? askLanguage({ ...state, silences }, rules)
      : choose(state, state.languages[0], rules, now);
  }
  if (event.kind !== 'digit') return stay(state);
  const language = /[1-9]/.test(event.digit) ? state.languages[Number(event.digit) - 1] : undefined;
  return language === undefined
    ? askLanguage({ ...state, held: held(event.digit, now) }, rules)
    : choose(state, language, rules, now);
}

function choose(
  { entry }: In<'language'>,
  language: string | undefined,
  rules: LobbyRules,
  now: Milliseconds,
): LobbyStep {
  const step = begin(entry, rules, now);
  return language === undefined
    ? step
    : { ...step, effects: [{ kind: 'language', language }, ...step.effects] };
}

function begin(entry: LobbyEntry, rules: LobbyRules, now: Milliseconds): LobbyStep {
  switch (entry.kind) {
    case 'code':
      return askCode(0, rules, 'welcome-enter-code');
    case 'pin':
      return askPin(null, 0, rules, 'welcome-enter-pin');
    case 'meeting':
      return startNotice(entry, rules, now, entry.before);
    case 'echo':
      return startEcho();
  }
}

function askCode(wrong: number, rules: LobbyRules, ...prompts: readonly Prompt[]): LobbyStep {
  return stay({ kind: 'code', ...nothingTyped, wrong }, play(...prompts), timer('no-input', rules.noInputMs));
}

function askPin(
  code: string | null,
  wrong: number,
  rules: LobbyRules,
  ...prompts: readonly Prompt[]
): LobbyStep {
  return stay(
    { kind: 'pin', code, ...nothingTyped, wrong },
    play(...prompts),
    timer('no-input', rules.noInputMs),
  );
}

export function inCode(
  state: In<'code'>,
  event: LobbyEvent,
  rules: LobbyRules,
  now: Milliseconds,
): LobbyStep {
  const typed = typing(state, event, {
    ...{ rules, now, length: codeLength },
    question: 'welcome-enter-code',
  });
  return typed.kind === 'step' ? typed.step : askPin(typed.digits, state.wrong, rules, 'enter-pin');
}

export function inPin(state: In<'pin'>, event: LobbyEvent, rules: LobbyRules, now: Milliseconds): LobbyStep {
  const { code, wrong } = state;
  const question = code === null ? 'welcome-enter-pin' : 'enter-pin';
  const typed = typing(state, event, { rules, now, length: pinLength, question });
  if (typed.kind === 'step') return typed.step;
  return stay(
    { kind: 'checking', asksCode: code !== null, wrong, ahead: '' },
    { kind: 'stop-playing' },
    timer('no-input', null),
    { kind: 'check-pin', code, digits: typed.digits },
  );
}

interface Question {
  readonly rules: LobbyRules;
  readonly now: Milliseconds;
  readonly length: number;
  readonly question: Prompt;
}

/** Digits up to so many, or to #; * begins anew. */
function typing(
  state: In<'code' | 'pin'>,
  event: LobbyEvent,
  { rules, now, length, question }: Question,
): { readonly kind: 'step'; readonly step: LobbyStep } | { readonly kind: 'typed'; readonly digits: string } {
  const rearm = timer('no-input', rules.noInputMs);
  const step = (next: LobbyStep) => ({ kind: 'step', step: next }) as const;
  if (event.kind === 'no-input') {
    const silences = state.silences + 1;
    if (silences >= silencesAllowed) return step(end('no-input', 'no-input'));
    return step(stay({ ...state, digits: '', silences }, play('no-input', question), rearm));
  }
  if (event.kind !== 'digit') return step(stay(state));
  const { digit } = event;
  if (digit === '*') return step(stay({ ...state, digits: '', held: null }, play(question), rearm));
  const digits = digit === '#' ? state.digits : state.digits + digit;
  if (digit === '#' ? digits !== '' : digits.length === length) return { kind: 'typed', digits };
  const next = { ...state, digits, silences: 0, held: held(digit, now) };
  // The # of a habit behind the code has cut the question short: once more.
  return step(stay(next, digit === '#' ? play(question) : { kind: 'stop-playing' }, rearm));
}

export function inChecking(
  state: In<'checking'>,
  event: LobbyEvent,
  rules: LobbyRules,
  now: Milliseconds,
): LobbyStep {
  const { ahead, asksCode } = state;
  switch (event.kind) {
    case 'digit':
      // The # that people press behind a PIN which its last digit has sent already.
      if (event.digit === '#' && ahead === '') return stay(state);
      return stay({ ...state, ahead: keep(ahead, event.digit) });
    case 'pin-locked-out':
      return end('pin-locked-out', event.by === 'meeting' ? 'meeting-locked-out' : 'pin-locked-out');
    case 'pin-accepted':
      return noticeAhead(startNotice(event, rules, now), ahead, rules);
    case 'pin-wrong': {
      const wrong = state.wrong + 1;
      if (wrong >= rules.pinTries) return end('pin-wrong', 'pin-wrong-last');
      const next = asksCode
        ? askCode(wrong, rules, 'code-pin-wrong')
        : askPin(null, wrong, rules, 'pin-wrong');
      return { ...next, ahead };
    }
    default:
      return stay(state);
  }
}

function startNotice(
  { hostPresent, again }: { readonly hostPresent: boolean; readonly again: boolean },
  rules: LobbyRules,
  now: Milliseconds,
  before: readonly Prompt[] = [],
): LobbyStep {
  return sayNotice(
    {
      kind: 'notice',
      silences: 0,
      hostPresent,
      again,
      form: rules.notice,
      since: now + announcedMs(before),
      held: null,
    },
    rules,
    before,
  );
}

export const noticePrompt: Readonly<Record<NoticeForm, string>> = {
  full: 'notice',
  short: 'notice-short',
  taken: 'notice-taken',
};
/** A key that comes sooner after the notice's first word was on its way before it: nobody answers a sentence that fast. */
const tooSoonMs: Milliseconds = 500;

/** So long it takes at most to say what comes before the notice: sentences, and the digits of a number. */
const announcedMs = (before: readonly Prompt[]): Milliseconds =>
  before.reduce(
    (sum, prompt) => sum + (typeof prompt === 'string' && prompt.startsWith('digit-') ? 600 : 4_000),
    0,
  );

function sayNotice(state: In<'notice'>, rules: LobbyRules, before: readonly Prompt[] = []): LobbyStep {
  return stay(state, play(...before, noticePrompt[state.form]), timer('no-input', rules.noInputMs));
}

/** A 1 that came before the notice began counts, and what he has said yes to is said to him all the same. Other keys answer nothing. */
function noticeAhead(step: LobbyStep, ahead: string, rules: LobbyRules): LobbyStep {
  const { state } = step;
  if (state.kind !== 'notice' || !ahead.includes('1')) return step;
  const limits = step.effects.filter(({ kind }) => kind === 'timer');
  const next = accept({ ...state, form: 'taken' }, rules);
  return { ...next, effects: [...limits, ...next.effects] };
}

function accept(state: In<'notice'>, rules: LobbyRules): LobbyStep {
  const { form, again, hostPresent } = state;
  const first = [...(form === 'taken' ? [noticePrompt.taken] : []), ...(again ? ['redialled'] : [])];
  const step = startWaiting({ hostPresent, inside: 0 }, rules, ...first);
  return { ...step, effects: [{ kind: 'notice-answered', accepted: true, form }, ...step.effects] };
}

export function inNotice(
  state: In<'notice'>,
  event: LobbyEvent,
  rules: LobbyRules,
  now: Milliseconds,
): LobbyStep {
  if (event.kind === 'host-present') return stay({ ...state, hostPresent: event.present });
  if (event.kind === 'no-input') {
    const silences = state.silences + 1;
    if (silences < silencesAllowed) return sayNotice({ ...state, silences, since: now }, rules);
    const step = end('notice-declined', 'notice-declined');
    const answer = { kind: 'notice-answered', accepted: false, form: state.form } as const;
    return { ...step, effects: [answer, ...step.effects] };
  }
  if (event.kind !== 'digit') return stay(state);
  const next = { ...state, held: held(event.digit, now) };
  switch (event.digit) {
    case '1': {
      // Whoever has heard it to its end once has heard it.
      const tooSoon = state.silences === 0 && now - state.since < tooSoonMs;
      return accept(tooSoon ? { ...state, form: 'taken' } : state, rules);
    }
    case '*':
      // Whoever wants to hear it again hears all of it.
      return sayNotice({ ...next, silences: 0, form: 'full', since: now }, rules);
    case '#':
      // The # of a habit behind the PIN has cut the notice short: from its beginning.
      return sayNotice({ ...next, since: now }, rules);
    default:
      return stay(next, play('notice-repeat-hint'), timer('no-input', rules.noInputMs));
  }
}
