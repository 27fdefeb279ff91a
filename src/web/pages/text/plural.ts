/** Counts in words, by the plural rules of a language: French says "0 personne", English "0 people". */
export type Count = (n: number, one: string, many: string) => string;

export function counter(language: string): Count {
  const rules = new Intl.PluralRules(language);
  const digits = new Intl.NumberFormat(language);
  return (n, one, many) => `${digits.format(n)} ${rules.select(n) === 'one' ? one : many}`;
}

/** The same without the number, where the sentence puts it elsewhere or leaves it out. */
export function chooser(language: string): Count {
  const rules = new Intl.PluralRules(language);
  return (n, one, many) => (rules.select(n) === 'one' ? one : many);
}
