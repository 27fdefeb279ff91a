import type { Approval, Audio, Prompt } from '../host/session.ts';

/** What a host has chosen in a prompt, and what is signed of it. Pure. */
export interface Choice {
  readonly audio: Audio;
  /** Null: until it is revoked, at the latest to the end of the meeting. */
  readonly minutes: number | null;
  /** Callers who come later: each asks, the next few come in, or all. */
  readonly later: 'each' | 'next' | 'any';
  /** Leg ids of callers who stay outside. */
  readonly without: readonly string[];
}

/** How many later callers "the next few" are. */
export const nextCallers = 5;

/** The narrowest reading of the request that still gives what was asked for. */
export function firstChoice(prompt: Prompt): Choice {
  return { audio: prompt.scope.audio, minutes: null, later: 'each', without: [] };
}

/** What may be given: what the bridge wants, or less. Talk-only where it would be more than a word. */
export function audioOffers(prompt: Prompt): readonly Audio[] {
  const speak: readonly Audio[] = prompt.canTalkOnly ? ['speak'] : [];
  switch (prompt.scope.audio) {
    case 'both':
      return ['both', 'listen', ...speak];
    case 'listen':
      return ['listen'];
    case 'speak':
      return speak;
  }
}

/** Why Approve does not work for this choice. Any of them is said in words beside the button. */
export type Obstacle = 'fork' | 'speak-impossible' | 'nobody';

export function obstacleOf(prompt: Prompt, choice: Choice): Obstacle | null {
  if (prompt.ledger === 'fork') return 'fork';
  if (prompt.kind === 'key' && choice.audio === 'speak' && !prompt.canTalkOnly) return 'speak-impossible';
  const chosen = prompt.callers.filter((leg) => !choice.without.includes(leg.legId));
  return prompt.callers.length > 0 && chosen.length === 0 ? 'nobody' : null;
}

/** What goes to the session: only what differs from its defaults, and for further callers only who comes in. */
export function approvalOf(prompt: Prompt, choice: Choice): Approval {
  const chosen = prompt.callers.map((leg) => leg.legId).filter((id) => !choice.without.includes(id));
  const only = chosen.length === prompt.callers.length ? {} : { only: chosen };
  if (prompt.kind === 'callers') return only;
  return {
    ...only,
    audio: choice.audio,
    ...(choice.later === 'any' ? { legs: 'any' as const } : {}),
    ...(choice.later === 'next' ? { next: nextCallers } : {}),
    ...(choice.minutes === null ? {} : { untilMinutes: choice.minutes }),
  };
}
