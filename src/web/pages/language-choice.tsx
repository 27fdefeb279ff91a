import type { JSX } from 'preact';
import { isLanguage, languageNames, type Language } from './text/languages.ts';

interface LanguageChoiceProps {
  readonly language: Language;
  /** What a screen reader calls it, in that language. */
  readonly label: string;
  readonly onLanguage: (language: Language) => void;
}

/** Which language the page speaks. Each names itself, marked as such, so that a screen reader says it right. */
export function LanguageChoice({ language, label, onLanguage }: LanguageChoiceProps): JSX.Element {
  return (
    <label class="language">
      <span class="visually-hidden">{label}</span>
      <select
        value={language}
        onChange={(event) => {
          const code = event.currentTarget.value;
          if (isLanguage(code)) onLanguage(code);
        }}
      >
        {Object.entries(languageNames).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
