import type { LocalTrack } from '../meeting/meeting.ts';

/**
 * Sealed frames of many tracks on their way out, in the order in which they were made: sent sixteen at a time. Between the frames of two
 * legs lies half the work of a tick; sent one by one, each of them wakes its receiver up, where that is on this machine, and
 * finds the network's code gone from the caches.
 */
const batch = 16;

/** Of `LocalTrack.send`. */
interface Waiting {
  readonly track: LocalTrack;
  readonly frame: Uint8Array;
  readonly samples: number;
  readonly marker: boolean;
  readonly ago: number;
}

export class Outbox {
  #waiting: Waiting[] = [];

  /** The frame is kept until it is sent. */
  add(frame: Waiting): void {
    this.#waiting.push(frame);
    if (this.#waiting.length >= batch) this.flush();
  }

  /** At the end of each tick at the latest. */
  flush(): void {
    for (const { track, frame, samples, marker, ago } of this.#waiting)
      track.send(frame, samples, marker, ago);
    this.#waiting.length = 0;
  }
}
