/**
 * The unit of all audio inside a worker: 20 ms of 16-bit mono at 8 kHz. Functions that return a frame may hand out a
 * buffer of their own: it is valid until the same function is called again.
 */
export const sampleRate = 8_000;
export const frameMs = 20;
export const samplesPerFrame = 160;

export type Frame = Int16Array;

/** Digital silence, shared: nobody writes to it. */
export const silentFrame: Frame = new Int16Array(samplesPerFrame);
