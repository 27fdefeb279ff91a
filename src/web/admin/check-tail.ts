import type { LedgerEnd } from '../../admin/api/wire.ts';
import { fromBase64url, toBase64url } from '../../base/bytes.ts';
import { sha256 } from '../../consent/messages/keys.ts';
import { checkProof } from '../../consent/messages/ledger-proof.ts';
import { provesGrowth } from '../../consent/messages/ledger-growth.ts';
import { openCheckpoint, type TreeHead } from '../../consent/messages/log-checkpoint.ts';

/** What a check came to; `head` is to be remembered for the next one. */
export type TailCheck =
  | {
      readonly ok: true;
      readonly head: TreeHead;
      readonly ledgerKey: string;
      /** Of the key, as `latchkey keys show` and `ledger verify` name it. */
      readonly thumbprint: string;
    }
  | { readonly ok: false; readonly fault: 'checkpoint' | 'leaf' | 'growth' };

/**
 * The ledger's end as the API gave it, checked in this browser: the checkpoint's signature, each leaf's proof under it, and that
 * it only grew since `before`, the last one that was good. Another key than before is no continuation.
 */
export async function checkTail(
  tail: LedgerEnd,
  before: { readonly head: TreeHead; readonly ledgerKey: string } | null,
): Promise<TailCheck> {
  const key = fromBase64url(tail.ledgerKey);
  const opened = key?.length === 32 ? await openCheckpoint(tail.checkpoint, key) : null;
  if (key === null || opened?.ok !== true || opened.value.size !== tail.size)
    return { ok: false, fault: 'checkpoint' };
  for (const leaf of tail.leaves) {
    if (!(await isUnder(leaf, tail.checkpoint, key))) return { ok: false, fault: 'leaf' };
  }
  const head = opened.value;
  if (before !== null) {
    const path = tail.growth === null ? null : hashes(tail.growth);
    const grew = path !== null && (await provesGrowth(before.head, head, path));
    if (!grew || before.ledgerKey !== tail.ledgerKey) return { ok: false, fault: 'growth' };
  }
  return { ok: true, head, ledgerKey: tail.ledgerKey, thumbprint: toBase64url(await sha256(key)) };
}

/** A pruned leaf has nothing left to check. */
async function isUnder(
  { seq, leaf, path }: LedgerEnd['leaves'][number],
  checkpoint: string,
  key: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  if (leaf === null) return true;
  const bytes = fromBase64url(leaf);
  const nodes = hashes(path);
  if (bytes === null || nodes === null) return false;
  return (await checkProof({ seq, leaf: bytes, path: nodes, checkpoint }, key)).ok;
}

function hashes(texts: readonly string[]): Uint8Array<ArrayBuffer>[] | null {
  const bytes = texts.map(fromBase64url);
  return bytes.every((one) => one !== null) ? bytes : null;
}
