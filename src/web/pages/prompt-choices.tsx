import type { JSX } from 'preact';
import type { Audio, Prompt } from '../host/session.ts';
import { audioOffers, nextCallers, type Choice } from './prompt-choice.ts';
import { useWords } from './use-words.ts';

/** What a new key allows: what callers may do, for how long, and who may come in later. */
export function KeyChoices(props: {
  prompt: Prompt;
  choice: Choice;
  onChange: (change: Partial<Choice>) => void;
}): JSX.Element {
  const { prompt, choice, onChange } = props;
  const t = useWords().t.prompt;
  const offers = audioOffers(prompt);
  const audioNames: Readonly<Record<Audio, string>> = {
    both: t.audioBoth,
    listen: t.audioListen,
    speak: t.audioSpeak,
  };
  return (
    <>
      {offers.length > 1 ? (
        <Radios
          name="audio"
          legend={t.audio}
          options={offers.map((audio) => [audio, audioNames[audio]])}
          value={choice.audio}
          onChange={(audio) => onChange({ audio })}
        />
      ) : (
        <p>{t.wants[prompt.scope.audio]}</p>
      )}
      <Radios
        name="duration"
        legend={t.duration}
        options={[
          [null, t.untilRevoked],
          [15, t.minutes(15)],
          [60, t.minutes(60)],
        ]}
        value={choice.minutes}
        onChange={(minutes) => onChange({ minutes })}
      />
      <Radios
        name="later"
        legend={t.laterTitle}
        options={[
          ['each', t.laterEach],
          ['next', t.laterNext(nextCallers)],
          ['any', t.laterAny],
        ]}
        value={choice.later}
        onChange={(later) => onChange({ later })}
      />
    </>
  );
}

function Radios<T extends string | number | null>(props: {
  name: string;
  legend: string;
  options: readonly (readonly [value: T, words: string])[];
  value: T;
  onChange: (value: T) => void;
}): JSX.Element {
  return (
    <fieldset class="choice">
      <legend>{props.legend}</legend>
      {props.options.map(([value, words]) => (
        <label key={String(value)}>
          <input
            type="radio"
            name={props.name}
            checked={props.value === value}
            onChange={() => props.onChange(value)}
          />
          <span>{words}</span>
        </label>
      ))}
    </fieldset>
  );
}
