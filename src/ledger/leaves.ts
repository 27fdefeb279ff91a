import { fromBase64url, utf8Text } from '../base/bytes.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { personalCommitment } from './commitment.ts';
import { entryBytes, type EntryRefusal } from './entry.ts';
import type { LedgerEntry, NewEntry } from './event.ts';
import { fitsItsType } from './event-rules.ts';
import { leafHash } from './merkle.ts';
import type { StoredLeaf } from './store.ts';

export type LeafRefusal = EntryRefusal | 'does-not-fit' | 'bad-personal' | 'commitment-mismatch';

/** When and in which run a leaf was written. */
export type Stamp = Pick<LedgerEntry, 'at' | 'mono' | 'run'>;

const maxPersonal = 64;
const maxPersonalLength = 512;

/** Leaves for entries that belong together: all of them, or the reason why one of them cannot be a leaf. */
export function makeLeaves(
  entries: readonly NewEntry[],
  firstSeq: number,
  stamp: Stamp,
): Result<StoredLeaf[], LeafRefusal> {
  const leaves: StoredLeaf[] = [];
  for (const [i, entry] of entries.entries()) {
    const personal = checkPersonal(entry);
    if (!personal.ok) return personal;
    const leaf = stamped(entry, firstSeq + i, stamp);
    const bytes = entryBytes(leaf);
    if (!bytes.ok) return bytes;
    if (!fitsItsType(leaf)) return refuse('does-not-fit');
    leaves.push({ bytes: bytes.value, hash: leafHash(bytes.value) });
  }
  return ok(leaves);
}

/** Field by field: what else the object may carry does not get into a leaf. */
function stamped(entry: NewEntry, seq: number, { at, mono, run }: Stamp): LedgerEntry {
  const leaf: { -readonly [K in keyof LedgerEntry]: LedgerEntry[K] } = {
    v: 1,
    seq,
    at,
    mono,
    run,
    type: entry.type,
  };
  if (entry.meeting !== undefined) leaf.meeting = entry.meeting;
  if (entry.bridge !== undefined) leaf.bridge = entry.bridge;
  if (entry.leg !== undefined) leaf.leg = entry.leg;
  if (entry.jws !== undefined) leaf.jws = entry.jws;
  if (entry.data !== undefined) leaf.data = entry.data;
  return leaf;
}

/**
 * A value in the side table that nothing in the leaf binds would be worth nothing as evidence: its commitment stands in
 * `data` or in the payload of the signed message.
 */
function checkPersonal(entry: NewEntry): Result<null, LeafRefusal> {
  const values = entry.personal ?? [];
  if (values.length > maxPersonal) return refuse('bad-personal');
  if (values.length === 0) return ok(null);
  const committed = commitmentsOf(entry);
  const seen = new Set<string>();
  for (const value of values) {
    const salt = fromBase64url(value.salt);
    if (salt?.length !== 16 || value.value.length > maxPersonalLength) return refuse('bad-personal');
    const place = `${value.name} ${value.leg ?? ''}`;
    if (seen.has(place)) return refuse('bad-personal');
    seen.add(place);
    if (!committed(personalCommitment(salt, value.value))) return refuse('commitment-mismatch');
  }
  return ok(null);
}

function commitmentsOf({ data = {}, jws }: NewEntry): (commitment: string) => boolean {
  const facts = Object.values(data).flat();
  const payload = fromBase64url(jws?.split('.')[1] ?? '');
  const signed = payload === null ? '' : (utf8Text(payload) ?? '');
  // 43 characters of a hash between quotes stand nowhere by accident.
  return (commitment) => facts.includes(commitment) || signed.includes(`"${commitment}"`);
}
