import type { Milliseconds } from '../base/clock.ts';
import type { Held, LobbyEffect, LobbyState, LobbyStep, LobbyTimer } from './lobby-state.ts';
import type { Prompt } from './speech.ts';

/** The words that the lobby's table (lobby.ts) is written in. */
export const play = (...prompts: readonly Prompt[]): LobbyEffect & { readonly kind: 'play' } => ({
  kind: 'play',
  prompts,
});
export const timer = (name: LobbyTimer, ms: Milliseconds | null): LobbyEffect => ({
  kind: 'timer',
  name,
  ms,
});
export const stay = (state: LobbyState, ...effects: readonly LobbyEffect[]): LobbyStep => ({
  state,
  effects,
});

const noTimers: readonly LobbyEffect[] = (
  ['no-input', 'still-waiting', 'max-wait', 'call-warning', 'max-call'] as const
).map((name) => timer(name, null));

export function end(reason: string, ...prompts: readonly Prompt[]): LobbyStep {
  return stay(
    { kind: 'ending' },
    ...noTimers,
    { kind: 'lobby-sound', on: false },
    play(...prompts, 'goodbye'),
    { kind: 'end', reason },
  );
}

/** The second key of two must follow the first within this time: a lone # of yesterday is not half of ##. */
const heldMs = 5_000;

const holds = (held: Held, key: '*' | '#', now: Milliseconds): boolean =>
  held?.key === key && now - held.at <= heldMs;

/** Whether this key is the second of ##. */
export const leaves = (held: Held, digit: string, now: Milliseconds): boolean =>
  digit === '#' && holds(held, '#', now);

/** What this key leaves to wait for a second one. */
export const held = (digit: string, now: Milliseconds): Held =>
  digit === '*' || digit === '#' ? { key: digit, at: now } : null;

/** `*6` where the key is 6 and a star was held; the key alone otherwise. */
export const keysOf = (before: Held, digit: string, now: Milliseconds): string =>
  holds(before, '*', now) ? `*${digit}` : digit;
