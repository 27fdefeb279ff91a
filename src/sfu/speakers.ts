import { SpeakerInfo } from '@livekit/protocol';

/**
 * Who speaks, from the audio levels that the publishers state in clear (RFC 6464). End-to-end encryption hides the
 * words, not the loudness.
 */
export interface SpeakerState {
  readonly active: boolean;
  readonly level: number;
}

/** Louder than -45 dBov counts as speech. */
const threshold = 45;
const noticeable = 0.05;

/** The new state, and whether receivers should hear of it. `loudest` is 0 (loud) to 127 (silent). */
export function nextSpeakerState(
  before: SpeakerState | undefined,
  loudest: number,
): { readonly state: SpeakerState; readonly changed: boolean } {
  const active = loudest < threshold;
  const level = active ? 10 ** (-loudest / 20) : 0;
  const was = before ?? { active: false, level: 0 };
  const changed = active !== was.active || Math.abs(level - was.level) > noticeable;
  return { state: changed ? { active, level } : was, changed };
}

export function speakerInfo(sid: string, state: SpeakerState): SpeakerInfo {
  return new SpeakerInfo({ sid, active: state.active, level: state.level });
}
