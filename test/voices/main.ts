import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { framed, levelled, trimmed } from '../../src/cli/prompt-audio.ts';
import { asTelephone, speak } from '../../src/cli/synthesizer.ts';
import { readTexts } from '../../src/media/prompts/texts.ts';
import { readWav } from '../demo/wav.ts';
import { canRecognise, recognise, wordsOf, type Recognition } from './recogniser.ts';
import { soundOf, type Sound } from './sound.ts';

/** `npm run voices`: the table of voices in docs/callers.md, made again. */
const usage = `npm run voices [-- --json]

  The same sentences by every synthesizer that is installed, as a telephone carries them (8 kHz, 180 to 3500 Hz): level, clipping,
  bandwidth, and for English what a recogniser understands. Debian packages: flite, festival with festvox-us-slt-hts, espeak-ng,
  sox, pocketsphinx, pocketsphinx-en-us. "recordings" are those of config/prompts. Takes some minutes.

  --json   one JSON object instead of the table
`;

const promptsDir = resolve(import.meta.dirname, '../../config/prompts');
const languages = ['en', 'de', 'fr', 'es'] as const;
/** Long enough that a recogniser has something to hear, short enough that it has not too much. */
const [fewestWords, mostWords] = [4, 25];

interface Line {
  readonly language: string;
  readonly voice: string;
  /** As it comes, and as a prompt is made of it. */
  readonly asIs: Sound;
  readonly made: Sound;
  readonly recognition: Recognition | null;
}

type Voice = (text: string, name: string, scratch: string) => Int16Array;

function festival(text: string, _name: string, scratch: string): Int16Array {
  const args = ['-eval', '(voice_cmu_us_slt_arctic_hts)', '-o', scratch];
  const { status, stderr } = spawnSync('text2wave', args, { input: text, encoding: 'utf8' });
  if (status !== 0) throw new Error(`text2wave: ${stderr}`);
  return asTelephone(scratch);
}

const isThere = (program: string): boolean => spawnSync(program, ['--help']).error === undefined;

function voicesOf(language: string): readonly (readonly [string, Voice])[] {
  const by =
    (which: 'flite' | 'pico' | 'espeak-ng'): Voice =>
    (text, _name, scratch) =>
      speak(which, language, text, scratch);
  const all: readonly (readonly [string, boolean, Voice])[] = [
    ['flite slt', language === 'en' && isThere('flite'), by('flite')],
    ['festival slt (HTS)', language === 'en' && isThere('text2wave'), festival],
    ['espeak-ng', isThere('espeak-ng'), by('espeak-ng')],
    ['pico', isThere('pico2wave'), by('pico')],
    ['recordings', true, (_text, name) => readWav(join(promptsDir, language, `${name}.wav`)).samples],
  ];
  return all.flatMap(([name, there, voice]) => (there ? [[name, voice] as const] : []));
}

function linesOf(language: string, scratch: string): Line[] {
  const recogniser = language === 'en' && canRecognise();
  const texts = [...(readTexts(promptsDir).get(language) ?? [])].flatMap(([name, text]) => {
    const count = text.split(/\s+/).length;
    const words = recogniser ? wordsOf(text) : [];
    return count < fewestWords || count > mostWords || words === null ? [] : [{ name, text, words }];
  });
  return voicesOf(language).map(([voice, say]) => {
    const spoken = texts.map(({ name, text, words }) => {
      const pcm = say(text, name, join(scratch, 'spoken.wav'));
      return { name, words, pcm, made: voice === 'recordings' ? pcm : framed(levelled(trimmed(pcm))) };
    });
    return {
      ...{ language, voice },
      asIs: soundOf(spoken.map(({ pcm }) => pcm)),
      made: soundOf(spoken.map(({ made }) => made)),
      recognition: recogniser
        ? recognise(
            spoken.map(({ name, words, made }) => ({ name, words, pcm: made })),
            scratch,
          )
        : null,
    };
  });
}

const head = [
  '| | voice | level as it comes, dBm0 | level as made | peak | clipped | 95 % of power below | above 2 kHz | sentences told apart | word errors |',
  '|---|---|---|---|---|---|---|---|---|---|',
];

function row({ language, voice, asIs, made, recognition }: Line): string {
  const told =
    recognition === null
      ? ['', '']
      : [
          `${recognition.sentencesRight} of ${recognition.sentences}`,
          `${recognition.wordErrors.toFixed(0)} %`,
        ];
  const cells = [
    ...[language, voice, asIs.levelDbm0.toFixed(1), made.levelDbm0.toFixed(1), String(made.peak)],
    ...[String(made.clipped), `${made.rolloffHz.toFixed(0)} Hz`, `${made.highDb.toFixed(1)} dB`, ...told],
  ];
  return `| ${cells.join(' | ')} |`;
}

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});
if (values.help) {
  process.stdout.write(usage);
} else {
  const scratch = mkdtempSync(join(tmpdir(), 'latchkey-voices-'));
  try {
    const lines = languages.flatMap((language) => linesOf(language, scratch));
    const table = [...head, ...lines.map(row)].join('\n');
    process.stdout.write(values.json ? `${JSON.stringify({ lines })}\n` : `${table}\n`);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
