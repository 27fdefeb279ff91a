import type { ComponentChildren, JSX } from 'preact';
import type { BridgeView, LegView } from '../host/session.ts';
import { MicIcon, MicOffIcon, PhoneIcon } from './icons.tsx';
import { callerName } from './names.ts';
import type { Texts } from './text/english.ts';
import { useWords } from './use-words.ts';
import type { PageController } from './view.ts';

/**
 * From the label's `signalling+media`: encrypted only where both are, because keys for the media travel in the signalling.
 */
export function lineProtection(transport: string): 'plain' | 'provider' | 'unknown' {
  const [signalling, media] = transport.split('+');
  if (media === 'rtp') return 'plain';
  if (media !== 'srtp') return 'unknown';
  return signalling === 'tls' || signalling === 'wss' ? 'provider' : 'plain';
}

/** A word that is not in the table says nothing in the caller's favour. */
function verificationOf(leg: LegView, words: Texts['bridge']['verification']): string {
  return Object.entries(words).find(([name]) => name === leg.verification)?.[1] ?? words.absent;
}

export interface CallersProps {
  readonly legs: readonly LegView[];
  /** Without the state of each. */
  readonly plain?: boolean;
  /** What stands in front of a caller instead of the icon. */
  readonly mark?: (leg: LegView) => ComponentChildren;
  readonly actions?: (leg: LegView) => ComponentChildren;
}

/** Callers with what is known about each, and not a word more. */
export function Callers({ legs, plain, mark, actions }: CallersProps): JSX.Element {
  const { t: words } = useWords();
  const t = words.bridge;
  return (
    <ul class="callers">
      {legs.map((leg) => (
        <li key={leg.legId} class={`leg leg-${leg.state}`}>
          {mark?.(leg) ?? <PhoneIcon />}
          <div class="leg-words">
            <p class="leg-name">
              <bdi id={`leg-${leg.legId}`}>{callerName(leg, words)}</bdi>
              {plain === true ? null : <span class="tag">{t.leg[leg.state]}</span>}
              {leg.muted ? <span class="tag tag-wait">{t.legMuted}</span> : null}
            </p>
            <p class="quiet">
              {verificationOf(leg, t.verification)}
              {' · '}
              {t.transport[lineProtection(leg.transport)]}
            </p>
            {actions?.(leg)}
          </div>
        </li>
      ))}
    </ul>
  );
}

/** Mute and hang up, for one call. The bridge does what it is told here; it is one of its promises. */
export function CallerControls(props: {
  controller: PageController;
  bridge: BridgeView;
  leg: LegView;
}): JSX.Element {
  const { controller, bridge, leg } = props;
  const { t: words } = useWords();
  const t = words.bridge;
  const name = callerName(leg, words);
  return (
    <p class="leg-actions">
      <button
        type="button"
        class="button button-small"
        aria-label={leg.muted ? t.unmuteCaller(name) : t.muteCaller(name)}
        onClick={() => controller.muteLeg(bridge.thumbprint, leg.legId, !leg.muted)}
      >
        {leg.muted ? <MicOffIcon /> : <MicIcon />}
        {leg.muted ? t.unmute : t.mute}
      </button>
      <button
        type="button"
        class="button button-small"
        aria-label={t.endCaller(name)}
        onClick={() => controller.endLeg(bridge.thumbprint, leg.legId)}
      >
        {t.end}
      </button>
    </p>
  );
}
