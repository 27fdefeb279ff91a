import { toBase64url } from '../../base/bytes.ts';
import { jcsBytes, parseJcs } from '../../base/jcs.ts';
import { bytesOfText, type Bytes } from '../../consent/messages/key-schedule.ts';
import { thumbprint } from '../../consent/messages/keys.ts';
import { openCheckpoint, type TreeHead } from '../../consent/messages/log-checkpoint.ts';
import { bytesOf, object, oneOf, text } from '../../consent/messages/shape.ts';
import type { Store } from './session.ts';

/** What a client keeps of one connector's ledger, across meetings. */
export interface LedgerMemory {
  /** Raw ledger key. The ledger of a connector does not change its key: a new one would have nothing to prove. */
  readonly ledgerKey: Bytes;
  /** The last checkpoint that was proven. */
  readonly note: string;
  readonly head: TreeHead;
  /** Two checkpoints of which no proof makes one log, both signed: evidence against the connector. Stays. */
  readonly fork: ForkEvidence | null;
}

export interface ForkEvidence {
  readonly reason: ForkReason;
  readonly remembered: string;
  readonly shown: string;
}

export type ForkReason = 'rolled-back' | 'other-root' | 'not-proven' | 'ledger-key' | 'others-saw';

const note = text(4_096);
const shape = object({
  v: oneOf(1),
  ledgerKey: bytesOf(32),
  note,
  fork: object({
    reason: oneOf('none', 'rolled-back', 'other-root', 'not-proven', 'ledger-key', 'others-saw'),
    remembered: note,
    shown: note,
  }),
});

const nameOf = async (connector: Bytes): Promise<string> => `ledger-${await thumbprint(connector)}`;

/** Null where there is none. What cannot be read is no memory either: the store is the client's own. */
export async function recallLedger(store: Store, connector: Bytes): Promise<LedgerMemory | null> {
  const bytes = await store.get(await nameOf(connector));
  const parsed = bytes === null ? null : parseJcs(bytes);
  if (parsed?.ok !== true || !shape(parsed.value)) return null;
  const { ledgerKey: keyText, note: kept, fork } = parsed.value;
  const ledgerKey = bytesOfText(keyText);
  const head = await openCheckpoint(kept, ledgerKey);
  if (!head.ok) return null;
  const { reason, remembered, shown } = fork;
  return {
    ledgerKey,
    note: kept,
    head: head.value,
    fork: reason === 'none' ? null : { reason, remembered, shown },
  };
}

export async function keepLedger(store: Store, connector: Bytes, memory: LedgerMemory): Promise<void> {
  const { ledgerKey, note: kept, fork } = memory;
  const bytes = jcsBytes({
    v: 1,
    ledgerKey: toBase64url(ledgerKey),
    note: kept,
    fork: fork ?? { reason: 'none', remembered: '', shown: '' },
  });
  if (bytes.ok) await store.set(await nameOf(connector), bytes.value);
}
