import { join } from 'node:path';
import { groups } from './cases.ts';
import { expected, rulesOnly } from './expected.ts';
import { runningCases } from './running/cases.ts';

export const docsFile = join(import.meta.dirname, '../../docs/hostile-server.md');

const begin = '<!-- cases: written by npm run test:hostile -- --write-docs -->';
const end = '<!-- end of cases -->';
const beginRunning = '<!-- running: written by npm run test:hostile -- --write-docs -->';
const endRunning = '<!-- end of running -->';

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

function runningTable(): string {
  const rows = runningCases.map(
    ({ name, sees: { host, member, connector, caller } }) =>
      `| ${name} | ${host} | ${member} | ${connector} | ${caller} |`,
  );
  return ['| the server … | host | member | connector | caller |', '|---|---|---|---|---|', ...rows].join(
    '\n',
  );
}

function between(page: string, [from, to]: readonly [string, string], text: string): string {
  const [before, rest] = page.split(from);
  const after = rest?.split(to)[1];
  if (before === undefined || after === undefined)
    throw new Error('docs/hostile-server.md has lost its marks');
  return `${before}${from}\n\n${text}\n\n${to}${after}`;
}

/** The page with its tables as the cases are now. */
export function withTables(page: string): string {
  return between(between(page, [begin, end], tables()), [beginRunning, endRunning], runningTable());
}
