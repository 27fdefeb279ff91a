import type { LegId } from '../base/ids.ts';
import type { Frame } from '../media/audio/frame.ts';
import type { MediaLeg } from '../media/leg.ts';
import { Player, type PlayEnd } from '../media/prompts/player.ts';
import type { PromptLibrary } from '../media/prompts/library.ts';
import type { RoomAudio } from './leg-room.ts';

/** One leg as a worker hosts it: its media, what is played to it, and whether it has fallen silent. */
export interface LegSessionOptions {
  readonly leg: MediaLeg;
  readonly prompts: PromptLibrary;
  readonly muted: boolean;
  readonly onPlayed: (legId: LegId, playId: number, ended: PlayEnd) => void;
  readonly onSilent: (legId: LegId, forMs: number) => void;
}

/** One-way audio is told after three seconds, and again every ten. */
const silentFirstMs = 3_000;
const silentAgainMs = 10_000;

export class LegSession {
  readonly leg: MediaLeg;
  readonly player: Player;
  readonly #options: LegSessionOptions;
  #muted: boolean;
  #nextSilentMs = silentFirstMs;

  constructor(options: LegSessionOptions) {
    this.#options = options;
    this.leg = options.leg;
    this.#muted = options.muted;
    this.player = new Player({
      lobbySound: options.prompts.lobbySound,
      onPlayed: (playId, ended) => options.onPlayed(options.leg.legId, playId, ended),
    });
  }

  get muted(): boolean {
    return this.#muted;
  }

  mute(muted: boolean): void {
    this.#muted = muted;
  }

  /** The first half of a tick. The jitter buffer is emptied whether anybody listens or not. */
  hear(room: RoomAudio | null): void {
    const pcm = this.leg.pullFromCaller();
    const { legId } = this.leg;
    if (room?.admitted(legId) === true) room.fromCaller(legId, this.#muted ? null : pcm);
    this.#watchSilence();
  }

  /** The second half. A prompt goes before the room, the room before the lobby's sound. */
  answer(room: RoomAudio | null): void {
    this.leg.sendToCaller(this.player.nextPrompt() ?? this.#roomOrLobby(room));
  }

  #roomOrLobby(room: RoomAudio | null): Frame | null {
    const { legId } = this.leg;
    if (room?.admitted(legId) === true) return room.roomFor(legId);
    return this.player.nextLobbySound();
  }

  #watchSilence(): void {
    const forMs = this.leg.silentForMs;
    if (forMs < silentFirstMs) this.#nextSilentMs = silentFirstMs;
    if (forMs < this.#nextSilentMs) return;
    this.#nextSilentMs += silentAgainMs;
    this.#options.onSilent(this.leg.legId, Math.round(forMs));
  }
}
