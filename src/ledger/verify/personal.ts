import { isTextList } from './canonical.ts';
import type { Findings } from './findings.ts';
import { dataCount, type Leaf } from './leaf.ts';
import {
  bytesOfText,
  fromBase64url,
  prefixed,
  textOfBytes,
  toBase64url,
  type Primitives,
} from './primitives.ts';
import type { PersonalRecord } from './source.ts';

/** Personal values beside the log: each must be what its leaf commits to. Erased ones are missing, which is no fault. */
export interface PersonalCheck {
  /** Null where the content of the leaf is gone. */
  leaf(leaf: Leaf | null): void;
  value(record: PersonalRecord): void;
}

const label = bytesOfText('latchkey ledger personal v1');

export function checkPersonal({ sha256 }: Primitives, findings: Findings): PersonalCheck {
  let current: Leaf | null = null;
  return {
    leaf(leaf) {
      current = leaf;
      if (
        leaf?.type === 'operator-action' &&
        (leaf.data['action'] === 'erase' || leaf.data['action'] === 'forget')
      ) {
        findings.add('personal-erased', leaf.seq, `${dataCount(leaf, 'values') ?? 0} of them.`);
      }
    },
    value({ seq, salt, value }) {
      const saltBytes = fromBase64url(salt);
      const made =
        saltBytes === null ? '' : toBase64url(sha256(prefixed(label, saltBytes, bytesOfText(value))));
      const isCommitted = current?.seq === seq && saltBytes?.length === 16 && commits(current, made);
      if (!isCommitted) findings.add('personal-mismatch', seq);
    },
  };
}

/** A commitment stands among a leaf's facts or, between quotes, in the payload of its message. */
function commits(leaf: Leaf, commitment: string): boolean {
  const payload = fromBase64url(leaf.jws.split('.')[1] ?? '');
  const signed = payload === null ? '' : (textOfBytes(payload) ?? '');
  return (
    signed.includes(`"${commitment}"`) ||
    Object.values(leaf.data).some(
      (datum) => datum === commitment || (isTextList(datum) && datum.includes(commitment)),
    )
  );
}
