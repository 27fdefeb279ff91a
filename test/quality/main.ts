import './hook.ts';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { AgreedCodec } from '../../src/media/leg-state.ts';
import { readWav, writeWav } from '../demo/wav.ts';
import { aligned } from './align.ts';
import { measureEcho } from './echo.ts';
import { networks } from './network.ts';
import { resampled, stoi } from './stoi.ts';

/**
 * `npm run quality`: how well speech is understood that came through the real leg over a bad network, with and without what fills the
 * gaps. Every figure is STOI (stoi.ts) against the clean speech.
 */
interface Line {
  readonly codec: string;
  readonly network: string;
  readonly stoi: number;
  readonly stoiWithoutConcealment: number;
  readonly concealedFrames: number;
  /** What the connector itself estimates (E-model). */
  readonly mos: number;
}

const usage = `npm run quality [-- --json] [--keep DIR]

  Speech through the real leg over a relay that loses and delays packets: STOI by codec and network,
  with and without concealment (for Opus: and forward error correction). Then speakerphones: how much softer
  their echo is, and STOI of a caller who talks over the room, with and without suppression.

  --json      the last line is one JSON object
  --keep DIR  what was heard, as WAV files
`;

const codecs: readonly AgreedCodec[] = [
  { name: 'PCMU', payloadType: 0, clockRate: 8_000, channels: 1, fmtp: null },
  { name: 'G722', payloadType: 9, clockRate: 8_000, channels: 1, fmtp: null },
  { name: 'opus', payloadType: 96, clockRate: 48_000, channels: 2, fmtp: 'useinbandfec=1' },
];

/** Twice the same seven seconds: each loss hits other words. */
function speech(rate: number): Int16Array {
  const { samples } = readWav(join(import.meta.dirname, '../demo/speech.wav'));
  const once = Float64Array.from(samples);
  const both = new Float64Array(once.length * 2);
  both.set(once);
  both.set(once, once.length);
  return Int16Array.from(resampled(both, 8_000, rate), (sample) =>
    Math.max(-32_768, Math.min(32_767, Math.round(sample))),
  );
}

async function measure(keep: string | null): Promise<Line[]> {
  const { throughNetwork } = await import('./leg.ts');
  const lines: Line[] = [];
  for (const codec of codecs) {
    const rate = codec.name === 'PCMU' ? 8_000 : 16_000;
    const said = speech(rate);
    const frames = Array.from({ length: Math.floor(said.length / (rate / 50)) }, (_, i) =>
      said.subarray((i * rate) / 50, ((i + 1) * rate) / 50),
    );
    const clean = Float64Array.from(said, (sample) => sample / 32_768);
    for (const [i, { name }] of networks().entries()) {
      const heard = async (concealing: boolean) => {
        const result = await throughNetwork(codec, frames, networks()[i]!, concealing);
        const file = `${codec.name}-${i}${concealing ? '' : '-bare'}.wav`;
        if (keep !== null) writeWav(join(keep, file), { rate, samples: result.pcm });
        return { ...result, score: stoi(clean, aligned(said, result.pcm, rate), rate) };
      };
      const [filled, bare] = [await heard(true), await heard(false)];
      lines.push({
        ...{ codec: codec.name, network: name },
        stoi: Math.round(filled.score * 1_000) / 1_000,
        stoiWithoutConcealment: Math.round(bare.score * 1_000) / 1_000,
        concealedFrames: filled.concealedFrames,
        mos: Math.round(filled.mos * 100) / 100,
      });
    }
  }
  return lines;
}

async function main(): Promise<number> {
  let values;
  try {
    ({ values } = parseArgs({
      options: { json: { type: 'boolean' }, keep: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    }));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error(usage);
    return 2;
  }
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  const lines = await measure(values.keep ?? null);
  console.log('| codec | network | STOI | without concealment | frames concealed | MOS (E-model) |');
  console.log('|---|---|---|---|---|---|');
  for (const line of lines) {
    const { codec, network, stoi: score, stoiWithoutConcealment: bare, concealedFrames, mos } = line;
    console.log(`| ${codec} | ${network} | ${score} | ${bare} | ${concealedFrames} | ${mos} |`);
  }
  const echo = measureEcho();
  console.log(
    '\n| speakerphone: delay, ms | echo, dB | echo softer by, dB | STOI, both talk | without suppression |',
  );
  console.log('|---|---|---|---|---|');
  for (const line of echo)
    console.log(
      `| ${line.delayMs} | ${line.echoDb} | ${line.attenuationDb} | ${line.stoi} | ${line.stoiWithout} |`,
    );
  if (values.json === true) console.log(JSON.stringify({ lines, echo }));
  return 0;
}

process.exitCode = await main();
