import { join } from 'node:path';
import { groups } from './cases.ts';
import { expected, rulesOnly } from './expected.ts';

export const docsFile = join(import.meta.dirname, '../../docs/hostile-server.md');

const begin = '<!-- cases: written by npm run test:hostile -- --write-docs -->';
const end = '<!-- end of cases -->';

function tables(): string {
  return groups
    .map(({ title, cases }) => {
      const rows = cases.map(({ name }) => {
        const { host, members, connector } = expected[name] ?? rulesOnly;
        return `| ${name} | ${host} | ${members} | ${connector} |`;
      });
      return [
        `### ${title}`,
        '',
        '| the server … | host | members | connector |',
        '|---|---|---|---|',
        ...rows,
      ].join('\n');
    })
    .join('\n\n');
}

/** The page with its tables as the cases are now. */
export function withTables(page: string): string {
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error('docs/hostile-server.md has lost its marks');
  return `${before}${begin}\n\n${tables()}\n\n${end}${after}`;
}
