import type { JSX } from 'preact';
import { useWords } from './use-words.ts';

export function Wordmark(): JSX.Element {
  return (
    <span class="wordmark">
      <span class="wordmark-key" aria-hidden="true" />
      {useWords().t.product}
    </span>
  );
}
