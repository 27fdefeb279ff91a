import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleRate } from '../../src/media/audio/frame.ts';
import { ToneDetector } from '../../src/media/dtmf/tones.ts';
import { readWav } from '../demo/wav.ts';

/**
 * Whether key tones are heard where there are none (talk-off): more than an hour of speech by the synthesizers that are
 * installed (Debian packages espeak-ng and flite), words of this project's own pages in random order, each voice at three
 * paces. The last line is `N digits in M minutes`; exit code 1 where N is not 0 or no synthesizer is there.
 */
const words = ['media', 'threat-model', 'sip', 'architecture'].flatMap(
  (page) => readFileSync(new URL(`../../docs/${page}.md`, import.meta.url), 'utf8').match(/[A-Za-z]+/g) ?? [],
);
const wordsOfText = 4_000;
const paces = [0.8, 1, 1.25];

/** The same text at each run. */
function text(): string {
  let state = 7;
  return Array.from({ length: wordsOfText }, (_, i) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return `${words[state % words.length] ?? ''}${i % 12 === 11 ? '.\n' : ''}`;
  }).join(' ');
}

const folder = mkdtempSync(join(tmpdir(), 'talk-off-'));
const spoken = join(folder, 'text');
writeFileSync(spoken, text());

/** Speaks the text; null where the program is not installed. */
function speech(program: string, args: readonly string[]): Int16Array | null {
  const file = join(folder, `${program}.wav`);
  try {
    execFileSync(program, [...args, file], { stdio: 'ignore' });
  } catch {
    return null;
  }
  const { rate, samples } = readWav(file);
  return atRate(samples, rate / sampleRate);
}

/** Every `step`th sample, each the mean of those it stands for. */
function atRate(samples: Int16Array, step: number): Int16Array {
  const width = Math.max(1, Math.round(step));
  return Int16Array.from({ length: Math.floor(samples.length / step) }, (_, i) => {
    const from = Math.floor(i * step);
    return samples.subarray(from, from + width).reduce((sum, sample) => sum + sample, 0) / width;
  });
}

function digitsIn(pcm: Int16Array): string {
  const detector = new ToneDetector(sampleRate);
  let digits = '';
  for (let at = 0; at < pcm.length; at += 160)
    digits += detector.push(pcm.subarray(at, at + 160)).digit ?? '';
  return digits;
}

let minutes = 0;
let found = 0;
for (const [program, args] of [
  ['espeak-ng', ['-f', spoken, '-w']],
  ['flite', ['-voice', 'slt', '-f', spoken, '-o']],
  ['flite', ['-voice', 'rms', '-f', spoken, '-o']],
] as const) {
  const pcm = speech(program, args);
  if (pcm === null) continue;
  for (const pace of paces) {
    const paced = atRate(pcm, pace);
    const digits = digitsIn(paced);
    const length = paced.length / sampleRate / 60;
    console.log(`${program} x ${pace}: ${length.toFixed(1)} minutes, digits: ${digits || 'none'}`);
    minutes += length;
    found += digits.length;
  }
}
rmSync(folder, { recursive: true, force: true });
console.log(`${found} digits in ${Math.round(minutes)} minutes`);
process.exitCode = found === 0 && minutes > 0 ? 0 : 1;
