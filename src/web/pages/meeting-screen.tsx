import type { JSX } from 'preact';
import type { HistoryItem, MeetingView } from '../host/session.ts';
import { Announcer } from './announcer.tsx';
import { BridgeCard } from './bridge-card.tsx';
import { Controls } from './controls.tsx';
import { DialCard } from './dial-card.tsx';
import { EvidenceCard } from './evidence-card.tsx';
import { AlertIcon, LockIcon } from './icons.tsx';
import { HistoryCard } from './history-card.tsx';
import { InviteCard } from './invite-card.tsx';
import { KnockCard } from './knock-card.tsx';
import { LanguageChoice } from './language-choice.tsx';
import { People } from './people.tsx';
import { PromptGate } from './prompt-dialog.tsx';
import { SecurityCard } from './security-card.tsx';
import type { Texts } from './text/english.ts';
import { TruthBanner } from './truth-banner.tsx';
import { useWords } from './use-words.ts';
import type { PageController, PageView } from './view.ts';
import { Wordmark } from './wordmark.tsx';

export interface MeetingProps {
  readonly controller: PageController;
  readonly view: PageView;
  readonly meeting: MeetingView;
}

export function MeetingScreen(props: MeetingProps): JSX.Element {
  const { controller, view, meeting } = props;
  const { t } = useWords();
  const decides = meeting.role !== 'member';
  return (
    <PromptGate controller={controller} prompt={decides ? meeting.prompt : null}>
      {(review) => (
        <>
          <header class="top">
            <Wordmark />
            {meeting.locked ? (
              <p class="top-note top-locked">
                <LockIcon />
                {t.truth.locked}
              </p>
            ) : null}
            {view.connection === 'reconnecting' ? (
              <p class="top-note" role="status">
                {t.truth.reconnecting}
              </p>
            ) : null}
            <LanguageChoice
              language={view.words.language}
              label={view.words.t.language}
              onLanguage={(language) => controller.setLanguage(language)}
            />
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
                <KnockCard controller={controller} knocking={meeting.knocking} decides={decides} />
                <BridgeCard controller={controller} meeting={meeting} decides={decides} onReview={review} />
                <DialCard controller={controller} meeting={meeting} decides={decides} />
                <People
                  controller={controller}
                  meeting={meeting}
                  hearers={view.hearing.hearers}
                  decides={decides}
                />
              </div>
              <div class="column column-side">
                {view.invitation === null ? null : (
                  <InviteCard controller={controller} invitation={view.invitation} />
                )}
                <HistoryCard history={meeting.history} />
                {view.evidence ? <EvidenceCard controller={controller} /> : null}
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
