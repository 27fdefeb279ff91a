import { join } from 'node:path';
import { sqliteStore } from '../../../src/ledger/sqlite.ts';
import { queueTasks } from '../../../src/ledger/task-queue.ts';
import { storeContract } from '../../support/store-contract.ts';
import { makeDir, removeDir } from '../../support/vault.ts';

storeContract('SQLite', async () => {
  const dir = await makeDir();
  const file = join(dir, 'ledger.sqlite');
  return {
    store: () => sqliteStore(file),
    file: () => Promise.resolve(file),
    queue: (tasks) => Promise.resolve(void queueTasks(file, tasks)),
    remove: () => removeDir(dir),
  };
});
