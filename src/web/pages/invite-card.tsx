import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { groupedPin } from './format.ts';
import { useFlag } from './hooks.ts';
import { CheckIcon, CopyIcon } from './icons.tsx';
import type { Invitation, PageController } from './view.ts';
import { useWords } from './use-words.ts';

export function InviteCard(props: { controller: PageController; invitation: Invitation }): JSX.Element {
  const { controller, invitation } = props;
  const t = useWords().t.invite;
  const { number, sip, pin, link } = invitation;
  return (
    <section class="card invite" aria-labelledby="invite-title">
      <h2 id="invite-title">{t.title}</h2>
      <dl class="facts facts-big">
        <div>
          <dt>{t.phone}</dt>
          <dd>{number === null ? <code>{sip}</code> : <strong>{number}</strong>}</dd>
        </div>
        {pin === null ? null : (
          <div>
            <dt>{t.pin}</dt>
            <dd>
              <strong class="pin">{groupedPin(pin)}</strong>
            </dd>
          </div>
        )}
        {number === null ? null : (
          <div>
            <dt>{t.sip}</dt>
            <dd>
              <code>{sip}</code>
            </dd>
          </div>
        )}
        <div>
          <dt>{t.link}</dt>
          <dd>
            <code class="link">{link}</code>
          </dd>
        </div>
      </dl>
      <p class="button-row">
        {pin === null ? null : (
          <CopyButton
            controller={controller}
            label={t.copyAll}
            value={t.message(link, number === null ? sip : t.or(number, sip), pin)}
            main
          />
        )}
        <CopyButton controller={controller} label={t.copyLink} value={link} />
      </p>
      <p class="quiet">{t.phoneNote}</p>
    </section>
  );
}

interface CopyButtonProps {
  readonly controller: PageController;
  readonly label: string;
  readonly value: string;
  readonly main?: boolean;
}

function CopyButton({ controller, label, value, main }: CopyButtonProps): JSX.Element {
  const { t } = useWords();
  const [copied, raise] = useFlag(controller, 2500);
  const [failed, setFailed] = useState(false);
  const copy = async (): Promise<void> => {
    const done = await controller.copy(value);
    setFailed(!done);
    if (done) raise();
  };
  return (
    <>
      <button
        type="button"
        class={main === true ? 'button button-main' : 'button'}
        onClick={() => void copy()}
      >
        {copied ? <CheckIcon /> : <CopyIcon />}
        {copied ? t.copied : label}
      </button>
      <span class="visually-hidden" role="status">
        {copied ? t.copied : ''}
      </span>
      {failed ? (
        <span class="error" role="alert">
          {t.copyFailed}
        </span>
      ) : null}
    </>
  );
}
