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
import { bytesOf, list, object, oneOf, text, type ShapeOf } from '../../consent/messages/shape.ts';

/** More than this may not knock at a time. */
export const maxKnocks = 8;

const knock = object({
  join: bytesOf(16),
  name: text(64),
  thumbprint: bytesOf(32),
  why: oneOf('locked', 'after-revocation', 'no-invite'),
});

/** What travels encrypted beside a roster: names of members, labels of callers. The server sees neither. */
export interface PrivatePart {
  readonly names: readonly { readonly join: string; readonly name: string }[];
  readonly labels: readonly SaltedLabel[];
  /** Who knocks, for co-hosts. */
  readonly knocks: readonly ShapeOf<typeof knock>[];
}

export const noPrivatePart: PrivatePart = { names: [], labels: [], knocks: [] };

const names = list(object({ join: bytesOf(16), name: text(64) }), maxMembers);
const shape = object({ names, labels: saltedLabels, knocks: list(knock, maxKnocks) });

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
