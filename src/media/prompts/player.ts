import { samplesPerFrame, type Frame } from '../audio/frame.ts';

/**
 * Plays to one leg: a list of prompts, one after the other, and below it the loop of the lobby. Frames are asked for,
 * one a tick; nothing here knows time.
 */
export type PlayEnd = 'done' | 'barged-in' | 'stopped';

/** `now`: in the place of what is being said; `after`: behind it; `idle`: only where nothing is being said. */
export type PlayTurn = 'now' | 'after' | 'idle';

export interface PlayRequest {
  readonly playId: number;
  readonly prompts: readonly Int16Array[];
  /** A digit ends it. */
  readonly bargeIn: boolean;
}

export interface PlayerOptions {
  readonly lobbySound: Int16Array | null;
  /** Exactly once for every `play`. */
  readonly onPlayed: (playId: number, ended: PlayEnd) => void;
}

const mostWaiting = 4;

export class Player {
  readonly #options: PlayerOptions;
  readonly #frame: Frame = new Int16Array(samplesPerFrame);
  #current: { readonly request: PlayRequest; prompt: number; at: number } | null = null;
  readonly #waiting: PlayRequest[] = [];
  #lobbySound = false;
  #loopAt = 0;

  constructor(options: PlayerOptions) {
    this.#options = options;
  }

  get playing(): boolean {
    return this.#current !== null;
  }

  /** `now` ends what is playing and what waits behind it. */
  play(request: PlayRequest, turn: PlayTurn = 'now'): void {
    if (turn === 'now') this.stop();
    if (this.#current === null) this.#current = { request, prompt: 0, at: 0 };
    else if (turn === 'after' && this.#waiting.length < mostWaiting) this.#waiting.push(request);
    else this.#options.onPlayed(request.playId, 'stopped');
  }

  stop(): void {
    this.#end('stopped');
  }

  /** The caller pressed a key. */
  digit(): void {
    if (this.#current?.request.bargeIn === true) this.#end('barged-in');
  }

  lobbySound(on: boolean): void {
    if (on && !this.#lobbySound) this.#loopAt = 0;
    this.#lobbySound = on;
  }

  /** The next 20 ms of the prompts, or null where none is playing. */
  nextPrompt(): Frame | null {
    const frame = this.#frame;
    let filled = 0;
    while (filled < samplesPerFrame && this.#current !== null) {
      const current = this.#current;
      const prompt = current.request.prompts[current.prompt];
      if (prompt === undefined) {
        if (filled === 0) {
          this.#end('done');
          continue;
        }
        break;
      }
      const part = prompt.subarray(current.at, current.at + samplesPerFrame - filled);
      frame.set(part, filled);
      filled += part.length;
      current.at += part.length;
      if (current.at >= prompt.length) {
        current.prompt += 1;
        current.at = 0;
      }
    }
    if (filled === 0) return null;
    frame.fill(0, filled);
    return frame;
  }

  /** The next 20 ms of the lobby's loop, or null where it is off. It stands still while prompts play. */
  nextLobbySound(): Frame | null {
    const loop = this.#options.lobbySound;
    if (!this.#lobbySound || loop === null || loop.length === 0) return null;
    const frame = this.#frame;
    for (let i = 0; i < samplesPerFrame; i++) {
      frame[i] = loop[this.#loopAt] ?? 0;
      this.#loopAt = (this.#loopAt + 1) % loop.length;
    }
    return frame;
  }

  #end(ended: PlayEnd): void {
    const current = this.#current;
    if (current === null) return;
    const next = ended === 'done' ? this.#waiting.shift() : undefined;
    const given = next === undefined ? this.#waiting.splice(0) : [];
    this.#current = next === undefined ? null : { request: next, prompt: 0, at: 0 };
    this.#options.onPlayed(current.request.playId, ended);
    // A key ends what is said and what would have followed it.
    for (const { playId } of given) this.#options.onPlayed(playId, 'stopped');
  }
}
