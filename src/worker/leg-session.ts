import type { LegId } from '../base/ids.ts';
import { isWide, samplesPerFrame, wideFrame, wideRate, type Frame } from '../media/audio/frame.ts';
import { Doubler } from '../media/audio/resample.ts';
import type { Spectra } from '../media/echo/spectra.ts';
import { EchoSuppressor } from '../media/echo/suppressor.ts';
import type { LegQuality } from '../media/leg-state.ts';
import type { MediaLeg } from '../media/leg.ts';
import { Player, type PlayEnd } from '../media/prompts/player.ts';
import type { PromptLibrary } from '../media/prompts/library.ts';
import type { RoomAudio } from './leg-room.ts';

/** One leg as a worker hosts it: its media, what is played to it, and whether it has fallen silent. */
export interface LegSessionOptions {
  readonly leg: MediaLeg;
  readonly prompts: PromptLibrary;
  readonly muted: boolean;
  /** Whether what the phone gives back of the room is kept from it; a lobby has no room. */
  readonly suppressEcho: boolean;
  /** Of all legs of the process. */
  readonly spectra: Spectra;
  readonly onPlayed: (legId: LegId, playId: number, ended: PlayEnd) => void;
  /** Nothing comes from the caller; the caller says that nothing of ours arrives. In ms. */
  readonly onSilent: (forMs: number, deadForMs: number) => void;
  readonly onUnheard: (forMs: number) => void;
}

/** One-way audio is told after three seconds, and again every ten. */
const silentFirstMs = 3_000;
const silentAgainMs = 10_000;
/** The room under a prompt: 10 dB lower. */
const duckedBy = 3;

export class LegSession {
  readonly leg: MediaLeg;
  readonly player: Player;
  readonly #options: LegSessionOptions;
  readonly #mixed: Frame = new Int16Array(wideFrame);
  readonly #doubler = new Doubler(samplesPerFrame);
  readonly #doubled: Frame = new Int16Array(wideFrame);
  readonly #suppressor: EchoSuppressor | null;
  #muted: boolean;
  /** What the caller said in this tick, to be said to him; null: nothing is sent back. */
  #echo: Frame | null = null;
  #echoes = false;
  #nextSilentMs = silentFirstMs;
  #nextUnheardMs = silentFirstMs;

  constructor(options: LegSessionOptions) {
    this.#options = options;
    this.leg = options.leg;
    this.#muted = options.muted;
    this.#suppressor = options.suppressEcho ? new EchoSuppressor(options.spectra) : null;
    this.player = new Player({
      lobbySound: options.prompts.lobbySound,
      onPlayed: (playId, ended) => options.onPlayed(options.leg.legId, playId, ended),
    });
  }

  get muted(): boolean {
    return this.#muted;
  }

  get quality(): LegQuality {
    return { ...this.leg.quality, echoDb: this.#suppressor?.returnDb ?? null };
  }

  /** From now on the caller hears himself. */
  echo(): void {
    this.#echoes = true;
  }

  mute(muted: boolean): void {
    this.#muted = muted;
  }

  /** The first half of a tick. The jitter buffer is emptied whether anybody listens or not. */
  hear(room: RoomAudio | null): void {
    const pcm = this.leg.pullFromCaller();
    this.#echo = this.#echoes ? pcm : null;
    const { legId } = this.leg;
    if (room?.admitted(legId) === true) {
      const voice = this.#suppressor === null ? pcm : this.#suppressor.heard(pcm);
      room.fromCaller(legId, this.#muted ? null : voice);
    }
    this.#watchSilence();
  }

  /**
   * The second half. A prompt goes before the lobby's sound; an admitted caller hears it over the room, which is
   * lowered meanwhile, so that a prompt costs him no word of the meeting.
   */
  answer(room: RoomAudio | null): void {
    const { legId, rate } = this.leg;
    const prompt = this.player.nextPrompt();
    if (prompt === null) {
      const heard = this.#roomOrLobby(room);
      this.#say(heard, heard !== null && room?.isCommon?.(legId, heard) === true);
      return;
    }
    const below = room?.admitted(legId) === true ? room.roomFor(legId, rate) : null;
    const above = this.#atLegRate(prompt);
    this.#say(below === null ? above : this.#over(above, below), false);
  }

  #say(frame: Frame | null, common: boolean): void {
    this.#suppressor?.sent(frame, common);
    this.leg.sendToCaller(frame);
  }

  #over(prompt: Frame, below: Frame): Frame {
    const mixed = this.#mixed.subarray(0, prompt.length);
    for (let i = 0; i < mixed.length; i++) {
      const sum = (prompt[i] ?? 0) + Math.trunc((below[i] ?? 0) / duckedBy);
      mixed[i] = Math.max(-32_768, Math.min(32_767, sum));
    }
    return mixed;
  }

  #roomOrLobby(room: RoomAudio | null): Frame | null {
    const { legId, rate } = this.leg;
    if (room?.admitted(legId) === true) return room.roomFor(legId, rate);
    if (this.#echoes) return this.#echo;
    const sound = this.player.nextLobbySound();
    return sound === null ? null : this.#atLegRate(sound);
  }

  /** Prompts and the lobby's sound are narrowband. */
  #atLegRate(frame: Frame): Frame {
    if (this.leg.rate !== wideRate || isWide(frame)) return frame;
    this.#doubler.push(frame, this.#doubled);
    return this.#doubled;
  }

  #watchSilence(): void {
    const forMs = this.leg.silentForMs;
    if (forMs < silentFirstMs) this.#nextSilentMs = silentFirstMs;
    if (forMs >= this.#nextSilentMs) {
      this.#nextSilentMs += silentAgainMs;
      this.#options.onSilent(Math.round(forMs), Math.round(this.leg.deadForMs));
    }
    const unheardMs = this.leg.unheardForMs;
    if (unheardMs < silentFirstMs) this.#nextUnheardMs = silentFirstMs;
    if (unheardMs >= this.#nextUnheardMs) {
      this.#nextUnheardMs += silentAgainMs;
      this.#options.onUnheard(Math.round(unheardMs));
    }
  }
}
