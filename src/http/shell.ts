import type { Asset, Bundle } from './bundle.ts';

/** The HTML around the pages. It holds no data of any meeting: what differs between meetings is fetched or in the URL. */

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function asset(bundle: Bundle, entry: string): Asset {
  const found = bundle.assets.get(bundle.entries.get(entry) ?? '');
  if (found === undefined) throw new Error(`the page bundle lacks ${entry}`);
  return found;
}

interface Document {
  readonly title: string;
  readonly head: string;
  readonly body: string;
}

function document(bundle: Bundle, page: Document): string {
  const style = asset(bundle, 'style');
  return `<!doctype html>
<html lang="en">
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

/** A page that is a program. Workers cannot carry an integrity value, so the hash in their names stands for it. */
export function appShell(bundle: Bundle, entry: 'host' | 'member' | 'cohost', title: string): string {
  const script = asset(bundle, entry);
  return document(bundle, {
    title,
    head: `<script defer src="/assets/${script.file}" integrity="${script.integrity}" crossorigin="anonymous"></script>\n`,
    body: `<body data-frame-worker="/assets/${asset(bundle, 'frame-worker').file}" data-clock-worker="/assets/${asset(bundle, 'clock-worker').file}">
<div id="app"><noscript><main class="plain"><h1>JavaScript is needed</h1><p>Keys for this meeting are made and kept in your browser, which takes JavaScript.</p></main></noscript></div>
</body>`,
  });
}

export function landingPage(bundle: Bundle): string {
  return document(bundle, {
    title: 'Latchkey',
    head: '',
    body: `<body>
<main class="plain landing">
<p class="wordmark"><span class="wordmark-key" aria-hidden="true"></span>Latchkey</p>
<h1>A phone can join an encrypted meeting. After the host says yes.</h1>
<p class="lead">Latchkey connects telephone callers to end-to-end encrypted meetings. It waits in the meeting like anybody else, in plain sight and without a key, until the host hands it one. The host can take that back with one click.</p>
<div class="landing-grid">
<section><h2>To host</h2><p>Open the one-time host link that Latchkey printed in its terminal when it started. Your browser makes the keys, and only your browser has them.</p><p><a class="button" href="/host">Host page</a></p></section>
<section><h2>To join by browser</h2><p>Use the invitation link that the host sent you. The part behind the # opens the meeting to you, and your browser never sends it to a server.</p></section>
<section><h2>To join by phone</h2><p>Call the number in the invitation and enter its PIN. You wait until the host lets your call in. From then on your words cross the telephone network, which can listen.</p></section>
</div>
<p class="quiet">Who operates this server operates the phone bridge. After a host says yes, the bridge hears the meeting, as a telephone must. Until then, it cannot.</p>
</main>
</body>`,
  });
}
