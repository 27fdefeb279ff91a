import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LatchkeyError } from '../base/errors.ts';
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
      const text = noticeIn(readFileSync(file, 'utf8'));
      if (text !== null) add(text);
    }
  }
  for (const file of files) {
    const content = readNamed(file);
    add(noticeIn(content) ?? content.replace(/\r?\n$/, ''));
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

/** Null where this is no prompt table. */
function noticeIn(content: string): string | null {
  try {
    const table: unknown = JSON.parse(content);
    const notice = typeof table === 'object' && table !== null && 'notice' in table ? table.notice : null;
    return typeof notice === 'string' ? notice : null;
  } catch {
    return null;
  }
}

function readNamed(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new LatchkeyError('usage', `--notice: cannot read ${file}`, { cause: error });
  }
}
