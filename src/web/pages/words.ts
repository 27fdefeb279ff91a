import { createFormat, type Format } from './format.ts';
import type { Texts } from './text/english.ts';
import { primaryOf, type Language } from './text/languages.ts';
import { texts } from './text/tables.ts';

/** A language as the pages use it: its words, and how it writes numbers and times. */
export interface Words {
  readonly language: Language;
  readonly t: Texts;
  readonly format: Format;
}

/** `preferred`: the browser's languages, for the region's way to write times: 14:30 or 2:30 PM. */
export function wordsOf(language: Language, preferred: readonly string[]): Words {
  const locale = preferred.find((tag) => primaryOf(tag) === language) ?? language;
  return { language, t: texts[language], format: createFormat(locale) };
}
