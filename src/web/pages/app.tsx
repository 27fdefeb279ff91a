import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { useView } from './hooks.ts';
import { CoHostCodeScreen } from './co-host-code-screen.tsx';
import { LanguageChoice } from './language-choice.tsx';
import { MeetingScreen } from './meeting-screen.tsx';
import {
  BlockedScreen,
  ConnectingScreen,
  EndedScreen,
  LoadingScreen,
  UnsupportedScreen,
} from './notice-screens.tsx';
import { StartScreen } from './start-screen.tsx';
import type { PageController, PageView } from './view.ts';
import { Wordmark } from './wordmark.tsx';
import { WordsContext } from './use-words.ts';

export function App({ controller }: { controller: PageController }): JSX.Element {
  const view = useView(controller);
  const stage = view.stage.kind;
  useEffect(() => {
    // A new screen: whoever uses a keyboard or a screen reader starts at its heading.
    if (stage !== 'loading') document.querySelector<HTMLElement>('h1')?.focus();
  }, [stage]);
  return (
    <WordsContext.Provider value={view.words}>
      <div class={`page page-${stage}`}>
        {stage === 'meeting' ? null : (
          <header class="top top-plain">
            <Wordmark />
            <LanguageChoice
              language={view.words.language}
              label={view.words.t.language}
              onLanguage={(language) => controller.setLanguage(language)}
            />
          </header>
        )}
        <Screen controller={controller} view={view} />
      </div>
    </WordsContext.Provider>
  );
}

function Screen({ controller, view }: { controller: PageController; view: PageView }): JSX.Element {
  switch (view.stage.kind) {
    case 'loading':
      return <LoadingScreen />;
    case 'unsupported':
      return <UnsupportedScreen missing={view.stage.missing} />;
    case 'blocked':
      return (
        <BlockedScreen why={view.stage.why} onRetry={view.stage.retry ? () => controller.retry() : null} />
      );
    case 'start':
      return <StartScreen controller={controller} role={view.role} stage={view.stage} />;
    case 'co-host-code':
      return <CoHostCodeScreen controller={controller} code={view.stage.code} />;
    case 'connecting':
      return <ConnectingScreen step={view.stage.step} />;
    case 'ended':
      return (
        <EndedScreen
          why={view.stage.why}
          role={view.role}
          onRetry={() => controller.retry()}
          onSaveEvidence={view.evidence ? () => controller.saveEvidence() : null}
        />
      );
    case 'meeting':
      return view.meeting === null ? (
        <ConnectingScreen step="server" />
      ) : (
        <MeetingScreen controller={controller} view={view} meeting={view.meeting} />
      );
  }
}
