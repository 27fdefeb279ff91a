import { resolve } from 'node:path';
import { delay, systemClock } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import { loadConfig } from '../config/load.ts';
import { ledgerFile } from '../ledger/files.ts';
import { queueTasks, taskOutcomes } from '../ledger/task-queue.ts';
import type { Task } from '../ledger/tasks.ts';
import { startVault, type VaultHandle } from '../vault/handle.ts';
import { vaultOptions } from '../vault/options.ts';
import { dataDirOf, postgresOf, type Where } from './ledger-options.ts';

const pollMs = 100;
const patienceMs = 60_000;

/**
 * Hands tasks to the one writer of the ledger and waits until each is done: to the vault of the running connector, or,
 * where none runs, to one started for this alone. Returns the positions of the leaves that account for them.
 *
 * @throws LatchkeyError `ledger-unavailable`
 */
export async function doTasks(where: Where, tasks: readonly Task[]): Promise<number[]> {
  return tasks.length === 0 ? [] : settle(where, (book) => book.queue(tasks));
}

/** The same for tasks that are in the ledger already. */
export function awaitTasks(where: Where, ids: readonly number[]): Promise<number[]> {
  return settle(where, () => Promise.resolve([...ids]));
}

async function settle(where: Where, queue: (book: TaskBook) => Promise<number[]>): Promise<number[]> {
  const vault = await ownVault(where);
  try {
    const book = await taskBook(where);
    const ids = await queue(book);
    const until = systemClock.monoMs() + patienceMs;
    for (;;) {
      const outcomes = await book.outcomes(ids);
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

interface TaskBook {
  queue(tasks: readonly Task[]): Promise<number[]>;
  outcomes(ids: readonly number[]): Promise<(number | null)[]>;
}

async function taskBook(where: Where): Promise<TaskBook> {
  const postgres = postgresOf(where);
  if (postgres !== null) {
    const { queueInPostgres, outcomesInPostgres } = await import('../ledger/postgres-tasks.ts');
    return {
      queue: (tasks) => queueInPostgres(postgres, tasks),
      outcomes: (ids) => outcomesInPostgres(postgres, ids),
    };
  }
  const file = ledgerFile(dataDirOf(where));
  return {
    queue: (tasks) => Promise.resolve(queueTasks(file, tasks)),
    outcomes: (ids) => Promise.resolve(taskOutcomes(file, ids)),
  };
}

/** Null where a running connector has the ledger: its vault does the tasks. */
async function ownVault(where: Where): Promise<VaultHandle | null> {
  const config = loadConfig(where.config ?? null);
  const postgres = postgresOf(where);
  try {
    return await startVault(
      {
        ...vaultOptions(config),
        logLevel: 'silent',
        dataDir: resolve(dataDirOf(where)),
        ...(postgres === null ? {} : { postgres }),
      },
      { onLost: () => undefined },
      systemClock,
    );
  } catch (error) {
    if (error instanceof LatchkeyError && error.code === 'ledger-in-use') return null;
    throw error;
  }
}
