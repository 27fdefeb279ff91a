import type { JSX } from 'preact';
import { text } from './text.ts';

export function Wordmark(): JSX.Element {
  return (
    <span class="wordmark">
      <span class="wordmark-key" aria-hidden="true" />
      {text.product}
    </span>
  );
}
