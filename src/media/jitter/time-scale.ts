import type { PcmRate } from '../audio/frame.ts';

/**
 * Makes a piece of speech one pitch period shorter or longer, by an overlap of two neighbouring periods, so that neither
 * pitch nor loudness changes and nothing clicks. What is neither periodic nor quiet is left alone.
 */
const shortestMs = 2.5;
const longestMs = 15;
/** Of two neighbouring periods, from 0 to 1: voiced speech is above it. */
const alike = 0.7;
/** RMS on the 16-bit scale, -50 dBov: below that nobody hears where it was cut. */
const quiet = 100;

/** Shorter by a period, or `pcm` itself. */
export function shortened(pcm: Int16Array, rate: PcmRate): Int16Array {
  const period = findPeriod(pcm, rate);
  if (period === 0) return pcm;
  const out = new Int16Array(pcm.length - period);
  for (let i = 0; i < period; i++) out[i] = blend(pcm[i] ?? 0, pcm[i + period] ?? 0, (i + 0.5) / period);
  out.set(pcm.subarray(2 * period), period);
  return out;
}

/** Longer by a period, or `pcm` itself. */
export function lengthened(pcm: Int16Array, rate: PcmRate): Int16Array {
  const period = findPeriod(pcm, rate);
  if (period === 0) return pcm;
  const out = new Int16Array(pcm.length + period);
  out.set(pcm.subarray(0, period));
  for (let i = 0; i < period; i++) {
    out[period + i] = blend(pcm[period + i] ?? 0, pcm[i] ?? 0, (i + 0.5) / period);
  }
  out.set(pcm.subarray(period), 2 * period);
  return out;
}

function blend(from: number, to: number, weight: number): number {
  return Math.round(from * (1 - weight) + to * weight);
}

/** The lag at which the beginning is most like what follows it; 0 where it is not alike. */
function findPeriod(pcm: Int16Array, rate: PcmRate): number {
  const perMs = rate / 1_000;
  const longest = Math.min(longestMs * perMs, Math.floor(pcm.length / 2));
  if (longest < shortestMs * perMs) return 0;
  if (energy(pcm, 0, pcm.length) / pcm.length < quiet * quiet) return Math.floor(longest);
  let best = 0;
  let bestLikeness = alike;
  for (let lag = shortestMs * perMs; lag <= longest; lag++) {
    const likeness = correlation(pcm, lag) / Math.sqrt(energy(pcm, 0, lag) * energy(pcm, lag, 2 * lag) + 1);
    if (likeness > bestLikeness) {
      best = lag;
      bestLikeness = likeness;
    }
  }
  return best;
}

function energy(pcm: Int16Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += (pcm[i] ?? 0) ** 2;
  return sum;
}

function correlation(pcm: Int16Array, lag: number): number {
  let sum = 0;
  for (let i = 0; i < lag; i++) sum += (pcm[i] ?? 0) * (pcm[i + lag] ?? 0);
  return sum;
}
