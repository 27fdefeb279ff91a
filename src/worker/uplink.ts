import type { TrackSealer } from '../e2ee/key-ring.ts';
import { isWide, sampleRate, wideRate, type Frame, type PcmRate } from '../media/audio/frame.ts';
import type { OpusCodec, OpusEncoder } from '../media/codec/opus.ts';
import type { LocalTrack } from '../meeting/meeting.ts';

/**
 * One leg's own track in the meeting: encoded, sealed, sent, while its caller talks. In between nothing is encoded but a
 * frame now and then; and when the caller begins again, what was said just before it was noticed goes out first, so no
 * first syllable is lost.
 */

/**
 * Opus without its speech model: at this bitrate as intelligible and nearer to the original than with it, 4 ms sooner, for a sixth
 * of the work (docs/media.md, Opus). More bits are not heard behind G.711 or G.722.
 */
const coding = { bitrate: 32_000, complexity: 0, application: 'low-delay' } as const;
/** 20 ms at Opus's RTP clock of 48 kHz. */
const frameTicks = 960;
/** Kept of the time before somebody was found to talk: 60 ms. */
const preRollFrames = 3;
/** A track that sends nothing at all for long is taken to be dead: one frame in 400 ms, as Opus's own DTX does. */
const keepAliveFrames = 20;

export class Uplink {
  track: LocalTrack | null = null;
  readonly #opus: OpusCodec;
  readonly #sealer: TrackSealer;
  #encoder: OpusEncoder;
  #rate: PcmRate = sampleRate;
  /** Copies, oldest first: of the latest frames that were not sent. */
  #unsent: Frame[] = [];
  #silentFrames = 0;
  /** The first frame after a pause carries RTP's marker (RFC 3551 §4.1). */
  #paused = true;

  /** @throws Error where the WASM build of Opus has no room for another encoder */
  constructor(opus: OpusCodec, sealer: TrackSealer) {
    this.#opus = opus;
    this.#sealer = sealer;
    this.#encoder = this.#encoderAt(sampleRate);
  }

  /** 20 ms of the caller; null where nothing was heard. `talking`: whether it is worth sending. */
  push(frame: Frame | null, talking: boolean): void {
    if (frame === null) {
      this.cut();
      return;
    }
    if (!talking) {
      this.#idle(frame);
      return;
    }
    const before = this.#unsent;
    this.#unsent = [];
    this.#silentFrames = 0;
    before.forEach((earlier, i) => this.#send(earlier, before.length - i));
    this.#send(frame, 0);
  }

  /** Whatever was kept may not be sent any more. */
  forget(): void {
    this.#unsent = [];
  }

  /** The track pauses, and nothing that was kept is sent. */
  cut(): void {
    this.forget();
    this.#silentFrames = 0;
    this.#paused = true;
  }

  close(): void {
    this.cut();
    this.#encoder.close();
  }

  #idle(frame: Frame): void {
    this.#paused = true;
    this.#silentFrames += 1;
    if (this.#silentFrames % keepAliveFrames === 0) {
      this.#unsent = [];
      this.#send(frame, 0);
      this.#paused = true;
      return;
    }
    const oldest = this.#unsent.length === preRollFrames ? this.#unsent.shift() : undefined;
    // Its memory is used again: no frame is made for a caller who is silent.
    const kept = oldest?.length === frame.length ? oldest : new Int16Array(frame.length);
    kept.set(frame);
    this.#unsent.push(kept);
  }

  /** `ago`: how many frames ago it was due. */
  #send(frame: Frame, ago: number): void {
    if (this.track === null || !this.#tuned(isWide(frame) ? wideRate : sampleRate)) return;
    const packet = this.#encoder.encode(frame);
    const sealed = packet === null ? null : this.#sealer.seal(packet);
    if (sealed === null) return;
    this.track.send(sealed, frameTicks, this.#paused, ago * frameTicks);
    this.#paused = false;
  }

  /** Whether the leg can be encoded at this rate: it may have changed its codec. */
  #tuned(rate: PcmRate): boolean {
    if (this.#rate === rate) return true;
    try {
      const encoder = this.#encoderAt(rate);
      this.#encoder.close();
      this.#encoder = encoder;
      this.#rate = rate;
      return true;
    } catch {
      return false;
    }
  }

  #encoderAt(rate: PcmRate): OpusEncoder {
    return this.#opus.encoder({ rate, ...coding });
  }
}
