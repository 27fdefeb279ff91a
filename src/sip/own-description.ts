import type { MediaAddress } from '../media/leg-state.ts';
import type { OwnSession } from './offer-answer.ts';

/**
 * Our side's descriptions through one dialog. RFC 3264 §8: the version in `o=` rises by one with each description that
 * differs from the one before, and stays where nothing changed, as in the refresh of a session timer (RFC 4028 §7.4).
 */
export interface OwnDescriptions {
  /** `write` is called once or twice, and must depend on its argument alone. */
  next(local: MediaAddress, write: (own: OwnSession) => string): string;
}

export function createOwnDescriptions(id: number): OwnDescriptions {
  let version = 1;
  let last: string | null = null;
  return {
    next(local, write) {
      let text = write({ id, version, local });
      if (last !== null && text !== last) {
        version += 1;
        text = write({ id, version, local });
      }
      last = text;
      return text;
    },
  };
}
