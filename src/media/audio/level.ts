/**
 * Levels in dBm0: 3.17 dBm0 is the loudest sine that mu-law carries (G.711 table 5), a peak of 32124 on our 16-bit
 * scale, so a sine of 0 dBm0 has a peak of about 22,300.
 */
const peakOfLoudest = 32_124;
const loudestDbm0 = 3.17;

export function rms(pcm: Int16Array): number {
  let sum = 0;
  for (const sample of pcm) sum += sample * sample;
  return pcm.length === 0 ? 0 : Math.sqrt(sum / pcm.length);
}

/** -Infinity for digital silence. */
export function levelDbm0(pcm: Int16Array): number {
  return 20 * Math.log10((rms(pcm) * Math.SQRT2) / peakOfLoudest) + loudestDbm0;
}

/** The peak of a sine of that level. */
export function peakOfDbm0(level: number): number {
  return peakOfLoudest * 10 ** ((level - loudestDbm0) / 20);
}
