import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { coHostCode, keyOfCode } from './co-host-code.ts';
import { shortThumbprint } from './format.ts';
import { useWords } from './use-words.ts';
import type { MeetingPlan } from './view.ts';

export interface CoHostFieldsProps {
  readonly page: string;
  readonly plan: MeetingPlan;
  readonly onChange: (plan: MeetingPlan) => void;
}

/** Who else may decide, and what a change of host means for phones: both stand in the registration for good. */
export function CoHostFields({ page, plan, onChange }: CoHostFieldsProps): JSX.Element {
  const t = useWords().t.coHosts;
  return (
    <details class="co-hosts">
      <summary>{t.title}</summary>
      <p class="quiet">{t.lead(page)}</p>
      <CodeField
        known={plan.coHosts}
        onAdd={(code) => onChange({ ...plan, coHosts: [...plan.coHosts, code] })}
      />
      {plan.coHosts.length === 0 ? null : (
        <ul class="codes">
          {plan.coHosts.map((code) => (
            <li key={code}>
              <code title={code}>{shortThumbprint(code)}</code>
              <button
                type="button"
                class="button button-small"
                aria-label={t.removeCode(shortThumbprint(code))}
                onClick={() => onChange({ ...plan, coHosts: plan.coHosts.filter((c) => c !== code) })}
              >
                {t.remove}
              </button>
            </li>
          ))}
        </ul>
      )}
      {plan.coHosts.length === 0 ? null : (
        <fieldset class="choice">
          <legend>{t.hostChange}</legend>
          {(['ask-again', 'drop'] as const).map((policy) => (
            <label key={policy}>
              <input
                type="radio"
                name="host-change"
                checked={plan.onHostChange === policy}
                onChange={() => onChange({ ...plan, onHostChange: policy })}
              />
              <span>{policy === 'drop' ? t.drop : t.askAgain}</span>
            </label>
          ))}
        </fieldset>
      )}
    </details>
  );
}

function CodeField(props: { known: readonly string[]; onAdd: (code: string) => void }): JSX.Element {
  const t = useWords().t.coHosts;
  const [typed, setTyped] = useState('');
  const [wrong, setWrong] = useState<'invalid' | 'known' | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const add = (): void => {
    const key = keyOfCode(typed);
    const code = key === null ? null : coHostCode(key);
    const refused = code === null ? 'invalid' : props.known.includes(code) ? 'known' : null;
    setWrong(refused);
    field.current?.focus();
    if (code === null || refused !== null) return;
    setTyped('');
    props.onAdd(code);
  };
  return (
    <>
      <label for="co-host-code">{t.code}</label>
      <div class="field-row">
        <input
          id="co-host-code"
          ref={field}
          type="text"
          autocomplete="off"
          spellcheck={false}
          value={typed}
          aria-invalid={wrong !== null}
          aria-describedby={wrong === null ? undefined : 'co-host-error'}
          onInput={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => {
            // Enter adds the code; it does not start the meeting without it.
            if (event.key !== 'Enter') return;
            event.preventDefault();
            add();
          }}
        />
        <button type="button" class="button" onClick={add}>
          {t.add}
        </button>
      </div>
      {wrong === null ? null : (
        <p id="co-host-error" class="error" role="alert">
          {t[wrong]}
        </p>
      )}
    </>
  );
}
