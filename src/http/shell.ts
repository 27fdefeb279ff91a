import type { Asset, Bundle } from './bundle.ts';
import { shellTexts, type ShellLanguage } from './shell-text.ts';

/** The HTML around the pages. It holds no data of any meeting: what differs between meetings is fetched or in the URL. */

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

export function asset(bundle: Bundle, entry: string): Asset {
  const found = bundle.assets.get(bundle.entries.get(entry) ?? '');
  if (found === undefined) throw new Error(`the page bundle lacks ${entry}`);
  return found;
}

interface Document {
  readonly language: ShellLanguage;
  readonly title: string;
  readonly head: string;
  readonly body: string;
  readonly style?: 'style' | 'verify-style' | 'admin-style';
}

function document(bundle: Bundle, page: Document): string {
  const style = asset(bundle, page.style ?? 'style');
  return `<!doctype html>
<html lang="${page.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${escapeHtml(page.title)}</title>
<link rel="icon" type="image/svg+xml" href="/assets/${asset(bundle, 'icon').file}">
<link rel="stylesheet" href="/assets/${style.file}" integrity="${style.integrity}" crossorigin="anonymous">
${page.head}</head>
${page.body}
</html>
`;
}

export interface Shell {
  readonly entry: 'host' | 'member' | 'cohost';
  readonly title: string;
  readonly language: ShellLanguage;
}

/** A page that is a program. Workers cannot carry an integrity value, so the hash in their names stands for it. */
export function appShell(bundle: Bundle, { entry, title, language }: Shell): string {
  const script = asset(bundle, entry);
  const words = shellTexts[language];
  return document(bundle, {
    language,
    title,
    head: `<script defer src="/assets/${script.file}" integrity="${script.integrity}" crossorigin="anonymous"></script>\n`,
    body: `<body data-frame-worker="/assets/${asset(bundle, 'frame-worker').file}" data-clock-worker="/assets/${asset(bundle, 'clock-worker').file}">
<div id="app"><noscript><main class="plain"><h1>${words.noScriptTitle}</h1><p>${words.noScript}</p></main></noscript></div>
</body>`,
  });
}

const verifyTitle = 'Check a consent ledger · Latchkey';
export const verifyBody = `<body>
<div id="app"><noscript><main class="plain"><h1>JavaScript is needed</h1><p>This page checks a ledger in your browser, which takes JavaScript. The command line does the same: latchkey ledger verify.</p></main></noscript></div>
</body>`;

/** The ledger's verifier. It connects to nothing. */
export function verifyPage(bundle: Bundle): string {
  const script = asset(bundle, 'verify');
  return document(bundle, {
    language: 'en',
    title: verifyTitle,
    style: 'verify-style',
    head: `<script defer src="/assets/${script.file}" integrity="${script.integrity}" crossorigin="anonymous"></script>\n`,
    body: verifyBody,
  });
}

/** The operators' page, of the admin listener. Its program speaks the reader's language. */
export function operatorPage(bundle: Bundle): string {
  const script = asset(bundle, 'admin');
  return document(bundle, {
    language: 'en',
    title: 'Operator · Latchkey',
    style: 'admin-style',
    head: `<script defer src="/assets/${script.file}" integrity="${script.integrity}" crossorigin="anonymous"></script>\n`,
    body: `<body>
<div id="app"><noscript><main class="plain"><h1>JavaScript is needed</h1><p>Without it: the API (docs/operating.md) and /metrics.</p></main></noscript></div>
</body>`,
  });
}

export function landingPage(bundle: Bundle, language: ShellLanguage): string {
  const words = shellTexts[language];
  const link = `<p><a class="button" href="/host">${words.host[2]}</a></p>`;
  const section = ([title, body]: readonly [string, string, ...string[]], more = ''): string =>
    `<section><h2>${title}</h2><p>${body}</p>${more}</section>`;
  return document(bundle, {
    language,
    title: 'Latchkey',
    head: '',
    body: `<body>
<main class="plain landing">
<p class="wordmark"><span class="wordmark-key" aria-hidden="true"></span>Latchkey</p>
<h1>${words.title}</h1>
<p class="lead">${words.lead}</p>
<div class="landing-grid">
${section(words.host, link)}
${section(words.browser)}
${section(words.phone)}
</div>
<p class="quiet"><a href="/verify">${words.verify}</a></p>
<p class="quiet">${words.operator}</p>
</main>
</body>`,
  });
}
