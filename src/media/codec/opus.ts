/**
 * Opus (RFC 6716) behind one interface. The system's libopus is the first choice: C speed, loss concealment, and
 * security updates by the distribution. A WASM build from npm always works. `opus-loader.ts` chooses.
 */
export interface OpusCodec {
  readonly name: 'libopus' | 'wasm';
  readonly version: string;
  encoder(options: OpusEncoderOptions): OpusEncoder;
  /** `rate`: 8000, 12000, 16000, 24000 or 48000; the decoder resamples by itself. */
  decoder(rate: number): OpusDecoder;
}

export interface OpusEncoderOptions {
  readonly rate: number;
  /** bit/s */
  readonly bitrate: number;
  /** 0 to 10 */
  readonly complexity: number;
  /**
   * `voip` (the default) models speech (SILK) below some 40 kbit/s; `low-delay` transforms (CELT only): 4 ms less delay and a fraction
   * of the work, without `fec`, for bitrates of 24 kbit/s and more.
   */
  readonly application?: 'voip' | 'low-delay';
  /** In-band forward error correction, at the price of some bitrate; default: none. */
  readonly fec?: boolean;
}

export interface OpusEncoder {
  /** One frame of 20 ms: rate / 50 samples. The packet is valid until the next call; null where libopus refuses. */
  encode(pcm: Int16Array): Uint8Array | null;
  close(): void;
}

export interface OpusDecoder {
  /** Valid until the next call; null where the packet is not Opus or longer than 120 ms. Never throws. */
  decode(packet: Uint8Array): Int16Array | null;
  /** What stands in for a lost packet of `samples` samples: libopus's own concealment. */
  conceal(samples: number): Int16Array;
  /** The lost packet before `next`, from what `next` carries of it (RFC 6716 §2.1.7); null where this build cannot. */
  recover(next: Uint8Array, samples: number): Int16Array | null;
  close(): void;
}
