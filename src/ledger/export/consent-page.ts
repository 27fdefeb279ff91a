import { consentRecord, timeText, type Stated } from './consent-record.ts';
import type { LegEvent, LegStory, NoticeAnswer } from './leg-story.ts';

/** The consent record of one leg as one printable page: no script runs, nothing is loaded. */
export function consentPage(story: LegStory, stated: Stated): string {
  const { report, leg, meeting } = story;
  const record = JSON.stringify(consentRecord(story, stated), null, 2);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Consent record of leg ${html(leg)}</title>
<style>${style}</style>
</head>
<body>
<header>
<p class="brand">Latchkey</p>
<h1>Consent record of one phone call</h1>
<p class="verdict ${report.verified ? 'good' : 'bad'}">${html(verdictOf(story))}</p>
</header>
<dl>
${pair('Leg', leg)}
${pair('Meeting', meeting === '' ? 'none named' : meeting)}
${pair('Caller, as shown to the host', story.label === null ? 'not known here: erased, or left out of the export' : labelText(story))}
${pair('Connector', `${report.connectorName}, run by ${report.operatorName}`)}
${pair('Operator key', report.operatorThumbprint)}
${pair('Ledger key', report.ledgerThumbprint)}
${pair('Address', stated.address ?? 'not stated')}
${pair('Contact', stated.contact ?? 'not stated')}
${pair('Jurisdiction', stated.jurisdiction ?? 'not stated')}
</dl>
<h2>What the caller was told, and the answer</h2>
${story.notices.length === 0 ? '<p>No answer to a notice is recorded for this leg.</p>' : story.notices.map(noticeHtml).join('\n')}
<h2>When this call could hear and speak</h2>
${intervalsHtml(story)}
<h2>All recorded events of this call</h2>
<table>
<thead><tr><th scope="col">Time (UTC)</th><th scope="col">Event</th><th scope="col">What</th><th scope="col">Detail</th></tr></thead>
<tbody>
${story.events.map(eventHtml).join('\n')}
</tbody>
</table>
<footer>
<p>Made from a ledger of ${String(report.leaves)} events with root ${html(report.root)}. Anybody who has the ledger or an export of it
can check this with “latchkey ledger verify”. Times are those of the connector’s clock. The machine-readable record in this
file has the fields of ISO/IEC TS 27560 under the names of W3C DPV.</p>
</footer>
<script type="application/ld+json">
${record.replaceAll('<', '\\u003c')}
</script>
</body>
</html>
`;
}

function verdictOf({ report }: LegStory): string {
  if (!report.verified) return 'The ledger does not verify: nothing on this page is proven.';
  return report.basis === 'trusted'
    ? 'The ledger verifies, under a key that the reader trusts.'
    : 'The ledger verifies against itself; compare the keys below with what the operator published.';
}

function labelText({ label }: LegStory): string {
  const { display = '', transport = '', verification = '' } = label ?? {};
  return [
    display,
    ...(verification === '' ? [] : [`number verification: ${verification}`]),
    ...(transport === '' ? [] : [`line: ${transport}`]),
  ].join('; ');
}

const pair = (name: string, value: string): string => `<dt>${html(name)}</dt><dd>${html(value)}</dd>`;

function noticeHtml({ at, seq, language, textHash, words, accepted }: NoticeAnswer): string {
  const text =
    words === null
      ? '<p>The words of this hash are not in this installation; name the file that has them with --notice.</p>'
      : `<blockquote lang="${html(language)}">${html(words)}</blockquote>`;
  return `<section>
${text}
<p><strong>${accepted ? 'Accepted' : 'Not accepted'}</strong> on ${html(timeText(at))} (event ${String(seq)}), ${accepted ? 'by pressing 1' : 'by hanging up or staying silent'}. Language: ${html(language)}.
SHA-256 of the words: <code>${html(textHash)}</code></p>
</section>`;
}

function intervalsHtml({ intervals }: LegStory): string {
  if (intervals.length === 0) return '<p>Never.</p>';
  const rows = intervals.map(({ from, to, hear, speak, endProven, grant }) => {
    const end = to === null ? 'no end recorded' : `${timeText(to.at)}: ${to.why}`;
    const verbs = hear && speak ? 'hear and speak' : hear ? 'hear' : 'speak';
    return `<tr><td>${verbs}</td><td>${html(`${timeText(from.at)}: ${from.why}`)}</td><td>${html(end)}${endProven ? '' : ' (the connector’s word only)'}</td><td><code>${html(grant)}</code></td></tr>`;
  });
  return `<table>
<thead><tr><th scope="col">Could</th><th scope="col">From</th><th scope="col">Until</th><th scope="col">Under grant</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>`;
}

const eventHtml = ({ at, seq, type, reason }: LegEvent): string =>
  `<tr><td>${html(timeText(at))}</td><td>${String(seq)}</td><td>${html(type)}</td><td>${html(reason)}</td></tr>`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const html = (text: string): string => text.replace(/[&<>"']/g, (char) => entities[char] ?? '');

const style = `
:root { color-scheme: light; font: 15px/1.5 "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; color: #1b2430; }
body { max-width: 46rem; margin: 2.5rem auto; padding: 0 1.25rem; }
.brand { margin: 0; letter-spacing: .08em; text-transform: uppercase; font-size: .8rem; color: #566; }
h1 { margin: .1rem 0 .8rem; font-size: 1.7rem; }
h2 { margin: 2rem 0 .6rem; font-size: 1.1rem; border-bottom: 1px solid #ccd3da; padding-bottom: .25rem; }
.verdict { padding: .6rem .8rem; border-radius: .4rem; }
.good { background: #e7f4ec; border: 1px solid #9fceb1; }
.bad { background: #fbe9e7; border: 1px solid #e0a39b; font-weight: 600; }
dl { display: grid; grid-template-columns: minmax(9rem, 14rem) 1fr; gap: .3rem 1rem; }
dt { color: #56616d; }
dd { margin: 0; overflow-wrap: anywhere; }
blockquote { margin: 0 0 .6rem; padding: .2rem 0 .2rem 1rem; border-left: 3px solid #7b93ab; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid #e2e7ec; overflow-wrap: anywhere; }
code { font-size: .85em; overflow-wrap: anywhere; }
footer { margin-top: 2rem; font-size: .85rem; color: #56616d; overflow-wrap: anywhere; }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
@media print { body { margin: 0; max-width: none; } tr, section { break-inside: avoid; } }
`;
