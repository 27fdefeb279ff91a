import type { JSX } from 'preact';
import type { KnockView } from '../host/session.ts';
import { shortThumbprint } from './format.ts';
import { personName } from './names.ts';
import { useWords } from './use-words.ts';
import type { PageController } from './view.ts';

/** People at the door. A name is what somebody typed, so the key stands beside it. */
export function KnockCard(props: {
  controller: PageController;
  knocking: readonly KnockView[];
  decides: boolean;
}): JSX.Element | null {
  const { controller, knocking, decides } = props;
  const { t } = useWords();
  if (knocking.length === 0) return null;
  return (
    <section class="card knock" aria-labelledby="knock-title">
      <h2 id="knock-title">{t.knock.title(knocking.length)}</h2>
      <ul class="knocks">
        {knocking.map((knock) => {
          const name = personName(knock, t);
          return (
            <li key={knock.identity}>
              <div class="knock-who">
                <p class="knock-name">
                  <bdi>{name}</bdi>
                </p>
                <p class="quiet">
                  {t.knock.why[knock.why]} ·{' '}
                  <code title={knock.thumbprint}>{shortThumbprint(knock.thumbprint)}</code>
                </p>
              </div>
              {decides ? (
                <p class="button-row">
                  <button
                    type="button"
                    class="button button-main"
                    aria-label={t.knock.admitName(name)}
                    onClick={() => controller.admitMember(knock.identity)}
                  >
                    {t.knock.admit}
                  </button>
                  <button
                    type="button"
                    class="button"
                    aria-label={t.knock.refuseName(name)}
                    onClick={() => controller.refuseMember(knock.identity)}
                  >
                    {t.knock.refuse}
                  </button>
                </p>
              ) : null}
            </li>
          );
        })}
      </ul>
      {decides ? <p class="quiet">{t.knock.note}</p> : null}
    </section>
  );
}
