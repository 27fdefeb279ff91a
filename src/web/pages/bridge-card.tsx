import type { JSX } from 'preact';
import type { BridgeView, MeetingView } from '../host/session.ts';
import { BridgeFacts } from './bridge-facts.tsx';
import { Callers, CallerControls } from './callers.tsx';
import { mayHear } from './hearing.ts';
import { KeyIcon, NoKeyIcon, PhoneIcon } from './icons.tsx';
import { isOpen, operatorOf } from './truth.ts';
import { useWords } from './use-words.ts';
import type { PageController } from './view.ts';
import type { Words } from './words.ts';

export interface BridgeCardProps {
  readonly controller: PageController;
  readonly meeting: MeetingView;
  readonly decides: boolean;
  /** Opens the prompt again that was put off. */
  readonly onReview: () => void;
}

export function BridgeCard({ controller, meeting, decides, onReview }: BridgeCardProps): JSX.Element {
  const t = useWords().t.bridge;
  // With one bridge the button stands in the banner, always in sight. With several, each also gets its own.
  const holders = meeting.bridges.filter(isOpen).length;
  return (
    <section class="card bridge" aria-labelledby="bridge-title">
      <h2 id="bridge-title">{t.title}</h2>
      {meeting.bridges.length === 0 ? (
        <p class="empty">
          <PhoneIcon />
          {decides ? t.none : t.noneMember}
        </p>
      ) : null}
      {meeting.bridges.map((bridge) => (
        <Bridge
          key={bridge.identity}
          controller={controller}
          bridge={bridge}
          decides={decides}
          ownRevoke={decides && holders > 1 && isOpen(bridge)}
          onReview={decides && meeting.prompt?.bridge === bridge.thumbprint ? onReview : null}
        />
      ))}
    </section>
  );
}

interface BridgeProps {
  readonly controller: PageController;
  readonly bridge: BridgeView;
  readonly decides: boolean;
  readonly ownRevoke: boolean;
  readonly onReview: (() => void) | null;
}

function Bridge({ controller, bridge, decides, ownRevoke, onReview }: BridgeProps): JSX.Element {
  const words = useWords();
  const t = words.t.bridge;
  const held = isOpen(bridge) || mayHear(bridge);
  const legs = bridge.legs.filter((leg) => leg.state !== 'left' || held);
  return (
    <div class={`bridge-one state-${bridge.state}`}>
      <div class="bridge-head">
        <span class="badge">{mayHear(bridge) ? <KeyIcon /> : <NoKeyIcon />}</span>
        <div>
          <p class="bridge-state">{stateWords(bridge, words)}</p>
          <p class="quiet">
            <bdi>{t.operatedBy(operatorOf(bridge, words.t))}</bdi>
            {bridge.identityState === 'known' ? null : (
              <span class={bridge.identityState === 'changed' ? 'tag tag-danger' : 'tag tag-wait'}>
                {t.identity[bridge.identityState]}
              </span>
            )}
          </p>
        </div>
      </div>
      <p>{explanation(bridge, words)}</p>
      {bridge.state === 'locking-out' ? <progress aria-label={t.lockingLeft(bridge.switchesLeft)} /> : null}
      <BridgeFacts controller={controller} bridge={bridge} />
      <h3>{t.callers}</h3>
      {legs.length === 0 ? (
        <p class="quiet">{t.noCallers}</p>
      ) : (
        <Callers
          legs={legs}
          actions={(leg) =>
            decides && isOpen(bridge) && leg.state === 'admitted' ? (
              <CallerControls controller={controller} bridge={bridge} leg={leg} />
            ) : null
          }
        />
      )}
      {onReview === null ? null : (
        <button type="button" class="button button-main" onClick={onReview}>
          {t.review}
        </button>
      )}
      {ownRevoke ? (
        <p class="revoke-row">
          <button
            type="button"
            class="button button-danger"
            onClick={() => controller.revoke(bridge.thumbprint)}
          >
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
  if (bridge.state === 'locking-out') return t.truth.lockingBody;
  if (bridge.state === 'holds-key' && bridge.scope?.audio === 'listen') return t.bridge.explainListen;
  if (bridge.state === 'holds-key' && bridge.scope?.audio === 'speak') return t.bridge.explainSpeak;
  return t.bridge.explain[bridge.state];
}
