import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { CoHostFields } from './co-host-fields.tsx';
import { shortThumbprint, shownName } from './format.ts';
import type { MeetingPlan, Operator, PageController, Role, Stage } from './view.ts';
import { useWords } from './use-words.ts';

export interface StartScreenProps {
  readonly controller: PageController;
  readonly role: Role;
  readonly stage: Extract<Stage, { kind: 'start' }>;
}

export function StartScreen({ controller, role, stage }: StartScreenProps): JSX.Element {
  const t = useWords().t.start;
  const [name, setName] = useState(stage.name);
  const [plan, setPlan] = useState<MeetingPlan>({ coHosts: [], onHostChange: 'ask-again' });
  const [refused, setRefused] = useState(false);
  const submit = (event: Event): void => {
    event.preventDefault();
    const shown = shownName(name);
    setRefused(shown === '');
    if (shown === '') document.getElementById('name')?.focus();
    else controller.start(shown, plan);
  };
  const words =
    role === 'member'
      ? {
          title: t.memberTitle,
          lead: stage.coHost ? t.coHostLead : t.memberLead,
          button: t.memberButton,
        }
      : stage.resumes
        ? { title: t.resumeTitle, lead: t.resumeLead, button: t.resumeButton }
        : { title: t.hostTitle, lead: t.hostLead, button: t.hostButton };
  return (
    <main class="plain start">
      <h1 tabIndex={-1}>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      <form class="card start-form" onSubmit={submit} noValidate>
        <label for="name">{t.name}</label>
        <input
          id="name"
          name="name"
          type="text"
          autocomplete="name"
          maxLength={64}
          required
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
          aria-describedby={refused ? 'name-error' : 'name-hint'}
          aria-invalid={refused}
        />
        {refused ? (
          <p id="name-error" class="error" role="alert">
            {t.nameMissing}
          </p>
        ) : (
          <p id="name-hint" class="quiet">
            {t.nameHint}
          </p>
        )}
        {stage.coHostPage === null ? null : (
          <CoHostFields page={stage.coHostPage} plan={plan} onChange={setPlan} />
        )}
        <button type="submit" class="button button-main">
          {words.button}
        </button>
        <p class="quiet">{t.microphoneNote}</p>
      </form>
      {stage.operators.length === 0 ? null : <Operators operators={stage.operators} />}
      <p class="quiet">{t.trust}</p>
      <p class="quiet">{t.browsers}</p>
    </main>
  );
}

function Operators({ operators }: { operators: readonly Operator[] }): JSX.Element {
  const t = useWords().t.start;
  return (
    <section class="operators" aria-labelledby="operators-title">
      <h2 id="operators-title">{t.operatorTitle}</h2>
      <p>{t.operatorLead}</p>
      <dl class="facts">
        {operators.map((operator) => (
          <div key={operator.thumbprint}>
            <dt>
              <bdi>{shownName(operator.name)}</bdi>
            </dt>
            <dd>
              <span class="visually-hidden">{t.thumbprint} </span>
              <code title={operator.thumbprint}>{shortThumbprint(operator.thumbprint)}</code>
            </dd>
          </div>
        ))}
      </dl>
      {operators.some((operator) => operator.kept === 'beside') ? (
        <p class="quiet">{t.operatorBeside}</p>
      ) : null}
    </section>
  );
}
