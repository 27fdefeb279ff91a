import type { JSX } from 'preact';
import type { Prompt } from '../host/session.ts';
import { Callers } from './callers.tsx';
import type { Choice } from './prompt-choice.ts';
import { useWords } from './use-words.ts';

/** Who is asked about. With several, each can be left outside. */
export function PromptCallers(props: {
  prompt: Prompt;
  choice: Choice;
  onChange: (change: Partial<Choice>) => void;
}): JSX.Element {
  const { prompt, choice, onChange } = props;
  const { t } = useWords();
  const several = prompt.callers.length > 1;
  const nobody = several && prompt.callers.every((leg) => choice.without.includes(leg.legId));
  const toggle = (legId: string): void => {
    const out = choice.without.includes(legId);
    onChange({ without: out ? choice.without.filter((id) => id !== legId) : [...choice.without, legId] });
  };
  return (
    <>
      <h3>{several ? t.prompt.chooseCallers : t.prompt.callers(prompt.callers.length)}</h3>
      {prompt.callers.length === 0 ? (
        <p class="quiet">{t.bridge.noCallers}</p>
      ) : (
        <Callers
          legs={prompt.callers}
          plain
          {...(several
            ? {
                mark: (leg) => (
                  <input
                    type="checkbox"
                    class="check"
                    checked={!choice.without.includes(leg.legId)}
                    aria-labelledby={`leg-${leg.legId}`}
                    onChange={() => toggle(leg.legId)}
                  />
                ),
              }
            : {})}
        />
      )}
      <p class="error" role="status" hidden={!nobody}>
        {nobody ? t.prompt.chooseNone : ''}
      </p>
    </>
  );
}
