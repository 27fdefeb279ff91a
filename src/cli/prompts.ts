import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LatchkeyError } from '../base/errors.ts';
import { readTexts } from '../media/prompts/texts.ts';
import { parseCommandLine } from './command-line.ts';
import { framed, levelled, lobbySound, trimmed, wav } from './prompt-audio.ts';
import { helpTail } from './table.ts';
import { preferred, speak, synthesizers, type Synthesizer } from './synthesizer.ts';

const help = `latchkey prompts: make the spoken prompts anew from their text table

Usage: latchkey prompts [make] [--language LANG] [--only NAME,...] [--by SYNTHESIZER] [--dir FOLDER]

  --language LANG   en, de, fr, es or another of the table; left out: all of them
  --only NAME,...   these prompts only
  --by SYNTHESIZER  flite, pico or espeak-ng; left out: flite for en, else pico where pico2wave is installed
  --dir FOLDER      reads FOLDER/texts.json, writes FOLDER/LANG/*.wav; default: the prompts that come with Latchkey

Needs sox and the synthesizers: Debian packages sox, flite, espeak-ng, and libttspico-utils of its section non-free.
To use recordings of your own instead, put WAV files of the same names (8 kHz, mono, 16 bit) into a copy of the
folder and name it in media.promptsDir; see docs/callers.md.
${helpTail('prompts')}`;

const bundled = fileURLToPath(new URL('../../config/prompts', import.meta.url));

export function promptsCommand(args: readonly string[]): Promise<number> {
  const { values } = parseCommandLine(args[0] === 'make' ? args.slice(1) : args, {
    language: { type: 'string' },
    only: { type: 'string' },
    by: { type: 'string' },
    dir: { type: 'string', default: bundled },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (values.help) {
    process.stdout.write(help);
    return Promise.resolve(0);
  }
  const texts = readTexts(values.dir);
  if (values.language !== undefined && !texts.has(values.language))
    throw new LatchkeyError('usage', `--language: ${values.dir}/texts.json has no “${values.language}”`);
  const only = values.only?.split(',') ?? null;
  for (const [language, table] of texts) {
    if (values.language !== undefined && values.language !== language) continue;
    const names = only ?? [...table.keys()];
    const spoken = names.map((name) => [name, table.get(name) ?? unknown(name, language)] as const);
    makeLanguage(values.dir, language, {
      by: synthesizerOf(values.by, language),
      spoken,
      all: only === null,
    });
  }
  writeFileSync(join(values.dir, 'lobby-sound.wav'), wav(lobbySound()));
  return Promise.resolve(0);
}

function unknown(name: string, language: string): never {
  throw new LatchkeyError('usage', `--only: there is no prompt “${name}” in “${language}”`);
}

function synthesizerOf(given: string | undefined, language: string): Synthesizer {
  if (given === undefined) return preferred(language);
  const known = synthesizers.find((each) => each === given);
  if (known === undefined) throw new LatchkeyError('usage', `--by takes ${synthesizers.join(', ')}`);
  return known;
}

interface Work {
  readonly by: Synthesizer;
  readonly spoken: readonly (readonly [name: string, text: string])[];
  /** Recordings that the table no longer names are removed. */
  readonly all: boolean;
}

function makeLanguage(dir: string, language: string, { by, spoken, all }: Work): void {
  const folder = join(dir, language);
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(tmpdir(), 'latchkey-prompts-'));
  try {
    for (const [name, text] of spoken) {
      const pcm = levelled(trimmed(speak(by, language, text, join(scratch, 'spoken.wav'))));
      // Numbers stand inside of a sentence.
      const prompt = framed(pcm, name.startsWith('n-') ? 'word' : 'sentence');
      writeFileSync(join(folder, `${name}.wav`), wav(prompt));
      process.stdout.write(`${language}/${name}.wav  ${(prompt.length / 8_000).toFixed(1)} s  ${by}\n`);
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
  const named = new Set(spoken.map(([name]) => `${name}.wav`));
  for (const file of all ? readdirSync(folder) : [])
    if (file.endsWith('.wav') && !named.has(file)) rmSync(join(folder, file));
}
