import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * pocketsphinx with the English model of Debian (pocketsphinx-en-us), which is for 16 kHz: what a telephone lacks above 3.4 kHz counts
 * against every voice alike. Two tasks: which of the given sentences was said, and every word by the model's own language model.
 */
const model = '/usr/share/pocketsphinx/model/en-us';
const dictionary = join(model, 'cmudict-en-us.dict');

export interface Said {
  readonly name: string;
  readonly words: readonly string[];
  /** 8 kHz. */
  readonly pcm: Int16Array;
}

export interface Recognition {
  readonly sentencesRight: number;
  readonly sentences: number;
  /** Wrong, missing and added words of all words, in percent. */
  readonly wordErrors: number;
}

export const canRecognise = (): boolean =>
  existsSync(dictionary) && spawnSync('pocketsphinx_batch', []).error === undefined;

/** Words as the dictionary has them; null where it lacks one. */
export function wordsOf(text: string): readonly string[] | null {
  const words =
    text
      .toLowerCase()
      .replaceAll('’', "'")
      .match(/[a-z']+/g) ?? [];
  return words.every((word) => pronunciations().has(word)) ? words : null;
}

let known: Map<string, string[]> | null = null;
function pronunciations(): Map<string, string[]> {
  if (known !== null) return known;
  known = new Map();
  for (const line of readFileSync(dictionary, 'latin1').split('\n')) {
    const [entry = '', ...phones] = line.split(/\s+/);
    const word = entry.replace(/\(\d+\)$/, '');
    known.set(word, [...(known.get(word) ?? []), phones.join(' ')]);
  }
  return known;
}

/** `folder`: for its files. */
export function recognise(said: readonly Said[], folder: string): Recognition {
  const own = new Set(said.flatMap(({ words }) => words));
  const entries = [...own].flatMap((word) =>
    (pronunciations().get(word) ?? []).map((phones, i) => `${word}${i === 0 ? '' : `(${i + 1})`} ${phones}`),
  );
  writeFileSync(join(folder, 'own.dict'), `${entries.join('\n')}\n`);
  const sentences = said.map(({ words }) => words.join(' '));
  writeFileSync(
    join(folder, 'own.jsgf'),
    `#JSGF V1.0;\ngrammar own;\npublic <said> = ${sentences.join(' | ')};\n`,
  );
  for (const { name, pcm } of said) writeFileSync(join(folder, `${name}.raw`), atModelRate(pcm));
  writeFileSync(join(folder, 'names'), said.map(({ name }) => `${name}\n`).join(''));
  const chosen = run(folder, ['-jsgf', join(folder, 'own.jsgf'), '-dict', join(folder, 'own.dict')]);
  const heard = run(folder, ['-lm', join(model, 'en-us.lm.bin'), '-dict', dictionary]);
  const errors = said.reduce((sum, { words }, i) => sum + distance(words, heard[i] ?? []), 0);
  const words = said.reduce((sum, one) => sum + one.words.length, 0);
  return {
    sentencesRight: chosen.filter((line, i) => line.join(' ') === sentences[i]).length,
    sentences: said.length,
    wordErrors: (100 * errors) / words,
  };
}

function run(folder: string, task: readonly string[]): readonly (readonly string[])[] {
  const hypotheses = join(folder, 'heard');
  const files = ['-cepdir', folder, '-cepext', '.raw', '-ctl', join(folder, 'names'), '-hyp', hypotheses];
  const args = ['-hmm', join(model, 'en-us'), ...task, '-adcin', 'yes', ...files, '-logfn', '/dev/null'];
  const { status, stderr } = spawnSync('pocketsphinx_batch', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`pocketsphinx_batch: ${stderr.split('\n')[0] ?? ''}`);
  const lines = readFileSync(hypotheses, 'utf8').trimEnd().split('\n');
  return lines.map((line) =>
    line
      .replace(/\s*\([^()]*\)$/, '')
      .split(' ')
      .filter((word) => word !== '' && !word.startsWith('<') && !word.startsWith('['))
      .map((word) => word.replace(/\(\d+\)$/, '')),
  );
}

/** The model's rate by sox, so that nothing but the telephone's band is missing. */
function atModelRate(pcm: Int16Array): Buffer {
  const raw = ['-t', 'raw', '-c', '1', '-b', '16', '-e', 'signed'];
  const input = Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  const args = ['-G', '-D', ...raw, '-r', '8000', '-', ...raw, '-r', '16000', '-'];
  const { status, stdout, stderr } = spawnSync('sox', args, { input, maxBuffer: 64 << 20 });
  if (status !== 0) throw new Error(`sox: ${stderr.toString()}`);
  return stdout;
}

/** Levenshtein, in words. */
function distance(said: readonly string[], heard: readonly string[]): number {
  let row = Array.from({ length: heard.length + 1 }, (_, i) => i);
  said.forEach((word, i) => {
    const next = [i + 1];
    heard.forEach((other, j) => {
      const swapped = (row[j] ?? 0) + (word === other ? 0 : 1);
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, swapped));
    });
    row = next;
  });
  return row.at(-1) ?? 0;
}
