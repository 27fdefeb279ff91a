import type { JSX } from 'preact';
import { isLanguage, languageNames } from './text/languages.ts';
import type { PageController } from './view.ts';
import { useWords } from './use-words.ts';

/** Which language the page speaks. Each names itself, marked as such, so that a screen reader says it right. */
export function LanguageChoice({ controller }: { controller: PageController }): JSX.Element {
  const { language, t } = useWords();
  return (
    <label class="language">
      <span class="visually-hidden">{t.language}</span>
      <select
        value={language}
        onChange={(event) => {
          const code = event.currentTarget.value;
          if (isLanguage(code)) controller.setLanguage(code);
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
