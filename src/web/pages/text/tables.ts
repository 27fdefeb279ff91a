import { english, type Texts } from './english.ts';
import { french } from './french.ts';
import { german } from './german.ts';
import { spanish } from './spanish.ts';

/** The languages of the pages. A new one is one more table here; the compiler names what it lacks. */
export const texts = { en: english, de: german, fr: french, es: spanish } satisfies Readonly<
  Record<string, Texts>
>;

export type Language = keyof typeof texts;

/** Each in its own words: whoever looks for a language may read no other. */
export const languageNames: Readonly<Record<Language, string>> = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
};

export function isLanguage(code: string): code is Language {
  return Object.hasOwn(texts, code);
}
