import type { JSX } from 'preact';
import type { BridgeView, LegView, MeetingView } from '../host/session.ts';
import { shownName } from './format.ts';
import { KeyIcon, NoKeyIcon, PhoneIcon } from './icons.tsx';

import type { Texts } from './text/english.ts';
import { mayHear, operatorOf } from './truth.ts';
import type { PageController } from './view.ts';
import { useWords } from './use-words.ts';
import type { Words } from './words.ts';

export interface BridgeCardProps {
  readonly controller: PageController;
  readonly meeting: MeetingView;
  readonly host: boolean;
  /** Opens the prompt again that was put off. */
  readonly onReview: () => void;
}

export function BridgeCard({ controller, meeting, host, onReview }: BridgeCardProps): JSX.Element {
  const t = useWords().t.bridge;
  // With one bridge the button stands in the banner, always in sight. With several, each also gets its own.
  const holders = meeting.bridges.filter((b) => b.state === 'granted' || b.state === 'holds-key').length;
  return (
    <section class="card bridge" aria-labelledby="bridge-title">
      <h2 id="bridge-title">{t.title}</h2>
      {meeting.bridges.length === 0 ? (
        <p class="empty">
          <PhoneIcon />
          {host ? t.none : t.noneMember}
        </p>
      ) : null}
      {meeting.bridges.map((bridge) => (
        <Bridge
          key={bridge.identity}
          bridge={bridge}
          onRevoke={host && holders > 1 ? () => controller.revoke(bridge.thumbprint) : null}
          onReview={host && meeting.prompt?.bridge === bridge.thumbprint ? onReview : null}
        />
      ))}
    </section>
  );
}

interface BridgeProps {
  readonly bridge: BridgeView;
  readonly onRevoke: (() => void) | null;
  readonly onReview: (() => void) | null;
}

function Bridge({ bridge, onRevoke, onReview }: BridgeProps): JSX.Element {
  const words = useWords();
  const t = words.t.bridge;
  const legs = bridge.legs.filter((leg) => leg.state !== 'left' || mayHear(bridge));
  return (
    <div class={`bridge-one state-${bridge.state}`}>
      <div class="bridge-head">
        <span class="badge">{mayHear(bridge) ? <KeyIcon /> : <NoKeyIcon />}</span>
        <div>
          <p class="bridge-state">{stateWords(bridge, words)}</p>
          <p class="quiet">
            <bdi>{t.operatedBy(operatorOf(bridge, words.t))}</bdi>
          </p>
        </div>
      </div>
      <p>{explanation(bridge, words)}</p>
      {bridge.state === 'locking-out' ? <progress aria-label={t.lockingLeft(bridge.switchesLeft)} /> : null}
      <h3>{t.callers}</h3>
      {legs.length === 0 ? <p class="quiet">{t.noCallers}</p> : <Callers legs={legs} />}
      {onReview !== null ? (
        <button type="button" class="button button-main" onClick={onReview}>
          {t.review}
        </button>
      ) : null}
      {onRevoke !== null && (bridge.state === 'granted' || bridge.state === 'holds-key') ? (
        <p class="revoke-row">
          <button type="button" class="button button-danger" onClick={onRevoke}>
            {t.revoke}
          </button>
          <span class="quiet">{t.revokeHint}</span>
        </p>
      ) : null}
    </div>
  );
}

function stateWords(bridge: BridgeView, words: Words): string {
  const t = words.t.bridge;
  if (bridge.state === 'locking-out') return t.lockingLeft(bridge.switchesLeft);
  if (bridge.state === 'locked-out' && bridge.lockedOutAfterMs !== null) {
    return t.lockedAfter(words.format.seconds(bridge.lockedOutAfterMs));
  }
  return t.state[bridge.state];
}

function explanation(bridge: BridgeView, { t }: Words): string {
  return bridge.state === 'locking-out' ? t.truth.lockingBody : t.bridge.explain[bridge.state];
}

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

/** Callers with what is known about each, and not a word more. */
export function Callers({ legs, plain }: { legs: readonly LegView[]; plain?: boolean }): JSX.Element {
  const t = useWords().t.bridge;
  return (
    <ul class="callers">
      {legs.map((leg) => (
        <li key={leg.legId} class={`leg leg-${leg.state}`}>
          <PhoneIcon />
          <div>
            <p class="leg-name">
              <bdi>{shownName(leg.display) || t.unknownCaller}</bdi>
              {plain === true ? null : <span class="tag">{t.leg[leg.state]}</span>}
            </p>
            <p class="quiet">
              {verificationOf(leg, t.verification)}
              {' · '}
              {t.transport[lineProtection(leg.transport)]}
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}
