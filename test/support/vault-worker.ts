import { systemClock } from '../../src/base/clock.ts';
import { connectVault } from '../../src/vault/client.ts';
import type { NewEntry } from '../../src/ledger/event.ts';

/**
 * A process in a meeting worker's place: descriptor 4 is its pipe to the vault. Appends what its parent sends, and tells
 * the answer.
 */
const client = await connectVault(4, systemClock, { onLost: (reason) => process.send?.({ lost: reason }) });
process.send?.({ hello: client.info.ledgerThumbprint });
process.on('message', (entries: NewEntry[]) => {
  void client.append(entries).then((answer) => process.send?.({ answer }));
});
