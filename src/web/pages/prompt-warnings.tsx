import type { ComponentChildren, JSX } from 'preact';
import type { Prompt } from '../host/session.ts';
import { groupedCode, shownName } from './format.ts';
import { AlertIcon, KeyIcon } from './icons.tsx';
import { useWords } from './use-words.ts';

/** What is unusual about who asks: above everything that one could click. */
export function PromptWarnings({ prompt }: { prompt: Prompt }): JSX.Element {
  const t = useWords().t.prompt;
  const previous = shownName(prompt.previousOperator ?? '');
  const impossible = prompt.kind === 'key' && prompt.scope.audio === 'speak' && !prompt.canTalkOnly;
  // The box below says more about a changed identity than the reason does.
  const reason =
    prompt.reason === 'new' || prompt.identityState === 'changed' ? null : t.reason[prompt.reason];
  return (
    <>
      {prompt.ledger === 'fork' ? (
        <Warning title={t.forkTitle}>
          <p>{t.forkBody}</p>
        </Warning>
      ) : null}
      {prompt.identityState === 'changed' ? (
        <Warning>
          <p>{previous === '' ? t.changedBodyUnnamed : t.changedBody(previous)}</p>
        </Warning>
      ) : null}
      {impossible ? (
        <Warning>
          <p>{t.speakImpossible}</p>
        </Warning>
      ) : null}
      {prompt.ledger === 'none' ? (
        <p class="quiet" role="status">
          {t.ledgerWaiting}
        </p>
      ) : null}
      {reason === null ? null : <p class="reason">{reason}</p>}
      {prompt.identityState === 'known' ? null : <BridgeCode prompt={prompt} />}
    </>
  );
}

function Warning(props: { title?: string; children: ComponentChildren }): JSX.Element {
  return (
    <div class="warning">
      <AlertIcon />
      <div>
        {props.title === undefined ? null : <p class="warning-title">{props.title}</p>}
        {props.children}
      </div>
    </div>
  );
}

/** Eight digits that the bridge also reads out to its callers. */
function BridgeCode({ prompt }: { prompt: Prompt }): JSX.Element {
  const t = useWords().t.prompt;
  return (
    <div class="code-box">
      <KeyIcon />
      <div>
        {prompt.identityState === 'first-use' ? <p class="warning-title">{t.firstUseTitle}</p> : null}
        <p>
          {prompt.identityState === 'first-use' ? `${t.firstUseBody} ` : ''}
          {t.codeBody}
        </p>
        <p class="code-line" role="status">
          <span class="visually-hidden">{t.code}: </span>
          {prompt.code === null ? (
            <span class="quiet">{t.codeWaiting}</span>
          ) : (
            <strong class="bridge-code">{groupedCode(prompt.code)}</strong>
          )}
        </p>
        <p class="quiet">{t.codeNote}</p>
      </div>
    </div>
  );
}
