import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

export interface AskInPlaceProps {
  readonly children: ComponentChildren;
  /** What the opening button is called where its words alone do not say whom it is about. */
  readonly label?: string;
  readonly class: string;
  readonly ask: string;
  readonly yes: string;
  readonly no: string;
  readonly onYes: () => void;
}

/** A button that asks once more where it stands. The focus goes to No; Escape is No; afterwards it is back on the button. */
export function AskInPlace(props: AskInPlaceProps): JSX.Element {
  const [asking, setAsking] = useState(false);
  const no = useRef<HTMLButtonElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const wasAsking = useRef(false);
  useEffect(() => {
    if (asking) no.current?.focus();
    else if (wasAsking.current) opener.current?.focus();
    wasAsking.current = asking;
  }, [asking]);
  if (!asking) {
    return (
      <button
        type="button"
        class={props.class}
        ref={opener}
        aria-label={props.label}
        title={props.label}
        onClick={() => setAsking(true)}
      >
        {props.children}
      </button>
    );
  }
  return (
    <span
      class="ask"
      role="group"
      aria-label={props.ask}
      onKeyDown={(event) => {
        if (event.key === 'Escape') setAsking(false);
      }}
    >
      <span>{props.ask}</span>
      <span class="ask-buttons">
        <button
          type="button"
          class="button button-danger"
          onClick={() => {
            setAsking(false);
            props.onYes();
          }}
        >
          {props.yes}
        </button>
        <button type="button" class="button" ref={no} onClick={() => setAsking(false)}>
          {props.no}
        </button>
      </span>
    </span>
  );
}
