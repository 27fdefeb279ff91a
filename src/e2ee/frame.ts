import { ok, refuse, type Result } from '../base/result.ts';
import { ivLength, tagLength } from './aead.ts';

/**
 * One encrypted Opus frame as LiveKit's clients put it into an RTP payload (Jitsi uses the same layout):
 *
 *   0          1                     N-30          N-14         N-2       N-1       N
 *   +----------+---------------------+-------------+------------+---------+---------+
 *   | TOC (1)  | ciphertext (L - 1)  | GCM tag(16) | IV (12)    | IV size | key slot|
 *   | in clear |                     |             |            | = 12    | 0..255  |
 *   +----------+---------------------+-------------+------------+---------+---------+
 *
 * L is the length of the plain Opus frame, N = L + 30. The additional authenticated data is the TOC byte. The last two
 * bytes are not authenticated: a wrong slot selects a wrong key and the tag fails.
 */
export interface SealedFrame {
  readonly toc: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
  readonly iv: Buffer;
  readonly slot: number;
}

export const frameOverhead = tagLength + ivLength + 2;
const tocLength = 1;

/** Views into `frame`, not copies. */
export function parseFrame(frame: Buffer): Result<SealedFrame, 'malformed'> {
  const ivAt = frame.length - 2 - ivLength;
  const tagAt = ivAt - tagLength;
  if (tagAt < tocLength || frame[frame.length - 2] !== ivLength) return refuse('malformed');
  return ok({
    toc: frame.subarray(0, tocLength),
    ciphertext: frame.subarray(tocLength, tagAt),
    tag: frame.subarray(tagAt, ivAt),
    iv: frame.subarray(ivAt, ivAt + ivLength),
    slot: frame.readUInt8(frame.length - 1),
  });
}

/** A frame whose ciphertext and tag are to be written to `sealed`, a view into it. */
export interface UnsealedFrame {
  readonly frame: Buffer;
  readonly sealed: Buffer;
}

export function unsealedFrame(opus: Uint8Array, iv: Uint8Array, slot: number): UnsealedFrame {
  const frame = Buffer.allocUnsafe(opus.length + frameOverhead);
  const ivAt = opus.length + tagLength;
  frame[0] = opus[0] ?? 0;
  frame.set(iv, ivAt);
  frame[frame.length - 2] = ivLength;
  frame[frame.length - 1] = slot;
  return { frame, sealed: frame.subarray(tocLength, ivAt) };
}

/** An Opus frame as the sealer takes it apart: the TOC byte stays in clear, the rest is encrypted. */
export function splitOpus(opus: Uint8Array): { readonly toc: Uint8Array; readonly rest: Uint8Array } {
  return { toc: opus.subarray(0, tocLength), rest: opus.subarray(tocLength) };
}
