import { evidenceTable, type EvidenceCode } from '../../../ledger/verify/evidence.ts';
import { findingTable, type FindingCode } from '../../../ledger/verify/findings.ts';
import { because, type Why } from '../../../ledger/verify/why.ts';

/** What the verifier can say, sentence by sentence. What it adds to one (a number, a name) stands behind it as it is. */
export interface FindingTexts {
  readonly findings: Readonly<Record<FindingCode, string>>;
  readonly evidence: Readonly<Record<EvidenceCode, string>>;
  readonly why: Readonly<Record<Why, string>>;
}

/** The verifier's own words. */
export const englishFindings: FindingTexts = {
  findings: Object.fromEntries(
    Object.entries(findingTable).map(([code, [, text]]) => [code, text]),
  ) as Record<FindingCode, string>,
  evidence: evidenceTable,
  why: because,
};
