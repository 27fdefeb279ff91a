import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { keepLanguage, keptLanguage } from '../pages/kept-language.ts';
import { LanguageChoice } from '../pages/language-choice.tsx';
import { chooseLanguage, type Language } from '../pages/text/languages.ts';
import { Console } from './console.tsx';
import { forgetKey, keepKey, keptKey } from './kept-key.ts';
import { SignIn } from './sign-in.tsx';
import { operatorWords, OperatorWordsContext } from './use-words.ts';

export function App(): JSX.Element {
  const [language, setLanguage] = useState<Language>(() =>
    chooseLanguage(keptLanguage(), navigator.languages),
  );
  const [key, setKey] = useState(keptKey);
  const words = operatorWords(language);
  useEffect(() => {
    document.documentElement.lang = language;
    document.title = words.t.title;
  }, [language]);
  return (
    <OperatorWordsContext.Provider value={words}>
      <div class="page operator-page">
        <header class="top">
          <span class="wordmark">
            <span class="wordmark-key" aria-hidden="true" />
            Latchkey
          </span>
          <LanguageChoice
            language={language}
            label={words.t.language}
            onLanguage={(chosen) => {
              keepLanguage(chosen);
              setLanguage(chosen);
            }}
          />
        </header>
        <main class="meeting">
          {key === null ? (
            <SignIn
              onKey={(given) => {
                keepKey(given);
                setKey(given);
              }}
            />
          ) : (
            <>
              <h1 class="visually-hidden">{words.t.signIn.heading}</h1>
              <Console
                apiKey={key}
                onSignOut={() => {
                  forgetKey();
                  setKey(null);
                }}
              />
            </>
          )}
        </main>
      </div>
    </OperatorWordsContext.Provider>
  );
}
