import { readFileSync } from 'node:fs';
import { LatchkeyError } from '../base/errors.ts';
import { openSource } from '../ledger/verify/node.ts';
import { UnreadableLog, type LogSource } from '../ledger/verify/source.ts';
import type { RememberedCheckpoint } from '../ledger/verify/structure.ts';
import type { Report } from '../ledger/verify/verify.ts';

/** @throws LatchkeyError `usage` where it is no log */
export function readLog<T>(file: string, read: (source: LogSource) => T): T {
  try {
    const source = openSource(file);
    try {
      return read(source);
    } finally {
      source.close();
    }
  } catch (error) {
    if (error instanceof UnreadableLog) throw new LatchkeyError('usage', error.message, { cause: error });
    throw error;
  }
}

/** @throws LatchkeyError `usage` */
export function readRemembered(file: string): RememberedCheckpoint {
  try {
    return { note: readFileSync(file, 'utf8'), from: file };
  } catch (error) {
    throw new LatchkeyError('usage', `--checkpoint: cannot read ${file}`, { cause: error });
  }
}

export function reportJson(report: Report): Record<string, unknown> {
  const { intervals: _intervals, held: _held, counts, ...rest } = report;
  return { ...rest, counts: Object.fromEntries(counts) };
}

export function reportText(file: string, report: Report): string {
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
