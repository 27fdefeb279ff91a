import type { JSX } from 'preact';
import type { MeetingStatus } from '../../admin/api/wire.ts';
import { useOperatorWords, type OperatorWords } from './use-words.ts';

/** As many fit on a screen; the API has the others. */
const mostShown = 12;

/** Meetings, those that somebody serves first, and by which connector. Null: not known yet. */
export function MeetingsCard({
  meetings,
}: {
  readonly meetings: readonly MeetingStatus[] | null;
}): JSX.Element {
  const { t } = useOperatorWords();
  const sorted = (meetings ?? []).toSorted((a, b) => order(a) - order(b));
  const more = sorted.length - mostShown;
  return (
    <section class="card" aria-labelledby="meetings">
      <h2 id="meetings">
        {t.meetings.heading} <span class="count">{sorted.length}</span>
      </h2>
      {meetings !== null && sorted.length === 0 ? (
        <p class="quiet">{t.meetings.none}</p>
      ) : (
        <ul class="legs">
          {sorted.slice(0, mostShown).map((meeting) => (
            <Meeting key={meeting.id} meeting={meeting} />
          ))}
        </ul>
      )}
      {more > 0 && <p class="quiet">{t.meetings.more(more)}</p>}
    </section>
  );
}

const order = ({ serving, meetingId }: MeetingStatus): number =>
  serving.holder !== null ? 0 : meetingId !== null ? 1 : 2;

function Meeting({ meeting }: { readonly meeting: MeetingStatus }): JSX.Element {
  const words = useOperatorWords();
  const { t } = words;
  const { state, holder } = meeting.serving;
  return (
    <li class="leg place">
      <div class="leg-who">
        <strong>{meeting.id}</strong>
        <span class={holder?.here === true ? 'tag tag-good' : state === 'unknown' ? 'tag tag-wait' : 'tag'}>
          {holder === null ? t.meetings.states[state] : t.meetings.by(holder.log, holder.here)}
        </span>
        {meeting.meetingId === null && <span class="tag">{t.meetings.unclaimed}</span>}
        <span class="quiet">
          {t.meetings.code} {meeting.code}
          {meeting.meetingId !== null && (
            <>
              {' · '}
              <code>{meeting.meetingId.slice(0, 8)}…</code>
            </>
          )}
          {holder !== null && ` · ${leaseText(words, holder)}`}
        </span>
      </div>
    </li>
  );
}

function leaseText(
  { t, number, clock }: OperatorWords,
  { since, leftMs }: NonNullable<MeetingStatus['serving']['holder']>,
): string {
  const left = t.meetings.lease(number(leftMs / 1_000));
  return since === null ? left : `${t.calls.since} ${clock(since)} · ${left}`;
}
