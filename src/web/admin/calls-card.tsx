import type { JSX } from 'preact';
import type { LiveLeg } from '../../admin/api/wire.ts';
import type { Api } from './api.ts';
import { EndCall } from './end-call.tsx';
import { Sparkline } from './sparkline.tsx';
import { useOperatorWords } from './use-words.ts';

interface CallsCardProps {
  readonly legs: readonly LiveLeg[];
  /** Null: this key may end no call. */
  readonly api: Api | null;
}

export function CallsCard({ legs, api }: CallsCardProps): JSX.Element {
  const { t } = useOperatorWords();
  return (
    <section class="card" aria-labelledby="calls">
      <h2 id="calls">
        {t.calls.heading} <span class="count">{legs.length}</span>
      </h2>
      {legs.length === 0 ? (
        <p class="quiet">{t.calls.none}</p>
      ) : (
        <ul class="legs">
          {legs.map((leg) => (
            <Leg key={leg.id} leg={leg} api={api} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Leg({ leg, api }: { readonly leg: LiveLeg; readonly api: Api | null }): JSX.Element {
  const { t, number, percent, clock } = useOperatorWords();
  const { quality } = leg;
  const unknown = t.calls.unknown;
  return (
    <li class="leg">
      <div class="leg-who">
        <strong>{leg.caller}</strong>
        <span class={leg.inMeeting ? 'tag tag-open' : 'tag'}>{t.phases[leg.phase] ?? leg.phase}</span>
        {leg.muted && <span class="tag tag-wait">{t.calls.muted}</span>}
        <span class="quiet">
          {leg.trunk} · {leg.transport} · {leg.codec} · {leg.srtp ? t.calls.encrypted : t.calls.clear} ·{' '}
          {t.calls.since} {clock(leg.answeredAt)}
        </span>
      </div>
      <dl class="figures">
        <Figure name={t.calls.quality} poor={quality !== null && quality.mos < 3.6}>
          {quality === null ? unknown : number(quality.mos, 1)}
        </Figure>
        <Figure name={t.calls.loss} poor={quality !== null && quality.lossIn > 0.03}>
          {quality === null
            ? unknown
            : `${percent(quality.lossIn)} / ${quality.lossOut === null ? '–' : percent(quality.lossOut)}`}
        </Figure>
        <Figure name={t.calls.jitter} poor={quality !== null && quality.jitterMs > 50}>
          {quality === null ? unknown : `${number(quality.jitterMs)} ms`}
        </Figure>
        <Figure name={t.calls.roundTrip} poor={(quality?.roundTripMs ?? 0) > 300}>
          {quality?.roundTripMs == null ? '–' : `${number(quality.roundTripMs)} ms`}
        </Figure>
      </dl>
      <Sparkline scores={leg.scores} />
      <EndCall leg={leg} api={api} />
    </li>
  );
}

interface FigureProps {
  readonly name: string;
  readonly poor: boolean;
  readonly children: string;
}

function Figure({ name, poor, children }: FigureProps): JSX.Element {
  return (
    <div class={poor ? 'poor' : ''}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
