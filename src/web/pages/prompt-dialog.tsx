import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Prompt } from '../host/session.ts';
import { shownName } from './format.ts';
import { useReached } from './hooks.ts';
import { AlertIcon, KeyIcon } from './icons.tsx';
import { approvalOf, firstChoice, obstacleOf, type Choice } from './prompt-choice.ts';
import { PromptCallers } from './prompt-callers.tsx';
import { KeyChoices } from './prompt-choices.tsx';
import { PromptDetails } from './prompt-details.tsx';
import { PromptWarnings } from './prompt-warnings.tsx';
import { useWords } from './use-words.ts';
import type { PageController } from './view.ts';

export interface PromptGateProps {
  readonly controller: PageController;
  readonly prompt: Prompt | null;
  readonly children: (review: () => void) => ComponentChildren;
}

/**
 * Shows the prompt above the meeting. Putting it off answers nothing: it waits on the bridge card. A changed request
 * comes up again, because what was put off is not what now stands there.
 */
export function PromptGate({ controller, prompt, children }: PromptGateProps): JSX.Element {
  const [putOff, setPutOff] = useState<string | null>(null);
  const shown = prompt !== null && prompt.requestHash !== putOff ? prompt : null;
  return (
    <>
      {children(() => setPutOff(null))}
      {shown === null ? null : (
        <PromptDialog
          controller={controller}
          prompt={shown}

          onLater={() => setPutOff(shown.requestHash)}
        />
      )}
    </>
  );
}

interface PromptDialogProps {
  readonly controller: PageController;
  readonly prompt: Prompt;
  readonly onLater: () => void;
}

function PromptDialog({ controller, prompt, onLater }: PromptDialogProps): JSX.Element {
  const t = useWords().t.prompt;
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(prompt.requestHash);
  // A choice belongs to the request that it was made for; another request begins with its own.
  const [made, setMade] = useState<{ readonly hash: string; readonly choice: Choice } | null>(null);
  const choice = made?.hash === prompt.requestHash ? made.choice : firstChoice(prompt);
  useEffect(() => {
    dialog.current?.showModal();
    return () => dialog.current?.close();
  }, []);
  useEffect(() => {
    // On the heading, not on a button: Enter or Space typed into something else just now answers nothing.
    heading.current?.focus();
  }, [prompt.requestHash]);
  const operator = shownName(prompt.operator);
  const more = prompt.kind === 'callers';
  const lead = more ? t.leadMore(operator) : t.lead(operator);
  const red = prompt.identityState === 'changed' || prompt.ledger === 'fork';
  const onChange = (change: Partial<Choice>): void =>
    setMade({ hash: prompt.requestHash, choice: { ...choice, ...change } });
  return (
    <dialog
      ref={dialog}
      class={red ? 'prompt prompt-red' : 'prompt'}
      aria-labelledby="prompt-title"
      aria-describedby="prompt-lead"
      onCancel={(event) => {
        event.preventDefault();
        onLater();
      }}
    >
      <div class="prompt-head">
        <span class="badge">{red ? <AlertIcon /> : <KeyIcon />}</span>
        <h2 id="prompt-title" ref={heading} tabIndex={-1}>
          {prompt.identityState === 'changed' ? t.changedTitle : more ? t.titleMore : t.title}
        </h2>
      </div>
      <div class="prompt-body">
        <p id="prompt-lead" class="prompt-lead">
          {lead.before}
          <strong>
            <bdi>{lead.operator}</bdi>
          </strong>
          {lead.after}
        </p>
        <p class="problem" role="status" hidden={first.current === prompt.requestHash}>
          {first.current === prompt.requestHash ? '' : t.changed}
        </p>
        <PromptWarnings prompt={prompt} />
        <PromptCallers prompt={prompt} choice={choice} onChange={onChange} />
        {prompt.merged === 0 ? null : <p class="quiet">{t.merged(prompt.merged)}</p>}
        <h3>{t.leavesTitle}</h3>
        <p class="leaves">{choice.audio === 'speak' ? t.leavesSpeak(operator) : t.leaves(operator)}</p>
        {more ? null : (
          <>
            <p>{t.stays}</p>
            <KeyChoices prompt={prompt} choice={choice} onChange={onChange} />
          </>
        )}
        <PromptDetails prompt={prompt} />
      </div>
      <PromptButtons
        controller={controller}
        prompt={prompt}

        choice={choice}
        onLater={onLater}
      />
    </dialog>
  );
}

function PromptButtons(props: PromptDialogProps & { readonly choice: Choice }): JSX.Element {
  const { controller, prompt, choice, onLater } = props;
  const t = useWords().t.prompt;
  const reached = useReached(controller, prompt.liveFromMonoMs);
  const obstacle = obstacleOf(prompt, choice);
  const live = reached && obstacle === null;
  const never = obstacle !== null && obstacle !== 'nobody';
  return (
    <div class="prompt-buttons">
      <button
        type="button"
        class={live ? 'button button-main' : 'button button-main button-dead'}
        aria-disabled={!live}
        onClick={() => {
          if (live) controller.approve(prompt.requestHash, approvalOf(prompt, choice));
        }}
      >
        {never ? t.allowNot : live || obstacle !== null ? t.allow : t.allowSoon}
      </button>
      <button type="button" class="button" onClick={() => controller.deny(prompt.requestHash)}>
        {t.deny}
      </button>
      <button type="button" class="button button-quiet" onClick={onLater}>
        {t.later}
      </button>
    </div>
  );
}
