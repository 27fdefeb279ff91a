import { checkConsent } from './consent.ts';
import { collectFindings, type Finding, type FindingCode, type Findings } from './findings.ts';
import { checkHearing, type BridgeSpan } from './hearing.ts';
import type { Leaf } from './leaf.ts';
import { thumbprintOf } from './note.ts';
import { checkPersonal } from './personal.ts';
import { toBase64url, type Primitives } from './primitives.ts';
import { checkRuns } from './runs.ts';
import type { LogRecord, LogSource } from './source.ts';
import { checkStructure, type LogKeys, type RememberedCheckpoint } from './structure.ts';
import {
  checkWitnesses,
  withCoverage,
  type WitnessedInterval,
  type WitnessedLog,
  type WitnessSeen,
} from './witnesses.ts';

export interface VerifyOptions {
  readonly primitives: Primitives;
  readonly source: LogSource;
  /** Thumbprints of ledger or operator keys that the reader trusts from elsewhere. Empty: the log is held against itself. */
  readonly trust?: readonly string[];
  /** Checkpoints that somebody else kept: a log that was rewritten does not contain them. */
  readonly remembered?: readonly RememberedCheckpoint[];
  readonly onLeaf?: (leaf: Leaf) => void;
}

export interface Report {
  readonly verified: boolean;
  /** `trusted`: under a key that the reader trusts. `self-consistent`: whoever made the log could have made it up whole. */
  readonly basis: 'trusted' | 'self-consistent';
  readonly leaves: number;
  /** base64url of the root under the last checkpoint that holds. */
  readonly root: string;
  readonly ledgerThumbprint: string;
  readonly operatorThumbprint: string;
  readonly operatorName: string;
  readonly connectorName: string;
  readonly findings: readonly Finding[];
  readonly counts: ReadonlyMap<FindingCode, number>;
  readonly intervals: readonly WitnessedInterval[];
  /** When each bridge held a key, whoever was on the phone. */
  readonly held: readonly BridgeSpan[];
  /** Whose cosignatures the log holds, with the one that covers most first. */
  readonly witnesses: readonly WitnessSeen[];
}

/** Reads the whole log once, front to back, and holds everything in it against everything else. */
export function verifyLog(options: VerifyOptions): Report {
  const verification = beginVerification(options);
  for (const record of options.source.records()) verification.record(record);
  return verification.end();
}

/** The same for a reader that gets its records piece by piece. */
export interface Verification {
  record(record: LogRecord): void;
  end(): Report;
}

export function beginVerification(options: Omit<VerifyOptions, 'source'>): Verification {
  const { primitives } = options;
  const findings = collectFindings();
  const structure = checkStructure(primitives, findings, options.remembered);
  const runs = checkRuns(findings);
  const hearing = checkHearing();
  const witnesses = checkWitnesses(primitives, findings);
  const log: WitnessedLog = {
    get keys() {
      return structure.keys;
    },
    rootAt: (size) => structure.rootAt(size),
  };
  const consent = checkConsent(primitives, findings, (leaf, signed) => {
    hearing.leaf(leaf, signed);
    witnesses.leaf(leaf, signed, log);
  });
  const personal = checkPersonal(primitives, findings);
  return {
    record(record) {
      if (record.kind === 'checkpoint') structure.checkpoint(record);
      else if (record.kind === 'personal') personal.value(record);
      else {
        const leaf = structure.leaf(record);
        personal.leaf(leaf);
        if (leaf === null) {
          runs.gap();
          return;
        }
        runs.leaf(leaf);
        consent.leaf(leaf, structure.keys?.identityKey ?? null);
        options.onLeaf?.(leaf);
      }
    },
    end() {
      structure.end();
      consent.end();
      const trusted = isTrusted(primitives, structure.keys, options.trust ?? [], findings);
      return {
        verified: !findings.broken,
        basis: trusted ? 'trusted' : 'self-consistent',
        leaves: structure.size,
        root: structure.head === null ? '' : toBase64url(structure.head.root),
        ...namesOf(primitives, structure.keys),
        findings: findings.list,
        counts: findings.counts,
        intervals: hearing.intervals().map((interval) => withCoverage(interval, witnesses)),
        held: hearing.held(),
        witnesses: witnesses.list(),
      };
    },
  };
}

function isTrusted(
  primitives: Primitives,
  keys: LogKeys | null,
  trust: readonly string[],
  findings: Findings,
): boolean {
  if (trust.length === 0) return false;
  const own =
    keys === null ? [] : [keys.ledgerKey, keys.operatorKey].map((key) => thumbprintOf(primitives, key));
  if (own.some((thumbprint) => trust.includes(thumbprint))) return true;
  findings.add('key-untrusted', null);
  return false;
}

type Names = Pick<Report, 'ledgerThumbprint' | 'operatorThumbprint' | 'operatorName' | 'connectorName'>;

function namesOf(primitives: Primitives, keys: LogKeys | null): Names {
  return {
    ledgerThumbprint: keys === null ? '' : thumbprintOf(primitives, keys.ledgerKey),
    operatorThumbprint: keys === null ? '' : thumbprintOf(primitives, keys.operatorKey),
    operatorName: keys?.operatorName ?? '',
    connectorName: keys?.connectorName ?? '',
  };
}
