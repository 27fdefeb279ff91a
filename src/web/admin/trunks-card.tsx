import type { JSX } from 'preact';
import type { TrunkStatus } from '../../admin/api/wire.ts';
import { useOperatorWords } from './use-words.ts';

export function TrunksCard({ trunks }: { readonly trunks: readonly TrunkStatus[] }): JSX.Element {
  const { t } = useOperatorWords();
  return (
    <section class="card" aria-labelledby="trunks">
      <h2 id="trunks">{t.trunks.heading}</h2>
      <ul class="legs">
        {trunks.map((trunk) => (
          <Trunk key={trunk.name} trunk={trunk} />
        ))}
      </ul>
    </section>
  );
}

const looks = { up: 'tag tag-good', down: 'tag tag-danger', unknown: 'tag tag-wait' } as const;

function Trunk({ trunk }: { readonly trunk: TrunkStatus }): JSX.Element {
  const { t } = useOperatorWords();
  const { health, registrations } = trunk;
  const refused = Object.values(trunk.refused).reduce((sum, count) => sum + count, 0);
  const there = registrations.filter(({ registered }) => registered).length;
  return (
    <li class="leg place">
      <div class="leg-who">
        <strong>{trunk.name}</strong>
        <span class={health === null ? 'tag' : looks[health]}>
          {health === null ? t.trunks.unasked : t.trunks[health]}
        </span>
        <span class="quiet">
          {t.trunks.calls(trunk.calls, trunk.accepted)}
          {refused > 0 && ` · ${t.trunks.refused(refused)}`}
          {registrations.length > 0 && ` · ${t.trunks.registered(there, registrations.length)}`}
        </span>
      </div>
    </li>
  );
}
