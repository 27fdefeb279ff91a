import type { JSX } from 'preact';
import type { HistoryItem, MeetingView } from '../host/session.ts';
import { Announcer } from './announcer.tsx';
import { BridgeCard } from './bridge-card.tsx';
import { Controls } from './controls.tsx';
import { AlertIcon, KeyIcon, LockIcon, OpenLockIcon, WaitIcon } from './icons.tsx';
import { HistoryCard } from './history-card.tsx';
import { InviteCard } from './invite-card.tsx';
import { LanguageChoice } from './language-choice.tsx';
import { People } from './people.tsx';
import { PromptGate } from './prompt-dialog.tsx';
import { SecurityCard } from './security-card.tsx';
import type { Texts } from './text/english.ts';
import { mayHear, truthOf, type Tone } from './truth.ts';
import type { PageController, PageView } from './view.ts';
import { Wordmark } from './wordmark.tsx';
import { useWords } from './use-words.ts';

export interface MeetingProps {
  readonly controller: PageController;
  readonly view: PageView;
  readonly meeting: MeetingView;
}

export function MeetingScreen(props: MeetingProps): JSX.Element {
  const { controller, view, meeting } = props;
  const { t } = useWords();
  const host = view.role === 'host';
  return (
    <PromptGate controller={controller} prompt={host ? meeting.prompt : null} holds={promptHolds(meeting)}>
      {(review) => (
        <>
          <header class="top">
            <Wordmark />
            {view.connection === 'reconnecting' ? (
              <p class="top-note" role="status">
                {t.truth.reconnecting}
              </p>
            ) : null}
            <LanguageChoice controller={controller} />
          </header>
          <main class="meeting">
            <Alarms alarms={meeting.alarms} />
            <TruthBanner {...props} />
            {view.problem === null ? null : (
              <p class="problem" role="alert">
                {t.problems[view.problem]}
              </p>
            )}
            <div class="columns">
              <div class="column">
                <BridgeCard controller={controller} meeting={meeting} host={host} onReview={review} />
                <People controller={controller} meeting={meeting} />
              </div>
              <div class="column column-side">
                {view.invitation === null ? null : (
                  <InviteCard controller={controller} invitation={view.invitation} />
                )}
                <HistoryCard history={meeting.history} />
                <SecurityCard meeting={meeting} operators={view.operators} />
              </div>
            </div>
          </main>
          <Controls controller={controller} view={view} />
          <Announcer view={view} />
        </>
      )}
    </PromptGate>
  );
}

/** Whether who asks holds the key already: then the question is about further calls only. */
function promptHolds({ prompt, bridges }: MeetingView): boolean {
  return bridges.some((bridge) => bridge.thumbprint === prompt?.bridge && mayHear(bridge));
}

const toneIcon: Readonly<Record<Tone, () => JSX.Element>> = {
  sealed: LockIcon,
  waiting: WaitIcon,
  ask: KeyIcon,
  open: OpenLockIcon,
  locking: WaitIcon,
  stopped: AlertIcon,
  alarm: AlertIcon,
};

function TruthBanner({ controller, view, meeting }: MeetingProps): JSX.Element {
  const { t } = useWords();
  const truth = truthOf(meeting, t);
  const Icon = toneIcon[truth.tone];
  return (
    <section class={`truth tone-${truth.tone}`} aria-labelledby="truth-title">
      <span class="badge">
        <Icon />
      </span>
      <div class="truth-words">
        <h1 id="truth-title" tabIndex={-1}>
          {truth.title}
        </h1>
        <p>{truth.body}</p>
      </div>
      {view.role === 'host' && truth.revocable.length > 0 ? (
        <button
          type="button"
          class="button button-danger"
          onClick={() => truth.revocable.forEach((bridge) => controller.revoke(bridge.thumbprint))}
        >
          {t.bridge.revoke}
        </button>
      ) : null}
    </section>
  );
}

function Alarms({ alarms }: { alarms: readonly HistoryItem[] }): JSX.Element | null {
  const { t } = useWords();
  if (alarms.length === 0) return null;
  const kinds = [...new Set(alarms.map((alarm) => alarm.what))];
  return (
    <section class="alarms" role="alert" aria-labelledby="alarms-title">
      <span class="badge">
        <AlertIcon />
      </span>
      <div>
        <h2 id="alarms-title">{t.truth.alarm}</h2>
        {kinds.map((what) => (
          <p key={what}>{alarmWords(what, t)}</p>
        ))}
      </div>
    </section>
  );
}

/** An alarm that the table does not know is shown by its stable name: better odd than hidden. */
function alarmWords(what: string, t: Texts): string {
  return Object.entries(t.alarms).find(([name]) => name === what)?.[1] ?? what;
}
