/** Sines in 8 kHz PCM, made and found: the tests' ears, which share no code with the connector. */
const rate = 8_000;
const frameSamples = 160;

/** `samples` of a sine from sample `at` on. */
export function sine(hertz: number, samples: number, peak = 8_000, at = 0): Int16Array {
  return Int16Array.from({ length: samples }, (_, i) =>
    Math.round(peak * Math.sin((2 * Math.PI * hertz * (at + i)) / rate)),
  );
}

/** Goertzel: the peak of the sine of that frequency within the samples. */
export function peakAt(hertz: number, pcm: Int16Array): number {
  const step = (2 * Math.PI * hertz) / rate;
  const coefficient = 2 * Math.cos(step);
  let before = 0;
  let last = 0;
  for (const sample of pcm) {
    const now = sample + coefficient * last - before;
    before = last;
    last = now;
  }
  const power = last * last + before * before - coefficient * last * before;
  return (2 * Math.sqrt(Math.max(0, power))) / Math.max(1, pcm.length);
}

export function rms(pcm: Int16Array): number {
  return Math.sqrt(pcm.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, pcm.length));
}

/** 3.17 dBm0 is the loudest sine that mu-law carries (G.711 table 5), a peak of 32124 on the 16-bit scale. */
export function levelDbm0(pcm: Int16Array): number {
  return 20 * Math.log10((rms(pcm) * Math.SQRT2) / 32_124) + 3.17;
}

/** The tone is there, and most of what is there is the tone. */
export function isTone(hertz: number, pcm: Int16Array, quietest = 300): boolean {
  const peak = peakAt(hertz, pcm);
  return peak >= quietest && peak / Math.SQRT2 > 0.7 * rms(pcm);
}

/** Whole 20 ms frames of a recording. */
export function frames(pcm: Int16Array): Int16Array[] {
  return Array.from({ length: Math.floor(pcm.length / frameSamples) }, (_, i) =>
    pcm.subarray(i * frameSamples, (i + 1) * frameSamples),
  );
}
