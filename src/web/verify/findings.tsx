import type { JSX } from 'preact';
import type { EvidenceFinding } from '../../ledger/verify/evidence.ts';
import type { Finding } from '../../ledger/verify/findings.ts';
import { CheckIcon } from './icons.tsx';
import type { Checked } from './read-log.ts';
import { useWords } from './use-words.ts';

const looks = { broken: 'finding-broken', warning: 'finding-warning', note: 'finding-note' } as const;
const order = ['broken', 'warning', 'note'] as const;
const shownFindings = 50;

/** What the ledger does not hold true to, and what it lacks of the evidence, worst first. */
export function Findings({ checked: { ledger, evidence } }: { checked: Checked }): JSX.Element {
  const words = useWords();
  const { findings: t } = words.t;
  const own = ledger?.report.findings ?? [];
  const counts = ledger === null ? [] : [...ledger.report.counts.values()];
  const beside = evidence?.findings ?? [];
  const all = counts.reduce((sum, count) => sum + count, 0) + beside.length;
  const lines = [...beside.map(fromEvidence), ...own.map(fromLedger)];
  const shown = lines
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
    .slice(0, shownFindings);
  return (
    <section class="card" aria-labelledby="findings-title">
      <h2 id="findings-title">
        {t.title}
        <span class="count">{words.number(all)}</span>
      </h2>
      {all === 0 ? (
        <p class="empty">
          <CheckIcon />
          <span>{t.none}</span>
        </p>
      ) : (
        <ul class="findings">
          {shown.map((line, i) => (
            <li key={i} class={looks[line.severity]}>
              <span class="tag finding-tag">{t.severity[line.severity]}</span>
              <span>
                {placeOf(line)}
                {line.kind === 'ledger' ? words.finding(line.finding) : words.evidence(line.finding)}{' '}
                <code>{line.finding.code}</code>
              </span>
            </li>
          ))}
        </ul>
      )}
      {all > shown.length && <p class="quiet">{t.more(words.number(all - shown.length))}</p>}
    </section>
  );

  function placeOf(line: Line): string {
    if (line.kind === 'ledger') return line.finding.seq === null ? '' : t.event(line.finding.seq);
    return line.finding.line === null ? '' : t.line(line.finding.line);
  }
}

type Line =
  | { readonly kind: 'ledger'; readonly severity: Finding['severity']; readonly finding: Finding }
  | { readonly kind: 'evidence'; readonly severity: Finding['severity']; readonly finding: EvidenceFinding };

const fromLedger = (finding: Finding): Line => ({ kind: 'ledger', severity: finding.severity, finding });

const fromEvidence = (finding: EvidenceFinding): Line => ({
  kind: 'evidence',
  severity: finding.code === 'evidence-cut' ? 'note' : 'broken',
  finding,
});
