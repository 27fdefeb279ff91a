import type { LegId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import type { BridgeEngine } from '../consent/bridge-engine.ts';
import type { MeetingRoom } from './meeting-room.ts';

export interface LegMovesOptions {
  readonly engine: Pick<BridgeEngine, 'legJoined' | 'legLeft'>;
  readonly room: Pick<MeetingRoom, 'legJoined' | 'legLeft'>;
  readonly log: Log;
}

/** Legs that come into one bridge and leave it: recorded by the engine, published and taken back by the room. */
export class LegMoves {
  readonly #options: LegMovesOptions;
  readonly #here = new Set<LegId>();

  constructor(options: LegMovesOptions) {
    this.#options = options;
  }

  /** Never rejects: what goes wrong is logged, and the leg is without a track. */
  async moved(legId: LegId, present: boolean): Promise<void> {
    const { engine, room, log } = this.#options;
    try {
      if (present) {
        this.#here.add(legId);
        await engine.legJoined(legId);
        // He may have gone while that was recorded: then his track would stay, and nobody would take it back.
        if (this.#here.has(legId)) await room.legJoined(legId);
      } else {
        this.#here.delete(legId);
        // Side by side: the room announces his going first, and by the end of that he may have been let in again.
        await Promise.all([room.legLeft(legId), engine.legLeft(legId)]);
      }
    } catch (error) {
      log.warn({ leg: legId, reason: error instanceof Error ? error.message : 'unknown' }, 'leg track');
    }
  }
}
