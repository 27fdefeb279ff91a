/** The language that a person chose, kept by the browser. A browser that keeps nothing asks anew each time. */
const name = 'latchkey-language';

export function keptLanguage(): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function keepLanguage(language: string): void {
  try {
    localStorage.setItem(name, language);
  } catch {
    // Storage may be barred for this site; the choice then lasts as long as the page.
  }
}
