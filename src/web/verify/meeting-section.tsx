import type { JSX } from 'preact';
import type { WitnessedInterval } from '../../ledger/verify/witnesses.ts';
import { laneName, useWords } from './use-words.ts';
import { ableOf, shortId, timeText } from './words.ts';
import { pictureOf, type Picture, type Seen } from './picture.ts';
import type { Texts } from './text/english.ts';
import { Timeline } from './timeline.tsx';

interface MeetingSectionProps {
  readonly meetings: readonly string[];
  readonly chosen: string;
  readonly seen: Seen;
  readonly onChoose: (meeting: string) => void;
}

export function MeetingSection({ meetings, chosen, seen, onChoose }: MeetingSectionProps): JSX.Element {
  const { t } = useWords();
  const picture = pictureOf(chosen, seen);
  const intervals = seen.intervals.filter(({ meeting }) => meeting === chosen);
  return (
    <>
      <section class="card" aria-labelledby="timeline-title">
        <div class="timeline-head">
          <h2 id="timeline-title">{t.timeline.title}</h2>
          {meetings.length > 1 && (
            <label class="meeting-choice">
              <span>{t.meetings.meeting}</span>
              <select value={chosen} onChange={(event) => onChoose(event.currentTarget.value)}>
                {meetings.map((meeting, i) => (
                  <option key={meeting} value={meeting}>
                    {t.meetings.choice(i + 1, meetings.length, shortId(meeting))}
                  </option>
                ))}
              </select>
            </label>
          )}
        </div>
        <Timeline picture={picture} />
      </section>
      <Intervals intervals={intervals} picture={picture} />
      <Events seen={seen} picture={picture} />
    </>
  );
}

function nameOf(t: Texts['timeline'], picture: Picture, id: string): string {
  const lane = picture.lanes.find((one) => one.id === id);
  return lane === undefined ? shortId(id) : laneName(t, lane);
}

function Intervals({
  intervals,
  picture,
}: {
  intervals: readonly WitnessedInterval[];
  picture: Picture;
}): JSX.Element {
  const { intervals: t } = useWords().t;
  return (
    <section class="card" aria-labelledby="intervals-title">
      <h2 id="intervals-title">{t.title}</h2>
      {intervals.length === 0 ? (
        <p class="quiet">{t.none}</p>
      ) : (
        <div class="table-scroll" tabIndex={0} role="group" aria-labelledby="intervals-title">
          <table>
            <thead>
              <tr>
                <th scope="col">{t.caller}</th>
                <th scope="col">{t.could}</th>
                <th scope="col">{t.from}</th>
                <th scope="col">{t.until}</th>
                <th scope="col">{t.duration}</th>
                <th scope="col">{t.word}</th>
              </tr>
            </thead>
            <tbody>
              {intervals.map((interval, i) => (
                <IntervalRow key={i} interval={interval} picture={picture} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function IntervalRow({ interval, picture }: { interval: WitnessedInterval; picture: Picture }): JSX.Element {
  const { duration, why, t: all } = useWords();
  const t = all.intervals;
  const { leg, from, to, endProven, host, grant, witnesses } = interval;
  const end = to === null ? 'lasting' : endProven ? 'proven' : 'claimed';
  return (
    <tr>
      <th scope="row">
        {nameOf(all.timeline, picture, leg)}
        <code class="cell-note">{shortId(leg)}</code>
      </th>
      <td>{t.able[ableOf(interval)]}</td>
      <td>
        <time dateTime={new Date(from.at).toISOString()}>{timeText(from.at)}</time>
        <span class="cell-note">{t.reason(from.seq, why(from.why))}</span>
      </td>
      <td>
        {to === null ? '–' : <time dateTime={new Date(to.at).toISOString()}>{timeText(to.at)}</time>}
        <span class="cell-note">{to === null ? t.end.lasting : t.reason(to.seq, why(to.why))}</span>
      </td>
      <td class="cell-number">{to === null ? '–' : duration(to.at - from.at)}</td>
      <td>
        {grant === '' ? (
          t.list
        ) : (
          <>
            {t.grant} <code>{shortId(grant)}</code>
          </>
        )}{' '}
        {t.byHost} <code>{shortId(host)}</code>
        <span class="cell-note">
          {t.end[end]} {t.witnesses(witnesses.end)}
        </span>
      </td>
    </tr>
  );
}

function Events({ seen, picture }: { seen: Seen; picture: Picture }): JSX.Element {
  const { number, event: eventWords, t: all } = useWords();
  const t = all.events;
  const events = seen.events.filter(({ meeting }) => meeting === picture.meeting);
  return (
    <section class="card" aria-labelledby="events-title">
      <h2 id="events-title">
        {t.title}
        <span class="count">{number(events.length)}</span>
      </h2>
      <div class="table-scroll table-tall" tabIndex={0} role="group" aria-labelledby="events-title">
        <table>
          <thead>
            <tr>
              <th scope="col">{t.event}</th>
              <th scope="col">{t.when}</th>
              <th scope="col">{t.what}</th>
              <th scope="col">{t.whom}</th>
            </tr>
          </thead>
          <tbody>
            {events.map(({ seq, at, type, bridge, leg }) => (
              <tr key={seq}>
                <td class="cell-number">{seq}</td>
                <td>{timeText(at)}</td>
                <td>
                  {eventWords(type)} <code class="cell-code">{type}</code>
                </td>
                <td>
                  {leg === '' && bridge === ''
                    ? '–'
                    : nameOf(all.timeline, picture, leg === '' ? bridge : leg)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
