import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Prompt } from '../host/session.ts';
import { Callers } from './bridge-card.tsx';
import { shortThumbprint, shownName } from './format.ts';
import { useReached } from './hooks.ts';
import { KeyIcon } from './icons.tsx';
import type { PageController } from './view.ts';
import { useWords } from './use-words.ts';

export interface PromptGateProps {
  readonly controller: PageController;
  readonly prompt: Prompt | null;
  /** The bridge has the key already and asks for further calls. */
  readonly holds: boolean;
  readonly children: (review: () => void) => ComponentChildren;
}

/**
 * Shows the prompt above the meeting. Putting it off answers nothing: it waits on the bridge card. A changed request
 * comes up again, because what was put off is not what now stands there.
 */
export function PromptGate({ controller, prompt, holds, children }: PromptGateProps): JSX.Element {
  const [putOff, setPutOff] = useState<string | null>(null);
  const shown = prompt !== null && prompt.requestHash !== putOff ? prompt : null;
  return (
    <>
      {children(() => setPutOff(null))}
      {shown === null ? null : (
        <PromptDialog
          controller={controller}
          prompt={shown}
          holds={holds}
          onLater={() => setPutOff(shown.requestHash)}
        />
      )}
    </>
  );
}

interface PromptDialogProps {
  readonly controller: PageController;
  readonly prompt: Prompt;
  readonly holds: boolean;
  readonly onLater: () => void;
}

function PromptDialog({ controller, prompt, holds, onLater }: PromptDialogProps): JSX.Element {
  const t = useWords().t.prompt;
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(prompt.requestHash);
  const live = useReached(controller, prompt.liveFromMonoMs);
  const [minutes, setMinutes] = useState<number | null>(null);
  useEffect(() => {
    dialog.current?.showModal();
    return () => dialog.current?.close();
  }, []);
  useEffect(() => {
    // On the heading, not on a button: Enter or Space typed into something else just now answers nothing.
    heading.current?.focus();
  }, [prompt.requestHash]);
  const operator = shownName(prompt.operator);
  const lead = holds ? t.leadMore(operator) : t.lead(operator);
  return (
    <dialog
      ref={dialog}
      class="prompt"
      aria-labelledby="prompt-title"
      aria-describedby="prompt-lead"
      onCancel={(event) => {
        event.preventDefault();
        onLater();
      }}
    >
      <div class="prompt-head">
        <span class="badge">
          <KeyIcon />
        </span>
        <h2 id="prompt-title" ref={heading} tabIndex={-1}>
          {holds ? t.titleMore : t.title}
        </h2>
      </div>
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
      <div class="prompt-body">
        <h3>{t.callers(prompt.callers.length)}</h3>
        <Callers legs={prompt.callers} plain />
        <h3>{t.leavesTitle}</h3>
        <p class="leaves">{t.leaves(operator)}</p>
        {holds ? null : (
          <>
            <p>{t.stays}</p>
            <Duration minutes={minutes} onChange={setMinutes} />
          </>
        )}
        <Details prompt={prompt} />
      </div>
      <div class="prompt-buttons">
        <button
          type="button"
          class={live ? 'button button-main' : 'button button-main button-dead'}
          aria-disabled={!live}
          onClick={() => {
            if (live) controller.approve(prompt.requestHash, minutes);
          }}
        >
          {live ? t.allow : t.allowSoon}
        </button>
        <button type="button" class="button" onClick={() => controller.deny(prompt.requestHash)}>
          {t.deny}
        </button>
        <button type="button" class="button button-quiet" onClick={onLater}>
          {t.later}
        </button>
      </div>
    </dialog>
  );
}

const durations = [null, 15, 60] as const;

function Duration(props: {
  minutes: number | null;
  onChange: (minutes: number | null) => void;
}): JSX.Element {
  const t = useWords().t.prompt;
  return (
    <fieldset class="choice">
      <legend>{t.duration}</legend>
      {durations.map((minutes) => (
        <label key={String(minutes)}>
          <input
            type="radio"
            name="duration"
            checked={props.minutes === minutes}
            onChange={() => props.onChange(minutes)}
          />
          <span>{minutes === null ? t.untilRevoked : t.minutes(minutes)}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Details({ prompt }: { prompt: Prompt }): JSX.Element {
  const t = useWords().t.prompt;
  return (
    <details>
      <summary>{t.details}</summary>
      <dl class="facts">
        <div>
          <dt>{t.operatorKey}</dt>
          <dd>
            <code title={prompt.operatorThumbprint}>{shortThumbprint(prompt.operatorThumbprint)}</code>
          </dd>
        </div>
        <div>
          <dt>{t.connector}</dt>
          <dd>
            <bdi>{shownName(prompt.connector)}</bdi>
          </dd>
        </div>
        <div>
          <dt>{t.suite}</dt>
          <dd>{prompt.suite}</dd>
        </div>
        <div>
          <dt>{t.request}</dt>
          <dd>
            <code title={prompt.requestHash}>{shortThumbprint(prompt.requestHash)}</code>
          </dd>
        </div>
      </dl>
    </details>
  );
}
