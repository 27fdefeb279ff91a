import { equalBytes, fromBase64url } from '../base/bytes.ts';
import { isCosigned } from '../consent/messages/cosignature.ts';
import { peekMessage, verifyMessage } from '../consent/messages/jws.ts';
import { bytesOfText } from '../consent/messages/key-schedule.ts';
import { openCheckpoint } from '../ledger/checkpoint.ts';
import type { NewEntry } from '../ledger/event.ts';
import type { LedgerWriter } from '../ledger/writer.ts';
import type { VaultInfo } from './protocol.ts';

/**
 * A cosignature is recorded near what it covers, so that a reader of the log, who keeps no more than the last leaves in
 * memory, can hold it against the root of that size.
 */
export const maxWitnessedAgo = 8_192;

/** Whether a leaf `witnessed` may be written, as far as the vault can tell: it knows the tree, not who is in the meeting. */
export async function cosignatureFault(
  entry: NewEntry,
  about: { readonly info: VaultInfo; readonly ledger: LedgerWriter },
): Promise<string | null> {
  const { info, ledger } = about;
  const peeked = peekMessage(entry.jws ?? '');
  if (!peeked.ok || peeked.value.type !== 'witness') return 'not-a-cosignature';
  const { payload } = peeked.value;
  if (payload.meeting !== entry.meeting || payload.bridge !== info.identityKey) return 'other-bridge';
  const key = bytesOfText(payload.key);
  if (!(await verifyMessage(entry.jws ?? '', 'witness', key)).ok) return 'cosignature-invalid';
  const ledgerKey = fromBase64url(info.ledgerKey) ?? new Uint8Array(0);
  const opened = openCheckpoint(payload.checkpoint, ledgerKey);
  if (!opened.ok) return 'not-a-checkpoint';
  const { size, origin } = opened.value;
  if (entry.data?.['size'] !== size) return 'other-size';
  const root = await ledger.rootAt(size);
  if (root === null || size + maxWitnessedAgo < ledger.size) return 'no-such-size';
  if (!equalBytes(root, opened.value.root)) return 'other-root';
  const what = { origin, head: { size, root: Uint8Array.from(root) }, time: payload.time };
  const good = await isCosigned(what, key, bytesOfText(payload.signature));
  return good ? null : 'cosignature-invalid';
}
