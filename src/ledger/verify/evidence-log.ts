import { evidenceTable, type EvidenceFinding, type EvidenceReport } from './evidence.ts';
import { readLeaf } from './leaf.ts';
import { keyOf, readMessage } from './message.ts';
import { thumbprintOf } from './note.ts';
import { withSuccessors } from './operators.ts';
import { bytesOfText, same, type Primitives } from './primitives.ts';
import { hashLeaf } from './root.ts';
import type { LogRecord } from './source.ts';
import type { RememberedCheckpoint } from './structure.ts';

/** A ledger that is read while the leaves that were proven to a host are looked for in it. */
export interface LedgerCheck {
  /** Checkpoints of this ledger that were shown in the meeting. */
  readonly remembered: readonly RememberedCheckpoint[];
  /** These keys, with those that an operator of them signed to go on with. */
  trust(thumbprints: readonly string[]): readonly string[];
  record(record: LogRecord): void;
  /** Once the ledger was read to its end. */
  findings(): readonly EvidenceFinding[];
}

/** `ledger`: thumbprint of its key, as it states itself (`ledgerOfRecord`). */
export function beginAgainst(primitives: Primitives, evidence: EvidenceReport, ledger: string): LedgerCheck {
  const known = evidence.ledgers.get(ledger);
  const leaves = known?.leaves ?? new Map<number, string>();
  const missing = new Set(leaves.keys());
  return {
    remembered: known?.remembered ?? [],
    trust: (thumbprints) => [...withSuccessors(thumbprints, evidence.rotations)],
    record(record) {
      if (record.kind !== 'leaf') return;
      const leaf = leaves.get(record.seq);
      if (leaf === undefined) return;
      const bytes = bytesOfText(leaf);
      // A pruned leaf has left its hash.
      const holds =
        record.bytes === null
          ? record.hash !== null && same(record.hash, hashLeaf(primitives, bytes))
          : same(record.bytes, bytes);
      if (holds) missing.delete(record.seq);
    },
    findings: () => [
      ...[...missing].map((seq) => finding('evidence-missing', `event ${seq}`)),
      ...(known === undefined ? [finding('evidence-foreign', ledger)] : []),
    ],
  };
}

const finding = (code: EvidenceFinding['code'], detail: string): EvidenceFinding => ({
  code,
  line: null,
  text: `${evidenceTable[code]} (${detail})`,
});

/** The thumbprint of the ledger key that a log states with its first start; null for any other record. */
export function ledgerOfRecord(primitives: Primitives, record: LogRecord): string | null {
  if (record.kind !== 'leaf' || record.bytes === null) return null;
  const leaf = readLeaf(record.bytes);
  const certificate = typeof leaf === 'string' || leaf.type !== 'start' ? null : readMessage(leaf.jws);
  const key = certificate === null ? null : keyOf(certificate.payload, 'ledgerKey');
  return key === null ? null : thumbprintOf(primitives, key);
}
