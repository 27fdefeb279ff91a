import { serialQueue } from '../../base/serial.ts';
import { refuse, type Result } from '../../base/result.ts';
import type { LedgerTail, TailQuery } from '../../ledger/log-tail.ts';
import type { AdminPorts } from '../ports.ts';

export type ReadLedger = (
  query: TailQuery,
) => Promise<Result<LedgerTail, 'ledger-unavailable' | 'too-many-requests'>>;

/** Who waits longer than for so many others is told to come again. */
const mostWaiting = 32;

/**
 * Reads of the ledger one after the other, whoever asks: a record that a grant or an end waits for stands behind one of them at
 * most. A hundred leaves with their proofs take the vault some milliseconds; side by side they would add up to a vault that hangs.
 */
export function ledgerReader(ports: Pick<AdminPorts, 'tail'>): ReadLedger {
  const queue = serialQueue();
  let waiting = 0;
  return async (query) => {
    if (waiting >= mostWaiting) return refuse('too-many-requests');
    waiting += 1;
    try {
      const tail = await queue.run(() => ports.tail(query));
      return tail.ok ? tail : refuse('ledger-unavailable');
    } finally {
      waiting -= 1;
    }
  };
}
