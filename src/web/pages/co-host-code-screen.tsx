import type { JSX } from 'preact';
import { CopyButton } from './copy-button.tsx';
import { useWords } from './use-words.ts';
import type { PageController } from './view.ts';

/** One's own device code, to be sent to a host who has not started yet. */
export function CoHostCodeScreen(props: { controller: PageController; code: string }): JSX.Element {
  const t = useWords().t.coHosts;
  return (
    <main class="plain start">
      <h1 tabIndex={-1}>{t.pageTitle}</h1>
      <p class="lead">{t.pageLead}</p>
      <div class="card">
        <code class="device-code">{props.code}</code>
        <p class="button-row">
          <CopyButton controller={props.controller} label={t.copy} value={props.code} main />
        </p>
      </div>
      <p class="quiet">{t.pageNote}</p>
    </main>
  );
}
