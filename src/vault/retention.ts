import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { ledgerFile } from '../ledger/files.ts';
import { sqliteRecords } from '../ledger/records.ts';
import { planPrune, retentionOfDays, type PrunePlan, type Retention } from '../ledger/retention.ts';
import { queueTasks } from '../ledger/task-queue.ts';
import type { Task } from '../ledger/tasks.ts';
import type { VaultOptions } from './protocol.ts';

/**
 * The retention clock: soon after the start and once a day, what was kept long enough is found in a state of the log beside
 * the writer, and handed to the writer as an operator's task would be. It says nothing about what has to happen now: where
 * it fails, it tries again at the next time.
 */
export interface RetentionKeeper {
  /** Resolves when no reading is going on any more. */
  stop(): Promise<void>;
}

interface KeeperOptions {
  readonly options: Pick<VaultOptions, 'dataDir' | 'postgres' | 'retention'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Lets waiting appends go first. */
  readonly rest: () => Promise<void>;
}

const firstAfterMs = 10_000;
const everyMs = 86_400_000;

export function keepRetention({ options, clock, log, rest }: KeeperOptions): RetentionKeeper {
  const retention = options.retention === undefined ? null : retentionOfDays(options.retention);
  if (retention === null) return { stop: () => Promise.resolve() };
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let timer: Timer = clock.after(firstAfterMs, () => (running = run()));

  const restUnlessStopped = (): Promise<void> => (stopped ? Promise.reject(new Error('stopped')) : rest());
  const run = async (): Promise<void> => {
    try {
      const plan = await pruneDue(options, { retention, nowMs: clock.wallMs(), rest: restUnlessStopped });
      if (plan.tasks.length > 0)
        log.info(
          { events: plan.leaves, values: Object.fromEntries(plan.values) },
          'retention: handed to the writer',
        );
    } catch (error) {
      if (!stopped) log.warn({ err: error }, 'retention: not today; tried again tomorrow');
    }
    if (!stopped) timer = clock.after(everyMs, () => (running = run()));
  };
  return {
    async stop() {
      stopped = true;
      timer.cancel();
      await running;
    },
  };
}

interface Due {
  readonly retention: Retention;
  readonly nowMs: number;
  readonly rest: () => Promise<void>;
}

async function pruneDue({ dataDir, postgres }: KeeperOptions['options'], due: Due): Promise<PrunePlan> {
  if (postgres === undefined) {
    const file = ledgerFile(dataDir);
    return queued(await planPrune(() => sqliteRecords(file), due), (tasks) => queueTasks(file, tasks));
  }
  const { copyFromPostgres } = await import('../ledger/postgres-copy.ts');
  const { queueInPostgres } = await import('../ledger/postgres-tasks.ts');
  await removeLeftovers(dataDir);
  const dir = await mkdtemp(join(dataDir, copyPrefix));
  try {
    const file = join(dir, 'log.sqlite');
    await copyFromPostgres(postgres, file);
    const plan = await planPrune(() => sqliteRecords(file), due);
    return await queued(plan, (tasks) => queueInPostgres(postgres, tasks));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** In the vault's own folder: what it holds of callers is nobody else's, and an end in the middle leaves it no longer than a day. */
const copyPrefix = 'retention-copy-';

async function removeLeftovers(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir))
    if (name.startsWith(copyPrefix)) await rm(join(dataDir, name), { recursive: true, force: true });
}

async function queued(plan: PrunePlan, queue: (tasks: readonly Task[]) => unknown): Promise<PrunePlan> {
  if (plan.tasks.length > 0) await queue(plan.tasks);
  return plan;
}
