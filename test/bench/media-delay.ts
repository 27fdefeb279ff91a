/**
 * Sounds whose beginning is found again to a fraction of a millisecond: 40 ms of a tone after silence, so that the time from one
 * end to the other is measured in the audio itself, wherever in a frame it comes out.
 */
const everyTicks = 37;
const burstTicks = 2;
const samples = 160;
const peak = 12_000;
/** Below what is left after the room has brought the voice to its common level. */
const threshold = 1_000;
/** Two beginnings are farther apart than this. */
const quietMs = 200;

/** 20 ms at 8 kHz, number `tick`. */
export function burstFrame(tick: number): { readonly frame: Int16Array; readonly begins: boolean } {
  const within = tick % everyTicks;
  const frame = Int16Array.from({ length: samples }, (_, i) =>
    within < burstTicks ? Math.round(peak * Math.cos((2 * Math.PI * 1_000 * i) / 8_000)) : 0,
  );
  return { frame, begins: within === 0 };
}

export class BurstEar {
  #lastMs = -Infinity;

  /** When the burst began, if it does in these samples, the first of which arrived at `atMs`. */
  hear(pcm: Int16Array, atMs: number): number | null {
    const at = pcm.findIndex((sample) => Math.abs(sample) > threshold);
    if (at < 0) return null;
    const loudMs = atMs + at / 8;
    const begins = loudMs - this.#lastMs > quietMs;
    this.#lastMs = atMs + pcm.length / 8;
    return begins ? loudMs : null;
  }
}

/** From each beginning to the next that was heard, less `inherentMs`; those that were not heard within a second are left out. */
export function delaysOf(saidMs: readonly number[], heardMs: readonly number[], inherentMs = 0): number[] {
  return saidMs.flatMap((said) => {
    const heard = heardMs.find((time) => time >= said);
    return heard === undefined || heard - said > 500 ? [] : [heard - said - inherentMs];
  });
}
