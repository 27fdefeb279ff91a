import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LedgerEnd } from '../../admin/api/wire.ts';
import { ApiRefusal, type Api } from './api.ts';
import { checkTail, type TailCheck } from './check-tail.ts';
import { useOperatorWords } from './use-words.ts';

type Good = Extract<TailCheck, { ok: true }>;

type Shown =
  | { readonly kind: 'checking' }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'good'; readonly tail: LedgerEnd; readonly check: Good }
  | { readonly kind: 'bad'; readonly fault: 'checkpoint' | 'leaf' | 'growth' | 'unreachable' };

/** The ledger's end, checked here. What once was bad stays bad until the page is loaded anew. */
export function LedgerCard({ api, turn }: { readonly api: Api; readonly turn: number }): JSX.Element {
  const { t } = useOperatorWords();
  const [shown, setShown] = useState<Shown>({ kind: 'checking' });
  const last = useRef<Good | null>(null);
  const spoiled = useRef(false);
  useEffect(() => {
    let over = false;
    if (spoiled.current) return undefined;
    void look(api, last.current).then((next) => {
      if (over) return;
      if (next.kind === 'good') last.current = next.check;
      spoiled.current = next.kind === 'bad' && next.fault !== 'unreachable';
      setShown(next);
    });
    return () => {
      over = true;
    };
  }, [api, turn]);
  return (
    <section class="card" aria-labelledby="ledger">
      <h2 id="ledger">{t.ledger.heading}</h2>
      <Verdict shown={shown} />
      {shown.kind === 'good' && <Leaves tail={shown.tail} />}
    </section>
  );
}

async function look(api: Api, before: Good | null): Promise<Shown> {
  try {
    const since = before === null ? '' : `&since=${before.head.size}`;
    const tail = await api.get<LedgerEnd>(`/v1/ledger?limit=12${since}`);
    const check = await checkTail(tail, before);
    return check.ok ? { kind: 'good', tail, check } : { kind: 'bad', fault: check.fault };
  } catch (error) {
    const forbidden = error instanceof ApiRefusal && error.status === 403;
    return forbidden ? { kind: 'forbidden' } : { kind: 'bad', fault: 'unreachable' };
  }
}

function Verdict({ shown }: { readonly shown: Shown }): JSX.Element {
  const { t, number } = useOperatorWords();
  switch (shown.kind) {
    case 'checking':
      return <p class="quiet">{t.ledger.checking}</p>;
    case 'forbidden':
      return <p class="quiet">{t.ledger.forbidden}</p>;
    case 'bad':
      return (
        <p role="alert">
          <span class="tag tag-danger">{t.ledger.bad}</span> {t.ledger.faults[shown.fault]}
        </p>
      );
    case 'good':
      return (
        <>
          <p>
            <span class="tag tag-good">{t.ledger.verified}</span>{' '}
            <span class="quiet">
              {t.ledger.size}: {number(shown.tail.size)} · {t.ledger.key}:{' '}
              <code class="key">{shown.check.thumbprint}</code>
            </span>
          </p>
          <p class="quiet">{t.ledger.explain}</p>
        </>
      );
  }
}

function Leaves({ tail }: { readonly tail: LedgerEnd }): JSX.Element {
  const { t, clock } = useOperatorWords();
  return (
    <div class="scroll" role="region" aria-label={t.ledger.newest} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col">{t.ledger.when}</th>
            <th scope="col">{t.ledger.event}</th>
            <th scope="col">{t.ledger.about}</th>
          </tr>
        </thead>
        <tbody>
          {tail.leaves.toReversed().map(({ seq, entry }) => (
            <tr key={seq}>
              <td>{seq}</td>
              <td>{typeof entry?.['at'] === 'number' ? clock(entry['at']) : ''}</td>
              <td>{entry === null ? t.ledger.pruned : <code>{String(entry['type'])}</code>}</td>
              <td>{entry === null ? '' : aboutOf(entry)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Words of the leaf that say most to an operator; ids are cut short. */
function aboutOf(entry: Readonly<Record<string, unknown>>): string {
  const data = (entry['data'] ?? {}) as Readonly<Record<string, unknown>>;
  const words = ['action', 'role', 'reason', 'did', 'verdict', 'what'].flatMap((name) =>
    typeof data[name] === 'string' ? [data[name]] : [],
  );
  const ids = ['meeting', 'leg'].flatMap((name) =>
    typeof entry[name] === 'string' ? [`${name} ${entry[name].slice(0, 6)}…`] : [],
  );
  return [...words, ...ids].join(' · ');
}
