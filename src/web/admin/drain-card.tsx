import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiRefusal, type Api } from './api.ts';
import { useOperatorWords } from './use-words.ts';

interface DrainCardProps {
  readonly api: Api;
  readonly calls: number;
  readonly draining: boolean;
  readonly onDrained: () => void;
}

/** One button, then a question: nothing happens by a single click. */
export function DrainCard({ api, calls, draining, onDrained }: DrainCardProps): JSX.Element {
  const { t } = useOperatorWords();
  const [asking, setAsking] = useState(false);
  const [seconds, setSeconds] = useState(60);
  const [fault, setFault] = useState<string | null>(null);
  const question = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (asking) question.current?.focus();
  }, [asking]);
  const drain = (): void => {
    setAsking(false);
    setFault(null);
    api.post('/v1/drain', { deadlineSeconds: seconds }).then(onDrained, (error: unknown) => {
      setFault(error instanceof ApiRefusal && error.title !== '' ? error.title : t.signIn.unreachable);
    });
  };
  return (
    <section class="card" aria-labelledby="drain">
      <h2 id="drain">{t.drain.heading}</h2>
      <p class="quiet">{t.drain.lead}</p>
      {draining && <p role="status">{t.drain.done}</p>}
      {fault !== null && (
        <p class="error" role="alert">
          {t.drain.failed} {fault}
        </p>
      )}
      {!draining && !asking && (
        <div>
          <button type="button" class="button" onClick={() => setAsking(true)}>
            {t.drain.button}
          </button>
        </div>
      )}
      {!draining && asking && (
        <div class="drain-ask">
          <p ref={question} tabIndex={-1}>
            <strong>{t.drain.confirm(calls)}</strong>
          </p>
          <label>
            {t.drain.deadline}
            <input
              type="number"
              min={1}
              max={3600}
              value={seconds}
              onInput={(event) => {
                const value = event.currentTarget.valueAsNumber;
                if (Number.isInteger(value) && value >= 1 && value <= 3_600) setSeconds(value);
              }}
            />
          </label>
          <div class="button-row">
            <button type="button" class="button button-danger" onClick={drain}>
              {t.drain.yes}
            </button>
            <button type="button" class="button" onClick={() => setAsking(false)}>
              {t.drain.no}
            </button>
          </div>
        </div>
      )}
    </section>
  );
}
