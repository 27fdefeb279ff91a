import type { Clock } from '../base/clock.ts';
import type { Frame, PcmRate } from './audio/frame.ts';
import { AudioStream, type StreamCounts } from './audio-stream.ts';
import { opusDecoder } from './codec/leg-codecs.ts';
import type { OpusCodec } from './codec/opus.ts';

export interface SpeakerOptions {
  readonly opus: OpusCodec;
  readonly rate: PcmRate;
  /** Before the network is known. */
  readonly delayMs: number;
  readonly clock: Pick<Clock, 'monoMs'>;
}

/** Opus has one payload type here, and the meeting's side has looked at it. */
const anyType = 0;

/**
 * One speaker of the meeting as the phone legs hear him: decrypted Opus packets in, 20 ms frames out, decoded once however
 * many legs listen. Lost packets are concealed by the decoder, or taken from the packet behind them, for up to 80 ms.
 */
export class Speaker {
  readonly #options: SpeakerOptions;
  readonly #stream: AudioStream;

  /** @throws Error where the WASM build has no room for another decoder */
  constructor(options: SpeakerOptions) {
    this.#options = options;
    const decoder = opusDecoder(anyType, options.opus, options.rate);
    this.#stream = new AudioStream({ decoder, initialDelayMs: options.delayMs });
  }

  get counts(): StreamCounts {
    return this.#stream.counts;
  }

  /** The rate of the frames from now on. @throws Error as the constructor, and goes on as before */
  retune(rate: PcmRate): void {
    if (rate !== this.#stream.rate) this.#stream.retune(opusDecoder(anyType, this.#options.opus, rate));
  }

  /** The packet is kept: hand in one that nobody reuses. */
  push(packet: Uint8Array, sequence: number, timestamp: number): void {
    const payload = { payloadType: anyType, bytes: packet };
    this.#stream.push({ sequence, timestamp, payload }, this.#options.clock.monoMs());
  }

  /** The next 20 ms, valid until the next call; null where there is nothing to hear. */
  pull(): Frame | null {
    return this.#stream.pull(this.#options.clock.monoMs());
  }

  close(): void {
    this.#stream.close();
  }
}
