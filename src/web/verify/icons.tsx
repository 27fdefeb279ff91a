import type { JSX } from 'preact';

export const CheckIcon = (): JSX.Element => (
  <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
    <path d="M4.2 10.6l3.8 3.8 7.8-8.6" />
  </svg>
);
export const WarnIcon = (): JSX.Element => (
  <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
    <path d="M10 2.8 18 16.6H2zM10 8v4M10 14.2v.1" />
  </svg>
);
