import type { JSX } from 'preact';
import type { MeetingView } from '../host/session.ts';
import { shortThumbprint, shownName } from './format.ts';
import type { Operator } from './view.ts';
import { useWords } from './use-words.ts';

export function SecurityCard(props: { meeting: MeetingView; operators: readonly Operator[] }): JSX.Element {
  const { meeting, operators } = props;
  const t = useWords().t.security;
  const me = meeting.members.find((member) => member.isMe);
  return (
    <section class="card security">
      <details>
        <summary>
          <h2>{t.title}</h2>
        </summary>
        <ul class="dotted">
          {t.points(meeting.epoch).map((point) => (
            <li key={point}>{point}</li>
          ))}
        </ul>
        <dl class="facts">
          <div>
            <dt>{t.code}</dt>
            <dd>
              <code title={meeting.meetingId}>{shortThumbprint(meeting.meetingId)}</code>
            </dd>
          </div>
          {me === undefined ? null : (
            <div>
              <dt>{t.yourKey}</dt>
              <dd>
                <code title={me.thumbprint}>{shortThumbprint(me.thumbprint)}</code>
              </dd>
            </div>
          )}
          {operators.map((operator) => (
            <div key={operator.thumbprint}>
              <dt>
                {t.operators}: <bdi>{shownName(operator.name)}</bdi>
              </dt>
              <dd>
                <code title={operator.thumbprint}>{shortThumbprint(operator.thumbprint)}</code>
              </dd>
            </div>
          ))}
        </dl>
        <p class="quiet">{t.compare}</p>
        <p class="quiet">{t.limits}</p>
      </details>
    </section>
  );
}
