import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { CopyButton } from './copy-button.tsx';
import { groupedPin } from './format.ts';
import type { Invitation, PageController } from './view.ts';
import { useWords } from './use-words.ts';

export function InviteCard(props: { controller: PageController; invitation: Invitation }): JSX.Element {
  const { controller, invitation } = props;
  const t = useWords().t.invite;
  const { number, sip, code, pin, pinChange, link } = invitation;
  const digits = (ofRoom: string): string =>
    [...(code === null ? [] : [t.codeLine(code)]), t.pinLine(ofRoom)].join('\n');
  return (
    <section class="card invite" aria-labelledby="invite-title">
      <h2 id="invite-title">{t.title}</h2>
      <dl class="facts facts-big">
        <div>
          <dt>{t.phone}</dt>
          <dd>{number === null ? <code>{sip}</code> : <strong>{number}</strong>}</dd>
        </div>
        {code === null ? null : (
          <div>
            <dt>{t.code}</dt>
            <dd>
              <strong class="pin">{groupedPin(code)}</strong>
            </dd>
          </div>
        )}
        {pin === null && pinChange === 'none' ? null : (
          <div>
            <dt>{t.pin}</dt>
            <dd>
              {pin === null ? null : <strong class="pin">{groupedPin(pin)}</strong>}
              <p class="quiet" role="status">
                {pinChange === 'new' && t.pinNew}
                {pinChange === 'replaced' && t.pinReplaced}
              </p>
              {pinChange === 'replaced' && <DrawPin controller={controller} />}
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
            value={t.message(link, number === null ? sip : t.or(number, sip), digits(pin))}
            main
          />
        )}
        <CopyButton controller={controller} label={t.copyLink} value={link} />
      </p>
      <p class="quiet">{t.phoneNote}</p>
    </section>
  );
}

/** For the PIN that this connector cannot tell: another one, which voids it. */
function DrawPin({ controller }: { readonly controller: PageController }): JSX.Element {
  const t = useWords().t.invite;
  const [busy, setBusy] = useState(false);
  const draw = (): void => {
    setBusy(true);
    void controller.drawPin().finally(() => setBusy(false));
  };
  return (
    <button type="button" class="button button-small" disabled={busy} onClick={draw}>
      {t.drawPin}
    </button>
  );
}
