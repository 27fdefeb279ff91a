import type { LegId } from '../base/ids.ts';
import type { Frame, PcmRate } from '../media/audio/frame.ts';

/**
 * The meeting as the legs of a worker hear it: a port. The meeting role gives one; the lobby has none, so that no room
 * audio can exist there. Frames are valid until the next tick.
 */
export interface RoomAudio {
  /** Asked at every tick for every leg: both calls below happen for admitted legs only, and each asks again for its direction. */
  admitted(legId: LegId): boolean;
  /** What the caller says, at the leg's rate; null where nothing was heard, or the caller muted itself. */
  fromCaller(legId: LegId, pcm: Frame | null): void;
  /** Once a tick, after all callers have been heard and before the first is answered: the time to mix. */
  mix?(): void;
  /** It still has something to say of a caller who is in no room any more: ticks go on for it. */
  readonly sounding?: boolean;
  /** What the caller hears, at the leg's rate; null is silence. */
  roomFor(legId: LegId, rate: PcmRate): Frame | null;
  /** Whether others hear `frame` too, which `roomFor` gave in this tick: then it is the same object for all, and not changed any more. */
  isCommon?(legId: LegId, frame: Frame): boolean;
}
