/** The languages of the pages, each in its own words: whoever looks for a language may read no other. */
export const languageNames = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
} as const;

export type Language = keyof typeof languageNames;

export function isLanguage(code: string): code is Language {
  return Object.hasOwn(languageNames, code);
}

export const primaryOf = (tag: string): string => tag.toLowerCase().split('-')[0] ?? '';

/** What the person chose here before, else the first language of the browser that there is a table for, else English. */
export function chooseLanguage(kept: string | null, preferred: readonly string[]): Language {
  const found = [kept ?? '', ...preferred.map(primaryOf)].find(isLanguage);
  return found ?? 'en';
}
