import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useFlag } from './hooks.ts';
import { CheckIcon, CopyIcon } from './icons.tsx';
import { useWords } from './use-words.ts';
import type { PageController } from './view.ts';

export interface CopyButtonProps {
  readonly controller: Pick<PageController, 'after' | 'copy'>;
  readonly label: string;
  readonly value: string;
  readonly main?: boolean;
}

export function CopyButton({ controller, label, value, main }: CopyButtonProps): JSX.Element {
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
