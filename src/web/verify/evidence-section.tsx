import type { JSX } from 'preact';
import type { EvidenceReport } from '../../ledger/verify/evidence.ts';
import { Fact } from './fact.tsx';
import { useWords } from './use-words.ts';

/** What a host's own file says of its meeting, whatever the ledger says. */
export function EvidenceSection({ report }: { report: EvidenceReport }): JSX.Element {
  const { number, t: all } = useWords();
  const t = all.evidence;
  const { meeting, hosts, operators, rotations, messages, proven, decisions, witnesses } = report;
  return (
    <section class="card" aria-labelledby="evidence-title">
      <h2 id="evidence-title">{t.title}</h2>
      <dl class="facts facts-stacked">
        <Fact term={t.meeting}>
          <code>{meeting}</code>
        </Fact>
        <Fact term={t.hosts}>
          <Codes ids={hosts} />
        </Fact>
        <Fact term={t.operators}>
          {operators.length === 0 ? t.none : <Codes ids={operators} />}
          {rotations.map(({ from, to }) => (
            <span key={from} class="cell-note">
              <code>{to}</code> {t.rotated(from)}
            </span>
          ))}
        </Fact>
        <Fact term={t.messages}>{number(messages)}</Fact>
        <Fact term={t.proven}>{t.provenText(proven)}</Fact>
        <Fact term={t.decisions}>{number(decisions)}</Fact>
        <Fact term={t.cosigned}>{t.keys(witnesses)}</Fact>
      </dl>
    </section>
  );
}

const Codes = ({ ids }: { ids: readonly string[] }): JSX.Element => (
  <>
    {ids.map((id) => (
      <code key={id} class="code-line">
        {id}
      </code>
    ))}
  </>
);
