import type { PcmRate } from '../audio/frame.ts';

/** What one RTP packet of a phone leg carries. */
export interface CodedAudio {
  readonly payloadType: number;
  readonly bytes: Uint8Array;
}

/** A phone leg's codec: one stream in, one out. Neither throws on any input. */
export interface LegDecoder {
  readonly rate: PcmRate;
  /** RTP timestamp units a second. */
  readonly clockRate: number;
  accepts(payloadType: number): boolean;
  /** How long the payload plays, in RTP timestamp units; 0 where it cannot be decoded. */
  ticksOf(audio: CodedAudio): number;
  /** Valid until the next call. */
  decode(audio: CodedAudio): Int16Array;
  /**
   * Stands in for `samples` lost ones; `next` is the packet that follows the loss, where it is there already (Opus may
   * carry the lost one in it). Valid until the next call.
   */
  conceal(samples: number, next: CodedAudio | null): Int16Array;
  /** Another stream begins. */
  reset(): void;
  close(): void;
}

export interface LegEncoder {
  readonly rate: PcmRate;
  readonly clockRate: number;
  /** 20 ms into `out` from `at` on; gives the number of bytes, 0 where nothing came of it. */
  encode(pcm: Int16Array, out: Uint8Array, at: number): number;
  close(): void;
}

/** No payload that we make is longer: 20 ms of G.711 or G.722 have 160 bytes, and our Opus has less. */
export const longestPayload = 400;
