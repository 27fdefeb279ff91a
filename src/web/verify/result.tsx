import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Finding } from '../../ledger/verify/findings.ts';
import type { Report } from '../../ledger/verify/verify.ts';
import { CheckIcon, WarnIcon } from './icons.tsx';
import { meetingsOf } from './picture.ts';
import type { Checked } from './read-log.ts';
import { MeetingSection } from './meeting-section.tsx';
import { plural } from './words.ts';

interface ResultProps {
  readonly name: string;
  readonly trust: string;
  readonly checked: Checked;
  readonly onTrust: (thumbprints: string) => void;
  readonly onOther: () => void;
}

export function Result({ name, trust, checked, onTrust, onOther }: ResultProps): JSX.Element {
  const { report, events, eventsLeftOut } = checked;
  const seen = { intervals: report.intervals, held: report.held, events };
  const meetings = meetingsOf(seen);
  const [chosen, choose] = useState(meetings[0] ?? '');
  return (
    <>
      <Verdict name={name} report={report} onOther={onOther} />
      <div class="verify-columns">
        <Findings report={report} />
        <Trust trust={trust} onTrust={onTrust} />
      </div>
      {meetings.length === 0 ? (
        <section class="card">
          <h2>Meetings</h2>
          <p class="quiet">No bridge asked for a key in this ledger.</p>
        </section>
      ) : (
        <MeetingSection meetings={meetings} chosen={chosen} onChoose={choose} seen={seen} />
      )}
      <Keys report={report} />
      {eventsLeftOut > 0 && (
        <p class="quiet">
          {plural(eventsLeftOut, 'later event')} checked and not shown: “latchkey ledger intervals” shows all.
        </p>
      )}
    </>
  );
}

function Verdict({
  name,
  report,
  onOther,
}: Pick<ResultProps, 'name' | 'onOther'> & { report: Report }): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [report]);
  const look = !report.verified ? 'look-alert' : report.basis === 'trusted' ? 'look-calm' : 'look-wait';
  return (
    <section class={`card verdict ${look}`} aria-labelledby="verdict-title">
      <span class="badge verdict-badge">{report.verified ? <CheckIcon /> : <WarnIcon />}</span>
      <div class="verdict-words">
        <h1 id="verdict-title" ref={heading} tabIndex={-1}>
          {report.verified ? 'The ledger verifies' : 'The ledger does not verify'}
        </h1>
        <p>{verdictText(report)}</p>
        <p class="quiet verdict-file">
          {name} · {plural(report.leaves, 'event')}
        </p>
      </div>
      <button type="button" class="button" onClick={onOther}>
        Check another
      </button>
    </section>
  );
}

function verdictText({ verified, basis }: Report): string {
  if (!verified)
    return 'Something in it was changed, left out or made up. What follows is what it says, not what is proven.';
  return basis === 'trusted'
    ? 'Every signature and hash holds, under a key that you trust.'
    : 'Every signature and hash holds. Whoever wrote it could still have made it up as a whole: give a thumbprint that you have from elsewhere.';
}

const looks = { broken: 'finding-broken', warning: 'finding-warning', note: 'finding-note' } as const;
const severities = { broken: 'Broken', warning: 'Warning', note: 'Note' } as const;
const shownFindings = 50;

function Findings({ report }: { report: Report }): JSX.Element {
  const { findings, counts } = report;
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const order = ['broken', 'warning', 'note'];
  const shown = [...findings]
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
    .slice(0, shownFindings);
  return (
    <section class="card" aria-labelledby="findings-title">
      <h2 id="findings-title">
        Findings<span class="count">{all.toLocaleString('en')}</span>
      </h2>
      {all === 0 ? (
        <p class="empty">
          <CheckIcon />
          <span>Nothing to report: no gap, no change, no signature that does not hold.</span>
        </p>
      ) : (
        <ul class="findings">
          {shown.map((finding, i) => (
            <FindingLine key={i} finding={finding} />
          ))}
        </ul>
      )}
      {all > shown.length && <p class="quiet">… and {(all - shown.length).toLocaleString('en')} more.</p>}
    </section>
  );
}

function FindingLine({ finding }: { finding: Finding }): JSX.Element {
  const { code, severity, seq, text } = finding;
  return (
    <li class={looks[severity]}>
      <span class="tag finding-tag">{severities[severity]}</span>
      <span>
        {seq === null ? '' : `Event ${seq}: `}
        {text} <code>{code}</code>
      </span>
    </li>
  );
}

function Keys({ report }: { report: Report }): JSX.Element {
  return (
    <section class="card" aria-labelledby="keys-title">
      <h2 id="keys-title">Whose ledger it is</h2>
      <dl class="facts facts-stacked">
        <Fact term="Operator">{report.operatorName || 'not stated'}</Fact>
        <Fact term="Operator key">
          <code>{report.operatorThumbprint || 'not stated'}</code>
        </Fact>
        <Fact term="Connector">{report.connectorName || 'not stated'}</Fact>
        <Fact term="Ledger key">
          <code>{report.ledgerThumbprint || 'not stated'}</code>
        </Fact>
        <Fact term="Root of the tree">
          <code>{report.root || 'none that holds'}</code>
        </Fact>
        <Fact term="Witnesses">
          {report.witnesses.length === 0
            ? 'nobody cosigned it'
            : `${plural(report.witnesses.length, 'independent key')} cosigned it`}
        </Fact>
      </dl>
    </section>
  );
}

function Trust({ trust, onTrust }: Pick<ResultProps, 'trust' | 'onTrust'>): JSX.Element {
  const [text, setText] = useState(trust);
  return (
    <section class="card" aria-labelledby="trust-title">
      <h2 id="trust-title">A key that you trust</h2>
      <form
        class="trust-form"
        onSubmit={(event) => {
          event.preventDefault();
          onTrust(text);
        }}
      >
        <label for="trust">Thumbprint</label>
        <input
          id="trust"
          type="text"
          value={text}
          spellcheck={false}
          autocomplete="off"
          aria-describedby="trust-help"
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <p id="trust-help" class="quiet">
          Of the operator’s or the ledger’s key, from the operator’s web site, a contract, or your own notes.
        </p>
        <button type="submit" class="button">
          Check against it
        </button>
      </form>
    </section>
  );
}

function Fact({ term, children }: { term: string; children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}
