import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { keepLanguage, keptLanguage } from '../pages/kept-language.ts';
import { LanguageChoice } from '../pages/language-choice.tsx';
import { chooseLanguage, type Language } from '../pages/text/languages.ts';
import { DropCard } from './drop-card.tsx';
import { nothingGiven, sortGiven, UnreadableFile, type Given, type GivenFile } from './given-file.ts';
import { checkGiven, type Checked } from './read-log.ts';
import { Result } from './result.tsx';
import { wordsOf, type Words } from './text/tables.ts';
import { useWords, WordsContext } from './use-words.ts';

type State =
  | { readonly kind: 'empty'; readonly fault: Faulty | null }
  | { readonly kind: 'reading'; readonly name: string; readonly part: number }
  | { readonly kind: 'checked'; readonly given: Given; readonly trust: string; readonly checked: Checked };

/** A file that could not be read; null: only checkpoints were given. */
type Faulty = { readonly error: unknown; readonly name: string } | { readonly error: null };

/** Drop a file, see whether it verifies, and who could hear when. Nothing leaves the page: it may connect to nowhere. */
export function App(): JSX.Element {
  const [language, setLanguage] = useState<Language>(() =>
    chooseLanguage(keptLanguage(), navigator.languages),
  );
  const words = wordsOf(language);
  useEffect(() => {
    document.documentElement.lang = language;
    document.title = words.t.title;
  }, [language]);
  return (
    <WordsContext.Provider value={words}>
      <Page
        onLanguage={(chosen) => {
          keepLanguage(chosen);
          setLanguage(chosen);
        }}
      />
    </WordsContext.Provider>
  );
}

function Page({ onLanguage }: { readonly onLanguage: (language: Language) => void }): JSX.Element {
  const words = useWords();
  const [state, setState] = useState<State>({ kind: 'empty', fault: null });
  // What is dropped while something else is read takes its place.
  const turn = useRef(0);
  const check = (before: Given, files: readonly GivenFile[], trust: string): void => {
    const mine = (turn.current += 1);
    const set = (next: State): void => {
      if (turn.current === mine) setState(next);
    };
    const name = files[0]?.name ?? before.ledger?.name ?? '';
    set({ kind: 'reading', name, part: 0 });
    const run = async (): Promise<State> => {
      const given = await sortGiven(before, files);
      if (given.ledger === null && given.evidence === null) return { kind: 'empty', fault: { error: null } };
      const size = given.ledger?.size ?? 0;
      const checked = await checkGiven(given, trustedOf(trust), (read) =>
        set({ kind: 'reading', name, part: size === 0 ? 0 : Math.min(1, read / size) }),
      );
      return { kind: 'checked', given, trust, checked };
    };
    run().then(set, (error: unknown) => set({ kind: 'empty', fault: { error, name } }));
  };
  const add = (files: readonly GivenFile[]): void =>
    state.kind === 'checked' ? check(state.given, files, state.trust) : check(nothingGiven, files, '');
  useDrop(add);
  return (
    <div class="page verify-page">
      <header class="top">
        <span class="wordmark">
          <span class="wordmark-key" aria-hidden="true" />
          Latchkey
        </span>
        <span class="top-private">{words.t.offline}</span>
        <LanguageChoice language={words.language} label={words.t.language} onLanguage={onLanguage} />
      </header>
      <main class="meeting">
        {state.kind === 'checked' ? (
          <Result
            given={state.given}
            trust={state.trust}
            checked={state.checked}
            onTrust={(trust) => check(state.given, [], trust)}
            onGiven={(given, files) => check(given, files, state.trust)}
            onOther={() => setState({ kind: 'empty', fault: null })}
          />
        ) : (
          <DropCard
            fault={state.kind === 'empty' && state.fault !== null ? faultText(words, state.fault) : null}
            progress={state.kind === 'reading' ? state : null}
            onFiles={add}
          />
        )}
      </main>
    </div>
  );
}

/** Thumbprints as people paste them: with spaces, or one a line. */
const trustedOf = (text: string): readonly string[] => text.split(/[\s,]+/).filter((part) => part !== '');

function faultText({ t }: Words, fault: Faulty): string {
  if (fault.error === null) return t.faults['checkpoint-alone'];
  const { error } = fault;
  if (!(error instanceof UnreadableFile)) return t.faults.unreadable(fault.name, t.faults.browser);
  const why = error.fault === 'not-a-record' ? t.faults['not-a-record'](error.line) : t.faults[error.fault];
  return t.faults.unreadable(error.file, why);
}

/** Anywhere on the page, so that nobody has to aim. */
function useDrop(onFiles: (files: readonly GivenFile[]) => void): void {
  const latest = useRef(onFiles);
  latest.current = onFiles;
  useEffect(() => {
    const over = (event: DragEvent): void => {
      event.preventDefault();
      document.body.classList.add('dragging');
    };
    const leave = (): void => document.body.classList.remove('dragging');
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      leave();
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length > 0) latest.current(files);
    };
    addEventListener('dragover', over);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
    };
  }, []);
}
