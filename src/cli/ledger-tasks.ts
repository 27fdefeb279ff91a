import { delay, systemClock } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import { loadConfig } from '../config/load.ts';
import { ledgerFile } from '../ledger/files.ts';
import { queueTasks, taskOutcomes } from '../ledger/task-queue.ts';
import type { Task } from '../ledger/tasks.ts';
import { startVault, type VaultHandle } from '../vault/handle.ts';
import { dataDirOf, type Where } from './ledger-options.ts';

const pollMs = 100;
const patienceMs = 60_000;

/**
 * Hands tasks to the one writer of the ledger and waits until each is done: to the vault of the running connector, or,
 * where none runs, to one started for this alone. Returns the positions of the leaves that account for them.
 *
 * @throws LatchkeyError `ledger-unavailable`
 */
export async function doTasks(where: Where, tasks: readonly Task[]): Promise<number[]> {
  if (tasks.length === 0) return [];
  const dataDir = dataDirOf(where);
  const file = ledgerFile(dataDir);
  const vault = await ownVault(where, dataDir);
  try {
    const ids = queueTasks(file, tasks);
    const until = systemClock.monoMs() + patienceMs;
    for (;;) {
      const outcomes = taskOutcomes(file, ids);
      if (outcomes.every((done) => done !== null)) return outcomes;
      if (systemClock.monoMs() > until) {
        throw new LatchkeyError('ledger-unavailable', 'the writer of the ledger did not do it in time');
      }
      await delay(systemClock, pollMs);
    }
  } finally {
    await vault?.stop();
  }
}

/** Null where a running connector has the ledger: its vault does the tasks. */
async function ownVault(where: Where, dataDir: string): Promise<VaultHandle | null> {
  const config = loadConfig(where.config ?? null);
  try {
    return await startVault(
      {
        logLevel: 'silent',
        dataDir,
        connectorName: config.connector.name,
        operatorName: config.connector.operator,
      },
      { onLost: () => undefined },
    );
  } catch (error) {
    if (error instanceof LatchkeyError && error.code === 'ledger-in-use') return null;
    throw error;
  }
}
