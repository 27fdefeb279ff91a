import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Telephones that give back what they play, and voices to say it: at 8 kHz, the same at each run. */
const rate = 8_000;

/** All prompts of a language one after the other: one synthesized person's speech with its pauses, at -26 dBov. */
export function voiceOf(language: string, seconds: number): Int16Array {
  const folder = join(import.meta.dirname, '../../config/prompts', language);
  const bytes = Buffer.concat(
    readdirSync(folder)
      .filter((name) => name.endsWith('.wav'))
      .map((name) => readFileSync(join(folder, name)).subarray(44)),
  );
  const speech = Int16Array.from({ length: seconds * rate }, (_, i) => bytes.readInt16LE(2 * i));
  const gain = 10 ** ((-26 - activeDbov(speech)) / 20);
  return speech.map((sample) => Math.round(sample * gain));
}

/** The level of what is spoken, pauses left out (ITU-T P.56 in short). */
export function activeDbov(pcm: ArrayLike<number>): number {
  const powers = Array.from({ length: Math.floor(pcm.length / 160) }, (_, n) => powerOf(pcm, n * 160, 160));
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  let level = mean(powers);
  for (let i = 0; i < 5; i++) level = mean(powers.filter((power) => power > level / 10 ** 1.59));
  return decibels(level / 32_768 ** 2);
}

export function powerOf(pcm: ArrayLike<number>, from: number, length: number): number {
  let sum = 0;
  for (let i = from; i < from + length; i++) sum += (pcm[i] ?? 0) ** 2;
  return sum / length;
}

export const decibels = (ratio: number): number => 10 * Math.log10(ratio + 1e-12);

export function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** White, of that level. */
export function lineNoise(samples: number, dbov: number, seed = 7): Float64Array {
  const next = dice(seed);
  const most = 32_768 * 10 ** (dbov / 20) * Math.sqrt(3);
  return Float64Array.from({ length: samples }, () => (2 * next() - 1) * most);
}

export interface Speakerphone {
  /** From what is sent to the phone to what comes from it. */
  readonly delayMs: number;
  /** Of the echo against what is sent. */
  readonly echoDb: number;
  /** In which the sound of its room falls by 60 dB; half of the echo is that sound. */
  readonly reverberationMs: number;
}

/** What a speakerphone's microphone picks up of its loudspeaker, which gives little below 400 Hz. */
export function echoOf(sent: Int16Array, { delayMs, echoDb, reverberationMs }: Speakerphone): Float64Array {
  const played = withoutBass(withoutBass(Float64Array.from(sent)));
  const next = dice(11);
  const taps = Array.from({ length: 24 }, () => {
    const at = 1 + Math.floor(next() * ((reverberationMs * rate) / 2_000));
    return { at, gain: (2 * next() - 1) * 0.35 * 10 ** ((-3 * at * 1_000) / (rate * reverberationMs)) };
  });
  const delay = Math.round((delayMs * rate) / 1_000);
  const out = new Float64Array(sent.length);
  for (const { at, gain } of [{ at: 0, gain: 1 }, ...taps])
    for (let i = delay + at; i < out.length; i++)
      out[i] = (out[i] ?? 0) + gain * (played[i - delay - at] ?? 0);
  const scale = 10 ** ((activeDbov(sent) + echoDb - activeDbov(out)) / 20);
  return out.map((sample) => sample * scale);
}

/** One pole at 400 Hz. */
function withoutBass(pcm: Float64Array): Float64Array {
  const keep = Math.exp((-2 * Math.PI * 400) / rate);
  let [before, last] = [0, 0];
  return pcm.map((sample) => {
    last = keep * (last + sample - before);
    before = sample;
    return last;
  });
}

export function together(...parts: readonly ArrayLike<number>[]): Int16Array {
  return Int16Array.from({ length: Math.min(...parts.map((part) => part.length)) }, (_, i) => {
    const sum = Math.round(parts.reduce((all, part) => all + (part[i] ?? 0), 0));
    return Math.max(-32_768, Math.min(32_767, sum));
  });
}
