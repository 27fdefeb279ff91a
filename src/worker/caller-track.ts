import {
  isWide,
  sampleRate,
  samplesPerFrame,
  wideFrame,
  wideRate,
  type Frame,
  type PcmRate,
} from '../media/audio/frame.ts';
import { announcementFrame, type Announcement } from '../media/audio/announcement.ts';
import { limited } from '../media/audio/limiter.ts';
import { Voice } from '../media/voice.ts';
import type { Uplink } from './uplink.ts';

/**
 * One caller on his way into the room: his voice, and over it the tone or the words that announce him. An announcement is the
 * bridge's own sound: it begins only where the room may hear this caller, because in a listen-only bridge's case members have no key for
 * it; a mute that comes later does not end it.
 */
export class CallerTrack {
  readonly uplink: Uplink;
  readonly #voice = new Voice();
  readonly #frames = [new Int16Array(samplesPerFrame), new Int16Array(wideFrame)] as const;
  /** `at`: its next frame; below zero it waits. */
  #announcing: { readonly what: Announcement; at: number } | null = null;
  #announced = false;
  /** Of what was heard last from the caller. */
  #rate: PcmRate = sampleRate;

  constructor(uplink: Uplink) {
    this.uplink = uplink;
  }

  /** Whether the room has heard something announced of him. */
  get announced(): boolean {
    return this.#announced;
  }

  /** In place of what is being announced. `afterFrames`: so many ticks from now. */
  announce(what: Announcement, afterFrames = 0): void {
    this.#announcing = { what, at: -afterFrames };
  }

  /** At once, whatever was left of it. */
  hush(): void {
    this.#announcing = null;
  }

  /** 20 ms of the caller, null where nothing was heard. What the room hears of him in this tick, valid until the next. */
  push(pcm: Frame | null, maySpeak: boolean): Frame | null {
    if (pcm !== null) this.#rate = isWide(pcm) ? wideRate : sampleRate;
    const voice = maySpeak ? this.#voice.push(pcm) : this.#silenced();
    const announced = this.#nextAnnounced(maySpeak);
    if (announced === null) {
      // The soft end of what was said is sent too, and after it nothing.
      this.uplink.push(voice, pcm === null || this.#voice.talking);
      return voice;
    }
    const frame = voice === null ? announced : this.#over(announced, voice);
    this.uplink.push(frame, true);
    return frame;
  }

  /** The soft end of what was said by a caller who goes, on his own track too where he was talking; null where nothing was said. */
  ending(): Frame | null {
    const { talking } = this.#voice;
    const end = this.#voice.push(null);
    this.uplink.push(end, talking);
    return end;
  }

  /** A tick of a caller who has gone: what is left of the announcement, null at its end. */
  farewell(): Frame | null {
    const announced = this.#nextAnnounced(true);
    if (announced !== null) this.uplink.push(announced, true);
    return announced;
  }

  #silenced(): null {
    this.#voice.cut();
    this.uplink.forget();
    return null;
  }

  #nextAnnounced(mayBegin: boolean): Frame | null {
    const announcing = this.#announcing;
    if (announcing === null) return null;
    const { at } = announcing;
    announcing.at += 1;
    if (at < 0) return null;
    const frame = at === 0 && !mayBegin ? null : announcementFrame(announcing.what, at, this.#rate);
    this.#announced ||= frame !== null;
    if (frame === null) this.#announcing = null;
    return frame;
  }

  /** In a buffer of its own: the voice still needs its last frame as it was. */
  #over(announced: Frame, voice: Frame): Frame {
    const out = this.#frames[isWide(voice) ? 1 : 0];
    for (let i = 0; i < out.length; i++) out[i] = limited((voice[i] ?? 0) + (announced[i] ?? 0));
    return out;
  }
}
