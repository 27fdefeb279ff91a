import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { buildBundle, writeBundle } from '../src/http/bundle.ts';

/**
 * What `npm pack` needs and a checkout does not: JavaScript with declarations in dist/, in the folders of src/, and the
 * pages bundled. tsc runs twice, because what runs in browsers is checked against a browser's types.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const dist = fileURLToPath(new URL('../dist', import.meta.url));

await rm(dist, { recursive: true, force: true });
for (const project of ['.ci/tsconfig.node.json', '.ci/tsconfig.browser.json']) {
  const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
  execFileSync(process.execPath, [tsc, '--project', project], { cwd: root, stdio: 'inherit' });
}
await writeBundle(await buildBundle(), `${dist}/assets`);
