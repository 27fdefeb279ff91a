import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ConnectorStatus } from '../../admin/api/wire.ts';
import { ApiRefusal, apiWith } from './api.ts';
import { useOperatorWords } from './use-words.ts';

interface SignInProps {
  readonly onKey: (key: string) => void;
}

export function SignIn({ onKey }: SignInProps): JSX.Element {
  const { t } = useOperatorWords();
  const [key, setKey] = useState('');
  const [fault, setFault] = useState<'wrong' | 'unreachable' | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    setBusy(true);
    try {
      await apiWith(key.trim()).get<ConnectorStatus>('/v1/status');
      onKey(key.trim());
    } catch (error) {
      const refused = error instanceof ApiRefusal && error.status !== 0;
      setFault(refused ? 'wrong' : 'unreachable');
      setBusy(false);
    }
  };
  return (
    <form
      class="card sign-in"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <h1>{t.signIn.heading}</h1>
      <p class="lead">{t.signIn.lead}</p>
      <label for="key">{t.signIn.label}</label>
      <input
        id="key"
        type="password"
        autocomplete="current-password"
        spellcheck={false}
        required
        value={key}
        aria-describedby="key-hint"
        aria-invalid={fault === 'wrong'}
        onInput={(event) => setKey(event.currentTarget.value)}
      />
      <p id="key-hint" class="quiet">
        {t.signIn.hint}
      </p>
      <p class="error" role="alert">
        {fault === null ? '' : t.signIn[fault]}
      </p>
      <div>
        <button type="submit" class="button button-main" disabled={busy}>
          {t.signIn.button}
        </button>
      </div>
    </form>
  );
}
