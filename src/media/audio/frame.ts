/**
 * The unit of all audio inside a worker: 20 ms of 16-bit mono, at 8 kHz for a narrowband leg and at 16 kHz for a
 * wideband one. Functions that return a frame may hand out a buffer of their own: it is valid until the same function is
 * called again.
 */
export type PcmRate = 8_000 | 16_000;

export const sampleRate = 8_000;
export const wideRate = 16_000;
export const frameMs = 20;
export const samplesPerFrame = 160;
export const wideFrame = 320;

export type Frame = Int16Array;

export function frameLength(rate: PcmRate): number {
  return rate === wideRate ? wideFrame : samplesPerFrame;
}

/** A frame's rate is told by its length. */
export function isWide(frame: Frame): boolean {
  return frame.length === wideFrame;
}

/** Digital silence, shared: nobody writes to it. */
export const silentFrame: Frame = new Int16Array(samplesPerFrame);
export const silentWideFrame: Frame = new Int16Array(wideFrame);
