import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LatchkeyError } from '../base/errors.ts';
import { parseTexts } from '../media/prompts/texts.ts';
import type { NoticeWords } from '../ledger/export/leg-story.ts';

const shipped = fileURLToPath(new URL('../../config/prompts', import.meta.url));

/**
 * The words of every notice that can be found: the ones that come with Latchkey, those of the operator's own prompts, and
 * files named by hand, each either a prompt table or the words alone.
 *
 * @throws LatchkeyError `usage` for a file named by hand that cannot be read
 */
export function noticeWords(promptsDir: string | null, files: readonly string[]): NoticeWords {
  const words = new Map<string, string>();
  const add = (text: string): void => {
    words.set(createHash('sha256').update(text).digest('base64url'), text);
  };
  for (const folder of [shipped, ...(promptsDir === null ? [] : [promptsDir])]) {
    for (const file of tablesIn(folder)) {
      for (const text of noticesIn(readFileSync(file, 'utf8'))) add(text);
    }
  }
  for (const file of files) {
    const content = readNamed(file);
    const texts = noticesIn(content);
    for (const text of texts.length > 0 ? texts : [content.replace(/\r?\n$/, '')]) add(text);
  }
  return words;
}

function tablesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** In every language and form; empty where this is no table of prompts. */
function noticesIn(content: string): string[] {
  try {
    const texts = parseTexts(JSON.parse(content)) ?? new Map<string, ReadonlyMap<string, string>>();
    return [...texts.values()].flatMap((own) =>
      ['notice', 'notice-short', 'notice-taken'].flatMap((name) => own.get(name) ?? []),
    );
  } catch {
    return [];
  }
}

function readNamed(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new LatchkeyError('usage', `--notice: cannot read ${file}`, { cause: error });
  }
}
