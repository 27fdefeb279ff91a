import { readFileSync } from 'node:fs';
import { LatchkeyError } from '../base/errors.ts';
import { beginAgainst, ledgerOfRecord } from '../ledger/verify/evidence-log.ts';
import { checkEvidence, type EvidenceFinding, type EvidenceReport } from '../ledger/verify/evidence.ts';
import { nodePrimitives } from '../ledger/verify/node.ts';
import { beginVerification, type Report } from '../ledger/verify/verify.ts';
import { readLog, readRemembered, reportJson, reportText } from './ledger-report.ts';
import { fileOf, print, shortId, type Where } from './ledger-options.ts';

interface Held {
  readonly trust?: string[] | undefined;
  readonly checkpoint?: string[] | undefined;
}

export interface EvidenceOptions extends Where, Held {
  readonly json?: boolean | undefined;
}

/** `latchkey ledger verify --evidence FILE`: by itself, and against a ledger where one is named. */
export async function verifyEvidence(file: string, options: EvidenceOptions): Promise<number> {
  const primitives = nodePrimitives();
  const evidence = checkEvidence(primitives, read(file), { from: file, trust: options.trust ?? [] });
  if (evidence === null) throw new LatchkeyError('usage', `--evidence: ${file} is no evidence file`);
  const named = [options.file, options.data, options.config, options.log].some((v) => v !== undefined);
  const against = named ? againstLog(await fileOf(options), evidence, options) : null;
  const findings = [...evidence.findings, ...(against?.findings ?? [])];
  const verified =
    findings.every(({ code }) => code === 'evidence-cut') && (against?.report.verified ?? true);
  if (options.json === true) {
    const { ledgers, ...rest } = evidence;
    const ledger = against === null ? null : reportJson(against.report);
    print(JSON.stringify({ verified, ...rest, ledgers: [...ledgers.keys()], findings, ledger }));
  } else {
    print(evidenceText(file, { evidence, verified, findings }));
    if (against !== null) print(reportText(against.file, against.report));
  }
  return verified ? 0 : 1;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new LatchkeyError('usage', `--evidence: cannot read ${file}`, { cause: error });
  }
}

interface Against {
  readonly file: string;
  readonly report: Report;
  readonly findings: readonly EvidenceFinding[];
}

function againstLog(file: string, evidence: EvidenceReport, { trust, checkpoint }: Held): Against {
  const primitives = nodePrimitives();
  const ledger = readLog(file, (source) => {
    for (const record of source.records()) {
      const stated = ledgerOfRecord(primitives, record);
      if (stated !== null) return stated;
    }
    return '';
  });
  const against = beginAgainst(primitives, evidence, ledger);
  return readLog(file, (source) => {
    const verification = beginVerification({
      primitives,
      trust: against.trust(trust ?? []),
      remembered: [...against.remembered, ...(checkpoint ?? []).map(readRemembered)],
    });
    for (const record of source.records()) {
      against.record(record);
      verification.record(record);
    }
    return { file, report: verification.end(), findings: against.findings() };
  });
}

function evidenceText(
  file: string,
  {
    evidence,
    verified,
    findings,
  }: { evidence: EvidenceReport; verified: boolean; findings: readonly EvidenceFinding[] },
): string {
  const { meeting, hosts, operators, rotations, messages, leftOut, proven, decisions, witnesses } = evidence;
  return [
    `${verified ? 'VERIFIED' : 'NOT VERIFIED'}: ${file}, ${messages} signed messages of meeting ${shortId(meeting)}`,
    `  hosts        ${hosts.join(', ')}`,
    `  operators    ${operators.join(', ') || 'none'}`,
    ...rotations.map(({ from, to }) => `               ${to} goes on for ${from}`),
    `  decisions    ${decisions} of co-hosts`,
    `  proven       ${proven} grants and keys stood in the connector’s ledger`,
    `  cosigned     by ${witnesses} keys`,
    `  left out     ${leftOut} numbers of the host’s chain (heartbeats)`,
    ...findings.map(
      ({ line, text, code }) => `  X ${line === null ? '' : `line ${line}: `}${text} [${code}]`,
    ),
  ].join('\n');
}
