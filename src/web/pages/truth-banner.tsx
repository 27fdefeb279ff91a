import type { JSX } from 'preact';
import type { MeetingView } from '../host/session.ts';
import { AskInPlace } from './ask-in-place.tsx';
import { AlertIcon, KeyIcon, LockIcon, OpenLockIcon, WaitIcon } from './icons.tsx';
import { truthOf, type Tone } from './truth.ts';
import { useWords } from './use-words.ts';
import type { PageController, PageView } from './view.ts';

const toneIcon: Readonly<Record<Tone, () => JSX.Element>> = {
  sealed: LockIcon,
  waiting: WaitIcon,
  ask: KeyIcon,
  open: OpenLockIcon,
  locking: WaitIcon,
  stopped: AlertIcon,
  alarm: AlertIcon,
};

/** The one sentence, and beside it the one button that changes it. */
export function TruthBanner(props: {
  controller: PageController;
  view: PageView;
  meeting: MeetingView;
}): JSX.Element {
  const { controller, view, meeting } = props;
  const { t } = useWords();
  const truth = truthOf(meeting, view.hearing.hearers, t);
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
      {meeting.role !== 'member' && truth.revocable.length > 0 ? (
        <button
          type="button"
          class="button button-danger"
          onClick={() => truth.revocable.forEach((bridge) => controller.revoke(bridge.thumbprint))}
        >
          {t.bridge.revoke}
        </button>
      ) : null}
      {mayTakeOver(meeting) ? (
        <AskInPlace
          class="button button-main"
          ask={t.truth.takeOverAsk}
          yes={t.truth.takeOverYes}
          no={t.truth.takeOverNo}
          onYes={() => controller.takeOver()}
        >
          {t.truth.takeOver}
        </AskInPlace>
      ) : null}
    </section>
  );
}

/** A co-host, while no host is here. */
function mayTakeOver(meeting: MeetingView): boolean {
  return meeting.role === 'co-host' && (!meeting.hostPresent || meeting.phase === 'waiting-for-host');
}
