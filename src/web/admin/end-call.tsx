import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LiveLeg } from '../../admin/api/wire.ts';
import { ApiRefusal, type Api } from './api.ts';
import { useOperatorWords } from './use-words.ts';

interface EndCallProps {
  readonly leg: Pick<LiveLeg, 'id' | 'caller' | 'phase'>;
  /** Null: this key may end no call. */
  readonly api: Api | null;
}

/** Ends one call, after a question; the event stream says when it is over. */
export function EndCall({ leg, api }: EndCallProps): JSX.Element | null {
  const { t } = useOperatorWords();
  const [asking, setAsking] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const question = useRef<HTMLParagraphElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const asked = useRef(false);
  useEffect(() => {
    if (asking) question.current?.focus();
    else if (asked.current) button.current?.focus();
    asked.current = asking;
  }, [asking]);
  if (api === null || leg.phase === 'ending') return null;
  const end = (): void => {
    setAsking(false);
    setFault(null);
    api.delete(`/v1/legs/${leg.id}`).then(
      () => undefined,
      (error: unknown) => {
        setFault(error instanceof ApiRefusal && error.title !== '' ? error.title : t.signIn.unreachable);
      },
    );
  };
  return (
    <div class="leg-end">
      {fault !== null && (
        <p class="error" role="alert">
          {t.endCall.failed} {fault}
        </p>
      )}
      {asking ? (
        <>
          <p ref={question} tabIndex={-1}>
            <strong>{t.endCall.confirm(leg.caller)}</strong>
          </p>
          <div class="button-row">
            <button type="button" class="button button-small button-danger" onClick={end}>
              {t.endCall.yes}
            </button>
            <button type="button" class="button button-small" onClick={() => setAsking(false)}>
              {t.endCall.no}
            </button>
          </div>
        </>
      ) : (
        <button
          ref={button}
          type="button"
          class="button button-small"
          aria-label={t.endCall.name(leg.caller)}
          onClick={() => setAsking(true)}
        >
          {t.endCall.button}
        </button>
      )}
    </div>
  );
}
