import type { ComponentChildren, JSX } from 'preact';
import { AlertIcon, CheckIcon, WaitIcon } from './icons.tsx';
import type { Blocked, Ended, Missing } from './reasons.ts';
import type { Role } from './view.ts';
import { useWords } from './use-words.ts';

type Look = 'calm' | 'wait' | 'alert';

function Notice(props: {
  look: Look;
  title: string;
  children?: ComponentChildren;
  busy?: boolean;
}): JSX.Element {
  const icon = { calm: <CheckIcon />, wait: <WaitIcon />, alert: <AlertIcon /> }[props.look];
  return (
    <main class="plain notice" aria-busy={props.busy === true}>
      <div class={`notice-card look-${props.look}`} role={props.look === 'alert' ? 'alert' : undefined}>
        <span class="badge">{icon}</span>
        <h1 tabIndex={-1}>{props.title}</h1>
        {props.children}
      </div>
    </main>
  );
}

export function LoadingScreen(): JSX.Element {
  return <Notice look="wait" title={useWords().t.loading} busy />;
}

export function ConnectingScreen({ step }: { step: 'microphone' | 'keys' | 'server' }): JSX.Element {
  const { t } = useWords();
  const steps = ['microphone', 'keys', 'server'] as const;
  const now = steps.indexOf(step);
  return (
    <Notice look="wait" title={t.connecting.title} busy>
      <ol class="steps">
        {steps.map((name, i) => (
          <li
            key={name}
            class={i < now ? 'done' : i === now ? 'now' : ''}
            aria-current={i === now ? 'step' : undefined}
          >
            {t.connecting[name]}
          </li>
        ))}
      </ol>
    </Notice>
  );
}

export function UnsupportedScreen({ missing }: { missing: readonly Missing[] }): JSX.Element {
  const { t } = useWords();
  return (
    <Notice look="alert" title={t.unsupported.title}>
      <p>{t.unsupported.lead}</p>
      <ul class="dotted">
        {missing.map((name) => (
          <li key={name}>{t.missing[name]}</li>
        ))}
      </ul>
      <p>{t.unsupported.advice}</p>
      <p class="quiet">{t.start.browsers}</p>
    </Notice>
  );
}

export function BlockedScreen({ why, onRetry }: { why: Blocked; onRetry: (() => void) | null }): JSX.Element {
  const { t } = useWords();
  const [title, body] = t.blocked[why];
  return (
    <Notice look="alert" title={title}>
      <p>{body}</p>
      {onRetry === null ? null : (
        <button type="button" class="button" onClick={onRetry}>
          {t.again}
        </button>
      )}
    </Notice>
  );
}

export function EndedScreen(props: {
  why: Ended;
  role: Role;
  onRetry: () => void;
  onSaveEvidence: (() => void) | null;
}): JSX.Element {
  const { t } = useWords();
  const [title, body] = t.ended[props.why];
  const final = ['you-ended', 'host-ended', 'removed'].includes(props.why);
  return (
    <Notice
      look={['refused', 'removed', 'connection-lost'].includes(props.why) ? 'alert' : 'calm'}
      title={title}
    >
      <p>{body}</p>
      {props.onSaveEvidence === null ? null : (
        <>
          <p class="quiet">{t.evidence.lead}</p>
          <button type="button" class="button button-main" onClick={props.onSaveEvidence}>
            {t.evidence.save}
          </button>
        </>
      )}
      {final ? null : (
        <button type="button" class="button" onClick={props.onRetry}>
          {props.role === 'host' ? t.reloadHost : t.reload}
        </button>
      )}
    </Notice>
  );
}
