import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { copyFromPostgres } from '../../src/ledger/postgres-copy.ts';
import { postgresStore } from '../../src/ledger/postgres.ts';
import { queueInPostgres } from '../../src/ledger/postgres-tasks.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { storeContract } from '../support/store-contract.ts';
import { makeDir, removeDir } from '../support/vault.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

storeContract('PostgreSQL', async () => {
  const dir = await makeDir();
  const place = await server.place();
  return {
    store: () => postgresStore(place),
    async file() {
      const file = join(dir, `${randomBytes(6).toString('hex')}.sqlite`);
      await copyFromPostgres(place, file);
      return file;
    },
    queue: async (tasks) => void (await queueInPostgres(place, tasks)),
    remove: () => removeDir(dir),
  };
});
