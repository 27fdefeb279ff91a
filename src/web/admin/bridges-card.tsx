import type { JSX } from 'preact';
import type { LiveBridge, LiveLeg } from '../../admin/api/wire.ts';
import { useOperatorWords } from './use-words.ts';

interface BridgesCardProps {
  readonly bridges: readonly LiveBridge[];
  readonly legs: readonly LiveLeg[];
}

export function BridgesCard({ bridges, legs }: BridgesCardProps): JSX.Element {
  const { t } = useOperatorWords();
  return (
    <section class="card" aria-labelledby="bridges">
      <h2 id="bridges">
        {t.bridges.heading} <span class="count">{bridges.length}</span>
      </h2>
      {bridges.length === 0 ? (
        <p class="quiet">{t.bridges.none}</p>
      ) : (
        <ul class="legs">
          {bridges.map((bridge) => (
            <Bridge
              key={bridge.meeting}
              bridge={bridge}
              inside={legs.filter((leg) => leg.inMeeting && leg.meeting === bridge.meeting).length}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

function Bridge({ bridge, inside }: { readonly bridge: LiveBridge; readonly inside: number }): JSX.Element {
  const { t, number, clock } = useOperatorWords();
  const { undecryptable, replayed, plaintext } = bridge;
  return (
    <li class="leg place">
      <div class="leg-who">
        <strong>
          {t.bridges.meeting} <code>{bridge.meeting.slice(0, 8)}…</code>
        </strong>
        <span class={bridge.gate === 'open' ? 'tag tag-open' : 'tag'}>
          {bridge.gate === 'open' ? t.bridges.open : t.bridges.closed}
        </span>
        <span class="tag">{bridge.hostPresent ? t.bridges.hostThere : t.bridges.hostAway}</span>
        <span class="quiet">
          {number(inside)} {t.bridges.inside} · {number(bridge.keysHeld)} {t.bridges.keys} · {t.calls.since}{' '}
          {clock(bridge.since)}
        </span>
      </div>
      {undecryptable + replayed + plaintext > 0 && (
        <p class="quiet">{t.bridges.faults(undecryptable, replayed, plaintext)}</p>
      )}
    </li>
  );
}
