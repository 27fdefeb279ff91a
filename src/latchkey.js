#!/usr/bin/env node
// What `npx latchkey` starts. A checkout runs the TypeScript as it is; an installed package has no TypeScript, because Node
// strips no types below node_modules, and runs what `prepack` made of it.
import { existsSync } from 'node:fs';

const [major] = process.versions.node.split('.');
if (Number(major) < 24) {
  process.stderr.write(`latchkey: this is Node ${process.versions.node}, and Latchkey needs Node 24.
  It comes with the package: start it as \`npx latchkey\`, or with node_modules/.bin/node.
`);
  process.exit(1);
}
const source = new URL('./main.ts', import.meta.url);
await import(existsSync(source) ? source.href : new URL('../dist/main.js', import.meta.url).href);
