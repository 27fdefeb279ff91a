import type { PcmRate } from '../audio/frame.ts';
import { meanSquare } from '../audio/speech-level.ts';

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

/** Energy of the samples before each; room for the longest packet that is looked at, 120 ms at 16 kHz. */
const energyBefore = new Float64Array(1_921);

/**
 * The lag at which the beginning is most like what follows it; 0 where it is not alike. First every other lag, then the neighbours of the
 * best: likeness changes slowly from lag to lag, as telephone speech has little above 3.4 kHz.
 */
function findPeriod(pcm: Int16Array, rate: PcmRate): number {
  const perMs = rate / 1_000;
  const longest = Math.min(longestMs * perMs, Math.floor(Math.min(pcm.length, energyBefore.length - 1) / 2));
  const shortest = shortestMs * perMs;
  if (longest < shortest) return 0;
  if (meanSquare(pcm) < quiet * quiet) return Math.floor(longest);
  for (let i = 0, sum = 0; i < 2 * longest; i++) {
    sum += (pcm[i] ?? 0) ** 2;
    energyBefore[i + 1] = sum;
  }
  let best = shortest;
  let most = -1;
  for (let lag = shortest; lag <= longest; lag += 2) {
    const likeness = likenessAt(pcm, lag);
    if (likeness > most) [best, most] = [lag, likeness];
  }
  for (const lag of [best - 1, best + 1]) {
    if (lag < shortest || lag > longest) continue;
    const likeness = likenessAt(pcm, lag);
    if (likeness > most) [best, most] = [lag, likeness];
  }
  return most > alike ? best : 0;
}

/** Of the first `lag` samples and those behind them, -1 to 1. */
function likenessAt(pcm: Int16Array, lag: number): number {
  // Two sums, so that no addition waits for the one before; no product of 16 bits is beyond what `imul` holds.
  let even = 0;
  let odd = 0;
  const pairs = lag - (lag % 2);
  for (let i = 0; i < pairs; i += 2) {
    even += Math.imul(pcm[i] ?? 0, pcm[i + lag] ?? 0);
    odd += Math.imul(pcm[i + 1] ?? 0, pcm[i + 1 + lag] ?? 0);
  }
  if (pairs < lag) even += Math.imul(pcm[pairs] ?? 0, pcm[pairs + lag] ?? 0);
  const first = energyBefore[lag] ?? 0;
  const second = (energyBefore[2 * lag] ?? 0) - first;
  return (even + odd) / Math.sqrt(first * second + 1);
}
