import type { JSX } from 'preact';
import type { HistoryItem, MeetingView } from '../host/session.ts';
import { Announcer } from './announcer.tsx';
import { BridgeCard } from './bridge-card.tsx';
import { Controls } from './controls.tsx';
import { AlertIcon, KeyIcon, LockIcon, OpenLockIcon, WaitIcon } from './icons.tsx';
import { HistoryCard } from './history-card.tsx';
import { InviteCard } from './invite-card.tsx';
import { People } from './people.tsx';
import { PromptGate } from './prompt-dialog.tsx';
import { SecurityCard } from './security-card.tsx';
import { text } from './text.ts';
import { mayHear, truthOf, type Tone } from './truth.ts';
import type { PageController, PageView } from './view.ts';
import { Wordmark } from './wordmark.tsx';

export interface MeetingProps {
  readonly controller: PageController;
  readonly view: PageView;
  readonly meeting: MeetingView;
}

export function MeetingScreen(props: MeetingProps): JSX.Element {
  const { controller, view, meeting } = props;
  const host = view.role === 'host';
  return (
    <PromptGate controller={controller} prompt={host ? meeting.prompt : null} holds={promptHolds(meeting)}>
      {(review) => (
        <>
          <header class="top">
            <Wordmark />
            {view.connection === 'reconnecting' ? (
              <p class="top-note" role="status">
                {text.truth.reconnecting}
              </p>
            ) : null}
          </header>
          <main class="meeting">
            <Alarms alarms={meeting.alarms} />
            <TruthBanner {...props} />
            {view.problem === null ? null : (
              <p class="problem" role="alert">
                {text.problems[view.problem]}
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
  const truth = truthOf(meeting, text);
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
          {text.bridge.revoke}
        </button>
      ) : null}
    </section>
  );
}

function Alarms({ alarms }: { alarms: readonly HistoryItem[] }): JSX.Element | null {
  if (alarms.length === 0) return null;
  const kinds = [...new Set(alarms.map((alarm) => alarm.what))];
  return (
    <section class="alarms" role="alert" aria-labelledby="alarms-title">
      <span class="badge">
        <AlertIcon />
      </span>
      <div>
        <h2 id="alarms-title">{text.truth.alarm}</h2>
        {kinds.map((what) => (
          <p key={what}>{text.alarms[what] ?? what}</p>
        ))}
      </div>
    </section>
  );
}
