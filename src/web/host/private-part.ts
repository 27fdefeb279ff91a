import { jcsBytes, parseJcs } from '../../base/jcs.ts';
import { wipe } from '../../base/bytes.ts';
import { saltedLabels, type SaltedLabel } from '../../consent/messages/commitment.ts';
import {
  decryptPrivate,
  encryptPrivate,
  type Bytes,
  type EpochName,
} from '../../consent/messages/key-schedule.ts';
import { maxMembers } from '../../consent/messages/catalog.ts';
import { bytesOf, list, object, text } from '../../consent/messages/shape.ts';

/** What travels encrypted beside a roster: names of members, labels of callers. The server sees neither. */
export interface PrivatePart {
  readonly names: readonly { readonly join: string; readonly name: string }[];
  readonly labels: readonly SaltedLabel[];
}

export const noPrivatePart: PrivatePart = { names: [], labels: [] };

const names = list(object({ join: bytesOf(16), name: text(64) }), maxMembers);
const shape = object({ names, labels: saltedLabels });

export async function sealPrivatePart(
  mk: Bytes,
  name: EpochName,
  nonce: Bytes,
  part: PrivatePart,
): Promise<Bytes> {
  const plain = jcsBytes(part);
  if (!plain.ok) throw new TypeError('names and labels cannot be written');
  const boxed = await encryptPrivate(mk, name, nonce, plain.value);
  wipe(plain.value);
  return boxed;
}

export async function openPrivatePart(mk: Bytes, name: EpochName, boxed: Bytes): Promise<PrivatePart | null> {
  const plain = await decryptPrivate(mk, name, boxed);
  const parsed = plain === null ? null : parseJcs(plain);
  return parsed?.ok === true && shape(parsed.value) ? parsed.value : null;
}
