import { spawnSync } from 'node:child_process';
import { LatchkeyError } from '../base/errors.ts';

/**
 * Speech synthesizers that a set of prompts can be made with (docs/callers.md compares them): flite's slt voice for
 * English, SVOX Pico for German, French and Spanish, espeak-ng where that is not installed.
 */
export const synthesizers = ['flite', 'pico', 'espeak-ng'] as const;
export type Synthesizer = (typeof synthesizers)[number];

const picoLanguages: Readonly<Record<string, string>> = {
  en: 'en-GB',
  de: 'de-DE',
  fr: 'fr-FR',
  es: 'es-ES',
};

/** The best one that is here for this language. */
export function preferred(language: string): Synthesizer {
  if (language === 'en') return 'flite';
  return language in picoLanguages && isThere('pico2wave') ? 'pico' : 'espeak-ng';
}

const isThere = (name: string): boolean => spawnSync(name, ['--help']).error === undefined;

/** Spoken text as 8 kHz PCM, limited to what a telephone carries (ITU-T G.712: 300 to 3400 Hz). `scratch`: a WAV file to be written. */
export function speak(by: Synthesizer, language: string, text: string, scratch: string): Int16Array {
  switch (by) {
    case 'flite':
      tool('flite', ['-voice', 'slt', '-t', text, '-o', scratch]);
      break;
    case 'pico':
      tool('pico2wave', ['-l', picoLanguages[language] ?? language, '-w', scratch, text]);
      break;
    case 'espeak-ng':
      tool('espeak-ng', ['-v', language, '-s', '150', '-w', scratch, text]);
      break;
  }
  return asTelephone(scratch);
}

/** A WAV file as a telephone carries it. */
export function asTelephone(file: string): Int16Array {
  const format = ['-t', 'raw', '-r', '8000', '-c', '1', '-b', '16', '-e', 'signed'];
  const raw = tool('sox', ['-G', file, '-D', ...format, '-', 'highpass', '180', 'lowpass', '3500']);
  return new Int16Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + (raw.length & ~1)));
}

/** Runs a tool; its standard output. @throws LatchkeyError `usage` where it is missing or fails */
function tool(name: string, args: readonly string[]): Buffer {
  const run = spawnSync(name, args, { maxBuffer: 64 << 20 });
  if (run.error !== undefined || run.status !== 0) {
    const detail = run.error?.message ?? run.stderr.toString().split('\n')[0] ?? '';
    throw new LatchkeyError(
      'usage',
      `${name} did not run (latchkey prompts --help says what is needed): ${detail}`,
    );
  }
  return run.stdout;
}
