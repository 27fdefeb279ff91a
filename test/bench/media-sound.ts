import { join } from 'node:path';
import { createEncoder } from '../../src/media/codec/leg-codecs.ts';
import { loadOpus } from '../../src/media/codec/opus-loader.ts';
import type { AgreedCodec, LegCodec } from '../../src/media/leg-state.ts';
import { readWav } from '../demo/wav.ts';

/** Speech as payloads that are coded before anything is measured. */
const codecs: Readonly<Record<LegCodec, AgreedCodec>> = {
  PCMU: { name: 'PCMU', payloadType: 0, clockRate: 8_000, channels: 1, fmtp: null },
  PCMA: { name: 'PCMA', payloadType: 8, clockRate: 8_000, channels: 1, fmtp: null },
  G722: { name: 'G722', payloadType: 9, clockRate: 8_000, channels: 1, fmtp: null },
  opus: { name: 'opus', payloadType: 96, clockRate: 48_000, channels: 2, fmtp: null },
};

export const agreedCodec = (name: LegCodec): AgreedCodec => codecs[name];

/** Frames of 20 ms at 8 kHz in which somebody talks: what every line does that is never silent. */
export function talkingFrames(): Int16Array[] {
  const { samples } = readWav(join(import.meta.dirname, '../demo/speech.wav'));
  const frames = Array.from({ length: Math.floor(samples.length / 160) }, (_, i) =>
    samples.slice(i * 160, (i + 1) * 160),
  );
  return frames.filter((frame) => frame.reduce((sum, s) => sum + s * s, 0) / 160 > 500 ** 2);
}

/** A line on which nobody talks: noise at about -72 dBov. */
function quietFrame(): Int16Array {
  return Int16Array.from({ length: 160 }, () => Math.round((Math.random() - 0.5) * 16));
}

export interface Payloads {
  readonly talking: readonly Buffer[];
  readonly quiet: readonly Buffer[];
}

export function payloadsOf(name: LegCodec): Payloads {
  const encoder = createEncoder(codecs[name], () => loadOpus().codec);
  const coded = (frames: readonly Int16Array[]): Buffer[] =>
    frames.map((frame) => {
      const out = Buffer.alloc(1_500);
      const wide =
        encoder.rate === 8_000 ? frame : Int16Array.from({ length: 320 }, (_, i) => frame[i >> 1] ?? 0);
      return Buffer.from(out.subarray(0, encoder.encode(wide, out, 0)));
    });
  const talking = coded(talkingFrames());
  const quiet = coded(Array.from({ length: 50 }, quietFrame));
  encoder.close();
  return { talking, quiet };
}

/** As a browser sends it: 48 kHz. */
export function opusOfTalker(): Buffer[] {
  const encoder = loadOpus().codec.encoder({ rate: 48_000, bitrate: 32_000, complexity: 5 });
  const packets = talkingFrames().map((frame) => {
    const full = Int16Array.from({ length: 960 }, (_, i) => frame[Math.trunc(i / 6)] ?? 0);
    return Buffer.from(encoder.encode(full) ?? []);
  });
  encoder.close();
  return packets;
}
