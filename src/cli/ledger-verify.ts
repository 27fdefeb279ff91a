import { readFileSync } from 'node:fs';
import { LatchkeyError } from '../base/errors.ts';
import { nodePrimitives, openSource } from '../ledger/verify/node.ts';
import { UnreadableLog } from '../ledger/verify/source.ts';
import type { RememberedCheckpoint } from '../ledger/verify/structure.ts';
import { verifyLog, type Report } from '../ledger/verify/verify.ts';
import { commonHelp, fileOf, parseOptions, print } from './ledger-options.ts';

const help = `latchkey ledger verify: check the whole consent ledger, offline

Usage: latchkey ledger verify [--trust THUMBPRINT]... [--checkpoint FILE]... [options]

  --file FILE         a ledger file or an export of one; otherwise the ledger in the data folder
  --trust THUMBPRINT  of the ledger key or of the operator key, known from elsewhere. Without it, the log is held
                      against itself only: whoever wrote it could have made it up as a whole
  --checkpoint FILE   a checkpoint that somebody else kept: a log that was rewritten since does not contain it
${commonHelp}
Works while the connector runs. Exit code 0: verified; 1: not verified, with every reason named; 2: usage.
`;

/** The options that decide what a log is held against. */
export const verifyOptions = {
  trust: { type: 'string', multiple: true },
  checkpoint: { type: 'string', multiple: true },
} as const;

/** @throws LatchkeyError `usage` where there is nothing to read */
export function readAndVerify(
  file: string,
  trust: readonly string[] | undefined,
  checkpoints: readonly string[] | undefined,
): Report {
  try {
    const remembered = (checkpoints ?? []).map(readRemembered);
    const source = openSource(file);
    try {
      return verifyLog({ primitives: nodePrimitives(), source, trust: trust ?? [], remembered });
    } finally {
      source.close();
    }
  } catch (error) {
    if (error instanceof UnreadableLog) throw new LatchkeyError('usage', error.message, { cause: error });
    throw error;
  }
}

function readRemembered(file: string): RememberedCheckpoint {
  try {
    return { note: readFileSync(file, 'utf8'), from: file };
  } catch (error) {
    throw new LatchkeyError('usage', `--checkpoint: cannot read ${file}`, { cause: error });
  }
}

export async function verifyCommand(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, verifyOptions);
  if (options.help) {
    print(help.trimEnd());
    return 0;
  }
  const file = await fileOf(options);
  const report = readAndVerify(file, options.trust, options.checkpoint);
  print(options.json ? JSON.stringify(reportJson(report)) : reportText(file, report));
  return report.verified ? 0 : 1;
}

export function reportJson(report: Report): Record<string, unknown> {
  const { intervals: _, counts, ...rest } = report;
  return { ...rest, counts: Object.fromEntries(counts) };
}

function reportText(file: string, report: Report): string {
  const lines = [
    `${report.verified ? 'VERIFIED' : 'NOT VERIFIED'}: ${file}, ${report.leaves} events`,
    `  root         ${report.root || 'none that holds'}`,
    `  connector    ${report.connectorName || 'unknown'}`,
    `  operator     ${report.operatorName || 'unknown'}, key ${report.operatorThumbprint || 'unknown'}`,
    `  ledger key   ${report.ledgerThumbprint || 'unknown'}`,
    `  ${basisText(report)}`,
    `  ${witnessText(report)}`,
    ...findingLines(report),
  ];
  return lines.join('\n');
}

export function basisText(report: Report): string {
  return report.basis === 'trusted'
    ? 'held against a key that you trust'
    : 'self-consistent only: give --trust with a thumbprint that you have from elsewhere';
}

export function witnessText({ witnesses, leaves }: Report): string {
  const [most] = witnesses;
  if (most === undefined) return 'no witness has cosigned this log';
  const external = witnesses.filter(({ kind }) => kind === 'external').length;
  const kinds = `${witnesses.length - external} of members, ${external} external`;
  return `cosigned by ${count(witnesses.length, 'independent key')} (${kinds}), up to event ${most.size - 1} of ${leaves - 1}`;
}

export const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

export function findingLines(report: Report): string[] {
  const marks = { broken: 'X', warning: '!', note: '-' } as const;
  const lines = report.findings.map(({ code, severity, seq, text }) => {
    const place = seq === null ? '' : `event ${seq}: `;
    return `  ${marks[severity]} ${place}${text} [${code}]`;
  });
  const all = [...report.counts.values()].reduce((sum, count) => sum + count, 0);
  return all > lines.length ? [...lines, `  … and ${all - lines.length} more`] : lines;
}
