import { createFormat, type Format } from './format.ts';
import type { Texts } from './text/english.ts';
import { isLanguage, texts, type Language } from './text/tables.ts';

/** A language as the pages use it: its words, and how it writes numbers and times. */
export interface Words {
  readonly language: Language;
  readonly t: Texts;
  readonly format: Format;
}

const primary = (tag: string): string => tag.toLowerCase().split('-')[0] ?? '';

/** What the person chose here before, else the first language of the browser that there is a table for, else English. */
export function chooseLanguage(kept: string | null, preferred: readonly string[]): Language {
  const found = [kept ?? '', ...preferred.map(primary)].find(isLanguage);
  return found ?? 'en';
}

/** `preferred`: the browser's languages, for the region's way to write times: 14:30 or 2:30 PM. */
export function wordsOf(language: Language, preferred: readonly string[]): Words {
  const locale = preferred.find((tag) => primary(tag) === language) ?? language;
  return { language, t: texts[language], format: createFormat(locale) };
}
