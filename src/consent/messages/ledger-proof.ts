import { concat, equalBytes, toBase64url } from '../../base/bytes.ts';
import { parseJcs } from '../../base/jcs.ts';
import { ok, refuse, type Result } from '../../base/result.ts';
import type { Bytes } from './key-schedule.ts';
import { sha256 } from './keys.ts';
import { openCheckpoint, type CheckpointRefusal } from './log-checkpoint.ts';

/**
 * The check of an inclusion proof (RFC 9162 §2.1.3.2) under a checkpoint, in code that runs in the media worker and in the
 * host's browser and shares nothing with the ledger's writer.
 */
export interface LedgerProof {
  readonly seq: number;
  /** The leaf's exact bytes. */
  readonly leaf: Uint8Array;
  readonly path: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
}

export type ProofRefusal = CheckpointRefusal | 'proof-index' | 'proof-path' | 'proof-root' | 'proof-leaf';

export interface ProvenLeaf {
  readonly seq: number;
  readonly size: number;
  /** base64url of the tree's root. */
  readonly root: string;
  readonly entry: Readonly<Record<string, unknown>>;
}

export async function checkProof(
  proof: LedgerProof,
  ledgerKey: Bytes,
): Promise<Result<ProvenLeaf, ProofRefusal>> {
  const head = await openCheckpoint(proof.checkpoint, ledgerKey);
  if (!head.ok) return head;
  const { size, root } = head.value;
  if (!Number.isSafeInteger(proof.seq) || proof.seq < 0 || proof.seq >= size) return refuse('proof-index');
  if (proof.path.some((node) => node.length !== 32)) return refuse('proof-path');
  const computed = await rootFrom(proof, size);
  if (computed === null) return refuse('proof-path');
  if (!equalBytes(computed, root)) return refuse('proof-root');
  const entry = parseJcs(proof.leaf);
  if (!entry.ok || typeof entry.value !== 'object' || entry.value === null || Array.isArray(entry.value)) {
    return refuse('proof-leaf');
  }
  const object = entry.value as Readonly<Record<string, unknown>>;
  if (object['seq'] !== proof.seq) return refuse('proof-leaf');
  return ok({ seq: proof.seq, size, root: toBase64url(root), entry: object });
}

/** RFC 9162 §2.1.3.2, steps 2 to 5: the root that leaf and path make, or null where the path has the wrong length. */
async function rootFrom(proof: LedgerProof, size: number): Promise<Bytes | null> {
  // Sizes go beyond 2^31, so halves are taken by division, not by shifting.
  let fn = proof.seq;
  let sn = size - 1;
  let r = await sha256(concat(Uint8Array.of(0), proof.leaf));
  for (const p of proof.path) {
    if (sn === 0) return null;
    if (fn % 2 === 1 || fn === sn) {
      r = await sha256(concat(Uint8Array.of(1), p, r));
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2;
        sn = Math.floor(sn / 2);
      }
    } else {
      r = await sha256(concat(Uint8Array.of(1), r, p));
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 ? r : null;
}
