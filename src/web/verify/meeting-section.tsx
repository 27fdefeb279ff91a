import type { JSX } from 'preact';
import type { WitnessedInterval } from '../../ledger/verify/witnesses.ts';
import { endWords, couldWords, durationText, eventWords, plural, shortId, timeText } from './words.ts';
import { pictureOf, type Picture, type Seen } from './picture.ts';
import { Timeline } from './timeline.tsx';

interface MeetingSectionProps {
  readonly meetings: readonly string[];
  readonly chosen: string;
  readonly seen: Seen;
  readonly onChoose: (meeting: string) => void;
}

export function MeetingSection({ meetings, chosen, seen, onChoose }: MeetingSectionProps): JSX.Element {
  const picture = pictureOf(chosen, seen);
  const intervals = seen.intervals.filter(({ meeting }) => meeting === chosen);
  return (
    <>
      <section class="card" aria-labelledby="timeline-title">
        <div class="timeline-head">
          <h2 id="timeline-title">Who heard whom, and when</h2>
          {meetings.length > 1 && (
            <label class="meeting-choice">
              <span>Meeting</span>
              <select value={chosen} onChange={(event) => onChoose(event.currentTarget.value)}>
                {meetings.map((meeting, i) => (
                  <option
                    key={meeting}
                    value={meeting}
                  >{`${i + 1} of ${meetings.length} · ${shortId(meeting)}`}</option>
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

const nameOf = (picture: Picture, id: string): string =>
  picture.lanes.find((lane) => lane.id === id)?.name ?? shortId(id);

function Intervals({
  intervals,
  picture,
}: {
  intervals: readonly WitnessedInterval[];
  picture: Picture;
}): JSX.Element {
  return (
    <section class="card" aria-labelledby="intervals-title">
      <h2 id="intervals-title">What each caller could hear and say</h2>
      {intervals.length === 0 ? (
        <p class="quiet">No caller could hear or speak in this meeting.</p>
      ) : (
        <div class="table-scroll" tabIndex={0} role="group" aria-labelledby="intervals-title">
          <table>
            <thead>
              <tr>
                <th scope="col">Caller</th>
                <th scope="col">Could</th>
                <th scope="col">From</th>
                <th scope="col">Until</th>
                <th scope="col">For</th>
                <th scope="col">By whose word</th>
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
  const { leg, from, to, endProven, host, grant, witnesses } = interval;
  const end = to === null ? 'lasting' : endProven ? 'proven' : 'claimed';
  return (
    <tr>
      <th scope="row">
        {nameOf(picture, leg)}
        <code class="cell-note">{shortId(leg)}</code>
      </th>
      <td>{couldWords(interval)}</td>
      <td>
        <time dateTime={new Date(from.at).toISOString()}>{timeText(from.at)}</time>
        <span class="cell-note">{`Event ${from.seq}: ${from.why}.`}</span>
      </td>
      <td>
        {to === null ? '–' : <time dateTime={new Date(to.at).toISOString()}>{timeText(to.at)}</time>}
        <span class="cell-note">{to === null ? endWords.lasting : `Event ${to.seq}: ${to.why}.`}</span>
      </td>
      <td class="cell-number">{to === null ? '–' : durationText(to.at - from.at)}</td>
      <td>
        {grant === '' ? 'Host’s list' : <>Grant {<code>{shortId(grant)}</code>}</>} by host key{' '}
        <code>{shortId(host)}</code>
        <span class="cell-note">
          {endWords[end]} {plural(witnesses.end, 'witness').replace('witnesss', 'witnesses')} up to the end.
        </span>
      </td>
    </tr>
  );
}

function Events({ seen, picture }: { seen: Seen; picture: Picture }): JSX.Element {
  const events = seen.events.filter(({ meeting }) => meeting === picture.meeting);
  return (
    <section class="card" aria-labelledby="events-title">
      <h2 id="events-title">
        Everything that is recorded<span class="count">{events.length.toLocaleString('en')}</span>
      </h2>
      <div class="table-scroll table-tall" tabIndex={0} role="group" aria-labelledby="events-title">
        <table>
          <thead>
            <tr>
              <th scope="col">Event</th>
              <th scope="col">When</th>
              <th scope="col">What</th>
              <th scope="col">Of whom</th>
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
                <td>{leg !== '' ? nameOf(picture, leg) : bridge !== '' ? nameOf(picture, bridge) : '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
