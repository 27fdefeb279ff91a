import { beginAgainst, ledgerOfRecord, type LedgerCheck } from '../../ledger/verify/evidence-log.ts';
import { checkEvidence, type EvidenceFinding, type EvidenceReport } from '../../ledger/verify/evidence.ts';
import { exportReader } from '../../ledger/verify/export-source.ts';
import type { Leaf } from '../../ledger/verify/leaf.ts';
import { UnreadableLog, type LogRecord } from '../../ledger/verify/source.ts';
import type { RememberedCheckpoint } from '../../ledger/verify/structure.ts';
import { beginVerification, type Report } from '../../ledger/verify/verify.ts';
import { linesOf, textOf, UnreadableFile, type Given, type GivenFile } from './given-file.ts';
import { pagePrimitives } from './primitives.ts';

export interface Event {
  readonly seq: number;
  readonly at: number;
  readonly type: string;
  readonly meeting: string;
  readonly bridge: string;
  readonly leg: string;
}

/** What was found in an export. */
export interface CheckedLedger {
  readonly report: Report;
  readonly events: readonly Event[];
  /** More than the page shows. */
  readonly eventsLeftOut: number;
  /** Leaves of which only the hash is left, and personal values that came with the export. */
  readonly pruned: number;
  readonly labels: number;
}

export interface CheckedEvidence {
  readonly report: EvidenceReport;
  /** Of the file itself, and of what the ledger lacks of it. */
  readonly findings: readonly EvidenceFinding[];
}

/** At least one of the two is there. */
export interface Checked {
  readonly verified: boolean;
  readonly ledger: CheckedLedger | null;
  readonly evidence: CheckedEvidence | null;
  readonly checkpoints: number;
}

/** Enough for a long day of meetings; the command line shows the rest. */
const maxEvents = 20_000;
/** What repeats all through a meeting and changes nothing that anybody heard. */
const quiet: ReadonlySet<string> = new Set(['roster', 'switched', 'witnessed', 'cosigned', 'checkpoint']);

/**
 * Reads and verifies an export piece by piece, the evidence, and the one against the other, as the command line does.
 *
 * @throws UnreadableFile
 */
export async function checkGiven(
  given: Given,
  trust: readonly string[],
  onProgress: (read: number) => void,
): Promise<Checked> {
  const evidence = given.evidence === null ? null : await readEvidence(given.evidence, trust);
  const remembered: RememberedCheckpoint[] = [];
  for (const file of given.checkpoints) remembered.push({ note: await textOf(file), from: file.name });
  const checkpoints = remembered.length;
  if (given.ledger === null) {
    const own = evidence === null ? null : { report: evidence, findings: evidence.findings };
    return { verified: own !== null && isSound(own.findings), ledger: null, evidence: own, checkpoints };
  }
  const against =
    evidence === null ? null : beginAgainst(pagePrimitives, evidence, await ledgerOf(given.ledger));
  const ledger = await checkLedger(given.ledger, { trust, remembered, against, onProgress });
  const own =
    evidence === null || against === null
      ? null
      : { report: evidence, findings: [...evidence.findings, ...against.findings()] };
  const verified = ledger.report.verified && isSound(own?.findings ?? []);
  return { verified, ledger, evidence: own, checkpoints };
}

/** That the file is not the whole meeting is no fault of what is in it. */
const isSound = (findings: readonly EvidenceFinding[]): boolean =>
  findings.every(({ code }) => code === 'evidence-cut');

async function readEvidence(file: GivenFile, trust: readonly string[]): Promise<EvidenceReport> {
  const report = checkEvidence(pagePrimitives, await textOf(file), { from: file.name, trust });
  if (report === null) throw new UnreadableFile(file.name, 'bad-evidence');
  return report;
}

interface LedgerCheckOptions {
  readonly trust: readonly string[];
  readonly remembered: readonly RememberedCheckpoint[];
  readonly against: LedgerCheck | null;
  readonly onProgress: (read: number) => void;
}

async function checkLedger(file: GivenFile, options: LedgerCheckOptions): Promise<CheckedLedger> {
  const { trust, remembered, against, onProgress } = options;
  const events: Event[] = [];
  let [eventsLeftOut, pruned, labels] = [0, 0, 0];
  const onLeaf = ({ seq, at, type, meeting, bridge, leg }: Leaf): void => {
    if (quiet.has(type)) return;
    if (events.length < maxEvents) events.push({ seq, at, type, meeting, bridge, leg });
    else eventsLeftOut += 1;
  };
  const verification = beginVerification({
    primitives: pagePrimitives,
    trust: against === null ? trust : against.trust(trust),
    remembered: [...(against?.remembered ?? []), ...remembered],
    onLeaf,
  });
  for await (const record of recordsOf(file, onProgress)) {
    if (record.kind === 'leaf' && record.bytes === null) pruned += 1;
    if (record.kind === 'personal') labels += 1;
    against?.record(record);
    verification.record(record);
  }
  return { report: verification.end(), events, eventsLeftOut, pruned, labels };
}

/** The thumbprint of the ledger key that the export states first. */
async function ledgerOf(file: GivenFile): Promise<string> {
  for await (const record of recordsOf(file)) {
    const ledger = ledgerOfRecord(pagePrimitives, record);
    if (ledger !== null) return ledger;
  }
  return '';
}

async function* recordsOf(file: GivenFile, onProgress?: (read: number) => void): AsyncGenerator<LogRecord> {
  const reader = exportReader();
  try {
    for await (const line of linesOf(file, onProgress)) {
      const record = reader.line(line);
      if (record !== null) yield record;
    }
    reader.end();
  } catch (error) {
    if (!(error instanceof UnreadableLog)) throw error;
    throw new UnreadableFile(file.name, error.fault === 'unopened' ? 'browser' : error.fault, error.line);
  }
}
