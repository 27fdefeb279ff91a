import type { TrackSealer } from '../e2ee/key-ring.ts';
import { isWide, sampleRate, wideRate, type Frame, type PcmRate } from '../media/audio/frame.ts';
import type { OpusCodec, OpusEncoder } from '../media/codec/opus.ts';
import type { LocalTrack } from '../meeting/meeting.ts';
import type { Outbox } from './outbox.ts';

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
  readonly #outbox: Outbox;
  #encoder: OpusEncoder;
  #rate: PcmRate = sampleRate;
  /** Copies of the latest frames that were not sent, in turn; their memory is used again: none is made for a caller who is silent. */
  readonly #kept: Frame[] = [];
  #unsent = 0;
  #next = 0;
  #silentFrames = 0;
  /** The first frame after a pause carries RTP's marker (RFC 3551 §4.1). */
  #paused = true;

  /** @throws Error where the WASM build of Opus has no room for another encoder */
  constructor(opus: OpusCodec, sealer: TrackSealer, outbox: Outbox) {
    this.#opus = opus;
    this.#sealer = sealer;
    this.#outbox = outbox;
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
    this.#silentFrames = 0;
    for (let ago = this.#unsent; ago > 0; ago--) {
      const earlier = this.#kept[(this.#next - ago + preRollFrames) % preRollFrames];
      if (earlier !== undefined) this.#send(earlier, ago);
    }
    this.#unsent = 0;
    this.#send(frame, 0);
  }

  /** Whatever was kept may not be sent any more. */
  forget(): void {
    this.#unsent = 0;
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
      this.#unsent = 0;
      this.#send(frame, 0);
      this.#paused = true;
      return;
    }
    const oldest = this.#kept[this.#next];
    if (oldest?.length === frame.length) oldest.set(frame);
    else this.#kept[this.#next] = frame.slice();
    this.#next = (this.#next + 1) % preRollFrames;
    this.#unsent = Math.min(preRollFrames, this.#unsent + 1);
  }

  /** `ago`: how many frames ago it was due. */
  #send(frame: Frame, ago: number): void {
    if (this.track === null || !this.#tuned(isWide(frame) ? wideRate : sampleRate)) return;
    const packet = this.#encoder.encode(frame);
    const sealed = packet === null ? null : this.#sealer.seal(packet);
    if (sealed === null) return;
    this.#outbox.add({
      track: this.track,
      frame: sealed,
      samples: frameTicks,
      marker: this.#paused,
      ago: ago * frameTicks,
    });
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
