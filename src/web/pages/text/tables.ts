import { english, type Texts } from './english.ts';
import { french } from './french.ts';
import { german } from './german.ts';
import type { Language } from './languages.ts';
import { spanish } from './spanish.ts';

/** A new language is one more table here; the compiler names what it lacks. */
export const texts: Readonly<Record<Language, Texts>> = {
  en: english,
  de: german,
  fr: french,
  es: spanish,
};
