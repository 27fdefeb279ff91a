import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Report } from '../../ledger/verify/verify.ts';
import { EvidenceSection } from './evidence-section.tsx';
import { Fact } from './fact.tsx';
import { Findings } from './findings.tsx';
import type { Given, GivenFile } from './given-file.ts';
import { CheckIcon, WarnIcon } from './icons.tsx';
import { KeptCard } from './kept-card.tsx';
import { MeetingSection } from './meeting-section.tsx';
import { meetingsOf } from './picture.ts';
import type { Checked, CheckedLedger } from './read-log.ts';
import { uncheckedOf } from './unchecked.ts';
import { useWords } from './use-words.ts';

interface ResultProps {
  readonly given: Given;
  readonly trust: string;
  readonly checked: Checked;
  readonly onTrust: (thumbprints: string) => void;
  readonly onGiven: (given: Given, more: readonly GivenFile[]) => void;
  readonly onOther: () => void;
}

export function Result({ given, trust, checked, onTrust, onGiven, onOther }: ResultProps): JSX.Element {
  const { ledger, evidence } = checked;
  return (
    <>
      <Verdict given={given} checked={checked} onOther={onOther} />
      <div class="verify-columns">
        <div class="verify-column">
          <Findings checked={checked} />
          <Unchecked checked={checked} />
        </div>
        <div class="verify-column">
          <Trust trust={trust} onTrust={onTrust} />
          <KeptCard given={given} onGiven={onGiven} />
        </div>
      </div>
      {ledger !== null && <Ledger ledger={ledger} />}
      {evidence !== null && <EvidenceSection report={evidence.report} />}
    </>
  );
}

function Ledger({ ledger: { report, events, eventsLeftOut } }: { ledger: CheckedLedger }): JSX.Element {
  const { meetings: t } = useWords().t;
  const seen = { intervals: report.intervals, held: report.held, events };
  const meetings = meetingsOf(seen);
  const [chosen, choose] = useState(meetings[0] ?? '');
  return (
    <>
      {meetings.length === 0 ? (
        <section class="card">
          <h2>{t.title}</h2>
          <p class="quiet">{t.none}</p>
        </section>
      ) : (
        <MeetingSection meetings={meetings} chosen={chosen} onChoose={choose} seen={seen} />
      )}
      <Keys report={report} />
      {eventsLeftOut > 0 && <p class="quiet">{t.leftOut(eventsLeftOut)}</p>}
    </>
  );
}

function Verdict({
  given,
  checked,
  onOther,
}: Pick<ResultProps, 'given' | 'checked' | 'onOther'>): JSX.Element {
  const { verdict: t } = useWords().t;
  const { verified, ledger, evidence } = checked;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [checked]);
  const sure = ledger?.report.basis === 'trusted';
  const look = !verified ? 'look-alert' : sure ? 'look-calm' : 'look-wait';
  const title = ledger === null ? (verified ? t.evidenceGood : t.evidenceBad) : verified ? t.good : t.bad;
  const text = !verified ? t.broken : ledger === null ? t.evidenceAlone : sure ? t.trusted : t.consistent;
  const counted =
    ledger === null ? t.messages(evidence?.report.messages ?? 0) : t.events(ledger.report.leaves);
  return (
    <section class={`card verdict ${look}`} aria-labelledby="verdict-title">
      <span class="badge verdict-badge">{verified ? <CheckIcon /> : <WarnIcon />}</span>
      <div class="verdict-words">
        <h1 id="verdict-title" ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <p>{text}</p>
        <p class="quiet verdict-file">
          {(given.ledger ?? given.evidence)?.name} · {counted}
        </p>
      </div>
      <button type="button" class="button" onClick={onOther}>
        {t.other}
      </button>
    </section>
  );
}

function Unchecked({ checked }: { checked: Checked }): JSX.Element {
  const { unchecked: t } = useWords().t;
  return (
    <section class="card" aria-labelledby="unchecked-title">
      <h2 id="unchecked-title">{t.title}</h2>
      <ul class="unchecked">
        {uncheckedOf(t, checked).map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </section>
  );
}

function Keys({ report }: { report: Report }): JSX.Element {
  const { ledger: t } = useWords().t;
  return (
    <section class="card" aria-labelledby="keys-title">
      <h2 id="keys-title">{t.title}</h2>
      <dl class="facts facts-stacked">
        <Fact term={t.operator}>{report.operatorName || t.notStated}</Fact>
        <Fact term={t.operatorKey}>
          <code>{report.operatorThumbprint || t.notStated}</code>
        </Fact>
        <Fact term={t.connector}>{report.connectorName || t.notStated}</Fact>
        <Fact term={t.ledgerKey}>
          <code>{report.ledgerThumbprint || t.notStated}</code>
        </Fact>
        <Fact term={t.root}>
          <code>{report.root || t.noRoot}</code>
        </Fact>
        <Fact term={t.witnesses}>
          {report.witnesses.length === 0 ? t.noWitness : t.cosigned(report.witnesses.length)}
        </Fact>
      </dl>
    </section>
  );
}

function Trust({ trust, onTrust }: Pick<ResultProps, 'trust' | 'onTrust'>): JSX.Element {
  const { trust: t } = useWords().t;
  const [text, setText] = useState(trust);
  return (
    <section class="card" aria-labelledby="trust-title">
      <h2 id="trust-title">{t.title}</h2>
      <form
        class="trust-form"
        onSubmit={(event) => {
          event.preventDefault();
          onTrust(text);
        }}
      >
        <label for="trust">{t.label}</label>
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
          {t.help}
        </p>
        <button type="submit" class="button">
          {t.check}
        </button>
      </form>
    </section>
  );
}
