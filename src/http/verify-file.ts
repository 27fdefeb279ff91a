import { createHash } from 'node:crypto';
import { buildBundle, packedAssets, readBundle, type Bundle } from './bundle.ts';
import { verifyPolicy } from './headers.ts';
import { asset, escapeHtml, verifyBody } from './shell.ts';

/**
 * The verifier as one HTML file that needs nothing and nobody: script, style and icon are in it, and its policy lets it load
 * and connect to nothing else. Policy and hashes stand before what they bind.
 */
export async function verifierFile(): Promise<string> {
  return selfContained(packedAssets === null ? await buildBundle() : await readBundle(packedAssets));
}

function selfContained(bundle: Bundle): string {
  // An HTML parser ends a script at the first thing that looks like its end.
  const script = asset(bundle, 'verify').body.toString().replaceAll('</script', '<\\/script');
  const style = inlineIcon(bundle, asset(bundle, 'verify-style').body.toString()).replaceAll(
    '</style',
    '<\\/style',
  );
  const policy = verifyPolicy(hashOf(script), hashOf(style));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Check a consent ledger · Latchkey</title>
<link rel="icon" href="${dataUrl(bundle)}">
<!--
${notices(bundle)}
-->
<style>${style}</style>
</head>
${verifyBody.replace('</body>', '')}<script>${script}</script>
</body>
</html>
`;
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const dataUrl = (bundle: Bundle): string =>
  `data:image/svg+xml;base64,${asset(bundle, 'icon').body.toString('base64')}`;

/** The stylesheet names the icon by the file that it is beside. */
function inlineIcon(bundle: Bundle, style: string): string {
  const { file } = asset(bundle, 'icon');
  return style.replaceAll(/url\((["']?)[^)"']*\.svg\1\)/g, (url) =>
    url.includes(file) ? `url(${dataUrl(bundle)})` : url,
  );
}

/** Licences of what is in the script, which esbuild puts beside it. */
function notices(bundle: Bundle): string {
  const { file } = asset(bundle, 'verify');
  const text = bundle.assets.get(`${file}.LEGAL.txt`)?.body.toString() ?? '';
  return text.replaceAll('--', '- -').trim();
}
