import type { LedgerEvidence } from './evidence.ts';
import { readLeaf } from './leaf.ts';
import { keyOf, readMessage } from './message.ts';
import { thumbprintOf } from './note.ts';
import { bytesOfText, same, type Primitives } from './primitives.ts';
import { hashLeaf } from './root.ts';
import type { LogRecord, LogSource } from './source.ts';

/** A log that is read while the leaves that were proven to a host are looked for in it. */
export interface EvidenceSource extends LogSource {
  /** Positions of proven leaves that the log does not hold, once it was read to its end. */
  missing(): readonly number[];
}

export function holdAgainst(
  primitives: Primitives,
  source: LogSource,
  evidence: LedgerEvidence,
): EvidenceSource {
  const missing = new Set(evidence.leaves.keys());
  const holds = (record: LogRecord): boolean => {
    if (record.kind !== 'leaf') return false;
    const leaf = evidence.leaves.get(record.seq);
    if (leaf === undefined) return false;
    const bytes = bytesOfText(leaf);
    // A pruned leaf has left its hash.
    if (record.bytes !== null) return same(record.bytes, bytes);
    return record.hash !== null && same(record.hash, hashLeaf(primitives, bytes));
  };
  return {
    *records() {
      for (const record of source.records()) {
        if (holds(record) && record.kind === 'leaf') missing.delete(record.seq);
        yield record;
      }
    },
    close: () => source.close(),
    missing: () => [...missing],
  };
}

/** The thumbprint of the ledger key that a log states first; empty where it states none. */
export function ledgerOf(primitives: Primitives, source: LogSource): string {
  for (const record of source.records()) {
    if (record.kind !== 'leaf' || record.bytes === null) continue;
    const leaf = readLeaf(record.bytes);
    const certificate = typeof leaf === 'string' || leaf.type !== 'start' ? null : readMessage(leaf.jws);
    const key = certificate === null ? null : keyOf(certificate.payload, 'ledgerKey');
    if (key !== null) return thumbprintOf(primitives, key);
  }
  return '';
}
