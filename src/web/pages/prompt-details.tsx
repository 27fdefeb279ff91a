import type { JSX } from 'preact';
import type { Prompt } from '../host/session.ts';
import { groupedCode, shortThumbprint, shownName } from './format.ts';
import { useWords } from './use-words.ts';

/** Keys and names behind a request, for whoever wants to compare. */
export function PromptDetails({ prompt }: { prompt: Prompt }): JSX.Element {
  const { t } = useWords();
  const keys = [
    [t.prompt.operatorKey, prompt.operatorThumbprint],
    [t.prompt.bridgeKey, prompt.bridgeThumbprint],
    [t.prompt.request, prompt.requestHash],
  ] as const;
  return (
    <details>
      <summary>{t.prompt.details}</summary>
      <dl class="facts">
        <div>
          <dt>{t.prompt.connector}</dt>
          <dd>
            <bdi>{shownName(prompt.connector)}</bdi>
          </dd>
        </div>
        {keys.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <code title={value}>{shortThumbprint(value)}</code>
            </dd>
          </div>
        ))}
        <div>
          <dt>{t.prompt.suite}</dt>
          <dd>{prompt.suite}</dd>
        </div>
        {prompt.code === null || prompt.identityState !== 'known' ? null : (
          <div>
            <dt>{t.prompt.code}</dt>
            <dd>{groupedCode(prompt.code)}</dd>
          </div>
        )}
        {prompt.ledger === 'none' ? null : (
          <div>
            <dt>{t.bridge.ledger}</dt>
            <dd>{t.bridge.ledgerState[prompt.ledger]}</dd>
          </div>
        )}
      </dl>
    </details>
  );
}
