import type { LegId } from '../base/ids.ts';
import type { Frame, PcmRate } from '../media/audio/frame.ts';
import type { RoomAudio } from './leg-room.ts';

/**
 * The rooms of one worker process as its legs hear them: each leg is in one of them, and hears and speaks there alone. A leg that
 * is in none is not admitted anywhere.
 */
export class Rooms implements RoomAudio {
  readonly #rooms = new Map<LegId, RoomAudio>();
  /** Rooms and how many legs they have: one that nobody listens to is mixed only while it announces who has left. */
  readonly #legs = new Map<RoomAudio, number>();

  enter(legId: LegId, room: RoomAudio): void {
    this.leave(legId);
    this.#rooms.set(legId, room);
    this.#legs.set(room, (this.#legs.get(room) ?? 0) + 1);
  }

  leave(legId: LegId): void {
    const room = this.#rooms.get(legId);
    if (room === undefined) return;
    this.#rooms.delete(legId);
    this.#legs.set(room, (this.#legs.get(room) ?? 1) - 1);
  }

  legsIn(room: RoomAudio): LegId[] {
    return [...this.#rooms].flatMap(([legId, its]) => (its === room ? [legId] : []));
  }

  admitted(legId: LegId): boolean {
    return this.#rooms.get(legId)?.admitted(legId) ?? false;
  }

  fromCaller(legId: LegId, pcm: Frame | null): void {
    this.#rooms.get(legId)?.fromCaller(legId, pcm);
  }

  mix(): void {
    for (const [room, legs] of this.#legs) {
      if (legs === 0 && room.sounding !== true) this.#legs.delete(room);
      else room.mix?.();
    }
  }

  get sounding(): boolean {
    return [...this.#legs.keys()].some((room) => room.sounding === true);
  }

  roomFor(legId: LegId, rate: PcmRate): Frame | null {
    return this.#rooms.get(legId)?.roomFor(legId, rate) ?? null;
  }

  isCommon(legId: LegId, frame: Frame): boolean {
    return this.#rooms.get(legId)?.isCommon?.(legId, frame) ?? false;
  }
}
