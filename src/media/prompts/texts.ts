import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LatchkeyError } from '../../base/errors.ts';

/** The words of every recording, by language and name. */
export type PromptTexts = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * `texts.json` of a folder of prompts: `{ "notice": { "en": "This meeting …", "de": "Diese Besprechung …" }, … }`. A name
 * that one language lacks has no recording in it.
 *
 * @throws LatchkeyError `config-invalid` that names the file and what is wrong with it
 */
export function readTexts(promptsDir: string): PromptTexts {
  const file = join(promptsDir, 'texts.json');
  const invalid = (why: string, cause?: unknown): LatchkeyError =>
    new LatchkeyError('config-invalid', `media.promptsDir: ${file}: ${why}`, { cause });
  let table: unknown;
  try {
    table = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw invalid('cannot be read', error);
  }
  const texts = parseTexts(table);
  if (texts === null) throw invalid('is no table of names, languages and texts');
  return texts;
}

/** Null where it is something else. */
export function parseTexts(table: unknown): PromptTexts | null {
  const texts = new Map<string, Map<string, string>>();
  if (!isRecord(table)) return null;
  for (const [name, spoken] of Object.entries(table)) {
    if (!/^[a-z0-9-]{1,64}$/.test(name) || !isRecord(spoken)) return null;
    for (const [language, text] of Object.entries(spoken)) {
      if (!/^[a-z]{2}$/.test(language) || typeof text !== 'string') return null;
      const own = texts.get(language) ?? new Map<string, string>();
      own.set(name, text);
      texts.set(language, own);
    }
  }
  return texts;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
