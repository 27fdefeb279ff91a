import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * THIRD-PARTY-NOTICES.md, made from the lock file: what an installed Latchkey holds beside its own code. `node .ci/notices.ts`
 * writes it; `npm run check:docker` compares.
 */
interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

/** Packages whose package.json names none; it stands in their readme. */
const stated: Readonly<Record<string, string>> = { only: 'MIT' };

const file = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

export function notices(): string {
  const lock = JSON.parse(readFileSync(file('package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  const rows = Object.entries(lock.packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true)
    .map(([path, { version, license }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return { name, version: version ?? '', license: license ?? stated[name] ?? 'see its package' };
    });
  const unique = new Map(rows.map((row) => [`${row.name} ${row.version}`, row]));
  const table = [...unique.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { name, version, license }]) => `| ${name} | ${version} | ${license} |`);
  return `# Third-party notices

Latchkey is under the Apache License 2.0 (LICENSE). An installed package holds these others, each under its own licence, whose text
is in its folder under \`node_modules\`. Packages for other systems and processors than yours are not installed. Why each package that we
chose is there: docs/dependencies.md. This list is made from the lock file (\`node .ci/notices.ts\`).

Beside npm's packages: the page bundles hold livekit-client, preact, @noble and @hpke packages of this list. libopus (BSD-3-Clause), where the
system has it, is loaded and not distributed; the container image holds Debian's libopus0. The spoken prompts were made with flite's
voice "slt" (CMU, a BSD-like licence) and, for other languages, as docs/media.md says.

| package | version | licence |
|---|---|---|
${table.join('\n')}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(file('THIRD-PARTY-NOTICES.md'), notices());
