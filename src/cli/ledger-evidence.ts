import { readFileSync } from 'node:fs';
import { LatchkeyError } from '../base/errors.ts';
import { holdAgainst, ledgerOf } from '../ledger/verify/evidence-log.ts';
import {
  checkEvidence,
  evidenceTable,
  type EvidenceFinding,
  type EvidenceReport,
} from '../ledger/verify/evidence.ts';
import { nodePrimitives } from '../ledger/verify/node.ts';
import { verifyLog, type Report } from '../ledger/verify/verify.ts';
import { readLog, reportJson, reportText } from './ledger-report.ts';
import { fileOf, print, shortId, type Where } from './ledger-options.ts';

export interface EvidenceOptions extends Where {
  readonly trust?: string[] | undefined;
  readonly json?: boolean | undefined;
}

/** `latchkey ledger verify --evidence FILE`: by itself, and against a ledger where one is named. */
export async function verifyEvidence(file: string, options: EvidenceOptions): Promise<number> {
  const primitives = nodePrimitives();
  const evidence = checkEvidence(primitives, read(file), file);
  if (evidence === null) throw new LatchkeyError('usage', `--evidence: ${file} is no evidence file`);
  const named = [options.file, options.data, options.config, options.log].some((v) => v !== undefined);
  const against = named ? await againstLog(await fileOf(options), evidence, options.trust ?? []) : null;
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

async function againstLog(
  file: string,
  evidence: EvidenceReport,
  trust: readonly string[],
): Promise<Against> {
  const primitives = nodePrimitives();
  const ledger = readLog(file, (source) => ledgerOf(primitives, source));
  const own = evidence.ledgers.get(ledger) ?? { remembered: [], leaves: new Map<number, string>() };
  return readLog(file, (source) => {
    const held = holdAgainst(primitives, source, own);
    const report = verifyLog({ primitives, source: held, trust, remembered: own.remembered });
    const missing = held.missing().map((seq) => finding('evidence-missing', `event ${seq}`));
    const foreign = evidence.ledgers.has(ledger) ? [] : [finding('evidence-foreign', ledger)];
    return Promise.resolve({ file, report, findings: [...missing, ...foreign] });
  });
}

const finding = (code: EvidenceFinding['code'], detail: string): EvidenceFinding => ({
  code,
  line: null,
  text: `${evidenceTable[code]} (${detail})`,
});

function evidenceText(
  file: string,
  {
    evidence,
    verified,
    findings,
  }: { evidence: EvidenceReport; verified: boolean; findings: readonly EvidenceFinding[] },
): string {
  const { meeting, hosts, operators, messages, leftOut, proven, witnesses } = evidence;
  return [
    `${verified ? 'VERIFIED' : 'NOT VERIFIED'}: ${file}, ${messages} signed messages of meeting ${shortId(meeting)}`,
    `  hosts        ${hosts.join(', ')}`,
    `  operators    ${operators.join(', ') || 'none'}`,
    `  proven       ${proven} grants and keys stood in the connector’s ledger`,
    `  cosigned     by ${witnesses} keys`,
    `  left out     ${leftOut} numbers of the host’s chain (heartbeats)`,
    ...findings.map(
      ({ line, text, code }) => `  X ${line === null ? '' : `line ${line}: `}${text} [${code}]`,
    ),
  ].join('\n');
}
