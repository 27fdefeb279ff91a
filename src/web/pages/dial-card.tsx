import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { DialView, MeetingView } from '../host/session.ts';
import { dialWords } from './dial-words.ts';
import { useWords } from './use-words.ts';
import type { PageController } from './view.ts';

/** Phones that hosts invite: a field for hosts where a bridge says that it can call, and how each call goes, for everybody. */
export function DialCard(props: {
  controller: PageController;
  meeting: MeetingView;
  decides: boolean;
}): JSX.Element | null {
  const { controller, meeting, decides } = props;
  const { t } = useWords();
  const can = decides && meeting.bridges.some((bridge) => bridge.canDial);
  if (!can && meeting.dials.length === 0) return null;
  return (
    <section class="card dial" aria-labelledby="dial-title">
      <h2 id="dial-title">{t.dial.title}</h2>
      {can ? <DialForm controller={controller} /> : null}
      {meeting.dials.length === 0 ? null : (
        <ul class="dials">
          {meeting.dials.map((dial) => (
            <Dial key={dial.dialId} controller={controller} dial={dial} decides={decides} />
          ))}
        </ul>
      )}
    </section>
  );
}

function DialForm({ controller }: { controller: PageController }): JSX.Element {
  const t = useWords().t.dial;
  const [number, setNumber] = useState('');
  const [refused, setRefused] = useState(false);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const fits = isNumber(number);
    setRefused(!fits);
    if (!fits) return;
    controller.invitePhone(number);
    setNumber('');
  };
  return (
    <form class="dial-form" onSubmit={submit} noValidate>
      <label for="dial-number">{t.number}</label>
      <div class="dial-row">
        <input
          id="dial-number"
          name="number"
          type="tel"
          autocomplete="off"
          maxLength={32}
          value={number}
          onInput={(event) => setNumber(event.currentTarget.value)}
          aria-describedby={refused ? 'dial-error' : 'dial-hint'}
          aria-invalid={refused}
        />
        <button type="submit" class="button button-main">
          {t.call}
        </button>
      </div>
      {refused ? (
        <p id="dial-error" class="error" role="alert">
          {t.noNumber}
        </p>
      ) : (
        <p id="dial-hint" class="quiet">
          {t.hint}
        </p>
      )}
    </form>
  );
}

/** What the host library takes as well: digits, a plus sign in front, and what people put between. */
const isNumber = (text: string): boolean => /^\s*\+?[0-9\s().\-/]*$/.test(text) && /[0-9]/.test(text);

function Dial(props: { controller: PageController; dial: DialView; decides: boolean }): JSX.Element {
  const { controller, dial, decides } = props;
  const { t } = useWords();
  const name = dial.number === '' ? t.dial.somebody : dial.number;
  const open = dial.state !== 'accepted' && dial.state !== 'over' && dial.state !== 'refused';
  return (
    <li>
      <div class="dial-who">
        <p class="dial-name">
          <bdi>{name}</bdi>
        </p>
        <p class="quiet">{dialWords(dial, t)}</p>
      </div>
      {open && decides ? (
        <button
          type="button"
          class="button"
          aria-label={t.dial.cancelName(name)}
          onClick={() => controller.cancelInvite(dial.dialId)}
        >
          {t.dial.cancel}
        </button>
      ) : null}
    </li>
  );
}
