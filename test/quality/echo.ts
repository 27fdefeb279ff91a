import { EchoSuppressor } from '../../src/media/echo/suppressor.ts';
import {
  decibels,
  echoOf,
  lineNoise,
  powerOf,
  together,
  voiceOf,
  type Speakerphone,
} from '../support/speakerphone.ts';
import { stoi } from './stoi.ts';

/** What a speakerphone gives back of the room, and how well its caller is understood, with and without suppression. */
export interface EchoLine extends Speakerphone {
  /** By how much the echo is softer while only the room talks; after the first five seconds, noise of the line left out. */
  readonly attenuationDb: number;
  /** Of the caller's speech while both talk. */
  readonly stoi: number;
  readonly stoiWithout: number;
}

const rate = 8_000;
const frame = 160;
const seconds = 20;
const settled = 5 * rate;
/** 12 ms. */
const late = 96;
const noiseDbov = -62;
const phones: readonly Speakerphone[] = [
  { delayMs: 40, echoDb: -6, reverberationMs: 200 },
  { delayMs: 180, echoDb: -6, reverberationMs: 300 },
  { delayMs: 180, echoDb: -12, reverberationMs: 300 },
  { delayMs: 330, echoDb: -18, reverberationMs: 400 },
  { delayMs: 500, echoDb: -20, reverberationMs: 300 },
];

/** The prompts in English are the room, those in German the caller. */
export function measureEcho(): EchoLine[] {
  const room = voiceOf('en', seconds);
  const caller = voiceOf('de', seconds);
  const noise = lineNoise(room.length, noiseDbov);
  return phones.map((phone) => {
    const echo = echoOf(room, phone);
    const alone = suppressed(room, together(echo, noise));
    const both = together(caller, echo, noise);
    return {
      ...phone,
      attenuationDb: rounded(attenuation(echo, alone), 10),
      stoi: rounded(stoi(part(caller), part(suppressed(room, both), late), rate), 1_000),
      stoiWithout: rounded(stoi(part(caller), part(both), rate), 1_000),
    };
  });
}

function suppressed(room: Int16Array, from: Int16Array): Int16Array {
  const suppressor = new EchoSuppressor();
  const out = new Int16Array(from.length);
  for (let at = 0; at + frame <= from.length; at += frame) {
    out.set(suppressor.heard(from.subarray(at, at + frame)) ?? [], at);
    suppressor.sent(room.subarray(at, at + frame));
  }
  return out;
}

function attenuation(echo: Float64Array, out: Int16Array): number {
  const floor = 32_768 ** 2 * 10 ** (noiseDbov / 10);
  let [came, stayed] = [0, 0];
  for (let at = settled; at + frame + late <= out.length; at += frame) {
    const power = powerOf(echo, at, frame);
    if (power < floor) continue;
    came += power;
    stayed += Math.max(0, powerOf(out, at + late, frame) - floor);
  }
  return decibels(came) - decibels(Math.max(stayed, came / 1e4));
}

const part = (pcm: Int16Array, shift = 0): Float64Array =>
  Float64Array.from(pcm.subarray(settled + shift, pcm.length - late + shift), (sample) => sample / 32_768);
const rounded = (value: number, by: number): number => Math.round(value * by) / by;
