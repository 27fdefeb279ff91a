import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Language } from '../pages/text/languages.ts';
import { english, type Texts } from './text/english.ts';
import { french } from './text/french.ts';
import { german } from './text/german.ts';
import { spanish } from './text/spanish.ts';

/** A new language is one more table here; the compiler names what it lacks. */
export const operatorTexts: Readonly<Record<Language, Texts>> = {
  en: english,
  de: german,
  fr: french,
  es: spanish,
};

export interface OperatorWords {
  readonly language: Language;
  readonly t: Texts;
  /** With so many decimals, as the language writes them. */
  readonly number: (value: number, decimals?: number) => string;
  readonly percent: (part: number) => string;
  readonly clock: (ms: number) => string;
}

export function operatorWords(language: Language): OperatorWords {
  const clock = new Intl.DateTimeFormat(language, { timeStyle: 'medium', hour12: false });
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
  return {
    language,
    t: operatorTexts[language],
    number: (value, decimals = 0) =>
      new Intl.NumberFormat(language, {
        minimumFractionDigits: decimals,
        maximumFractionDigits: decimals,
      }).format(value),
    percent: (part) => percent.format(part),
    clock: (ms) => clock.format(ms),
  };
}

export const OperatorWordsContext = createContext<OperatorWords>(operatorWords('en'));

export const useOperatorWords = (): OperatorWords => useContext(OperatorWordsContext);
