import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { ConnectorStatus, MeetingStatus, TrunkStatus } from '../../admin/api/wire.ts';
import { every, systemClock } from '../../base/clock.ts';
import { apiWith } from './api.ts';
import { BridgesCard } from './bridges-card.tsx';
import { CallsCard } from './calls-card.tsx';
import { DrainCard } from './drain-card.tsx';
import { LedgerCard } from './ledger-card.tsx';
import { MeetingsCard } from './meetings-card.tsx';
import { TrunksCard } from './trunks-card.tsx';
import { useLive } from './use-live.ts';
import { useOperatorWords } from './use-words.ts';

const lookMs = 5_000;

interface ConsoleProps {
  readonly apiKey: string;
  readonly onSignOut: () => void;
}

export function Console({ apiKey, onSignOut }: ConsoleProps): JSX.Element {
  const { t, number } = useOperatorWords();
  const api = useMemo(() => apiWith(apiKey), [apiKey]);
  const { view, linked } = useLive(api, systemClock, onSignOut);
  const [status, setStatus] = useState<ConnectorStatus | null>(null);
  const [trunks, setTrunks] = useState<readonly TrunkStatus[]>([]);
  const [meetings, setMeetings] = useState<readonly MeetingStatus[] | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const look = (): void => {
      setTurn((before) => before + 1);
      api.get<ConnectorStatus>('/v1/status').then(setStatus, () => undefined);
      api.all<TrunkStatus>('/v1/trunks').then(setTrunks, () => undefined);
      api.all<MeetingStatus>('/v1/meetings').then(setMeetings, () => undefined);
    };
    look();
    const timer = every(systemClock, lookMs, look);
    return () => timer.cancel();
  }, [api]);
  const sum = (pick: (bridge: (typeof view.bridges)[number]) => number): number =>
    view.bridges.reduce((total, bridge) => total + pick(bridge), 0);
  return (
    <>
      <div class="state-row" role="status">
        <span class={linked ? 'tag tag-good' : 'tag tag-wait'}>{linked ? t.link.live : t.link.lost}</span>
        {status !== null && (
          <span class={status.ready ? 'tag tag-good' : 'tag tag-wait'}>
            {status.draining ? t.ready.draining : status.ready ? t.ready.yes : t.ready.no}
          </span>
        )}
        {status !== null && <span class="tag">{t.role[status.role]}</span>}
        <button type="button" class="button button-small" onClick={onSignOut}>
          {t.signOut}
        </button>
      </div>
      <dl class="totals">
        <Total name={t.counts.legs} value={number(view.legs.length)} />
        <Total name={t.counts.bridges} value={number(view.bridges.length)} />
        <Total name={t.counts.keys} value={number(sum((b) => b.keysHeld))} />
        <Total
          name={t.counts.undecryptable}
          value={number(sum((b) => b.undecryptable + b.replayed + b.plaintext))}
        />
      </dl>
      <CallsCard legs={view.legs} api={status?.role === 'operator' ? api : null} />
      <div class="pair">
        <BridgesCard bridges={view.bridges} legs={view.legs} />
        <TrunksCard trunks={trunks} />
      </div>
      <MeetingsCard meetings={meetings} />
      <LedgerCard api={api} turn={turn} />
      {status?.role === 'operator' && (
        <DrainCard
          api={api}
          calls={view.legs.length}
          draining={status.draining}
          onDrained={() => setStatus({ ...status, draining: true, ready: false })}
        />
      )}
    </>
  );
}

function Total({ name, value }: { readonly name: string; readonly value: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
