import { copyFileSync, existsSync, mkdirSync, statSync, truncateSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { sqliteStore } from '../../src/ledger/sqlite.ts';
import type { LedgerStore, StoredBatch } from '../../src/ledger/store.ts';

/**
 * What can become of one write. `lost`: an error, and nothing is there. `kept`: an error, and all of it is there. `torn`: the
 * power goes while it is written; the next start finds the beginning of it. `slow`: no answer until somebody lets it go.
 */
export const faults = ['lost', 'kept', 'torn', 'slow'] as const;
export type Fault = (typeof faults)[number];

export interface FaultyStore extends LedgerStore {
  /** Appends that were tried. */
  readonly appends: number;
  /** The fault has happened. */
  readonly struck: boolean;
  /** The batch that it struck. */
  readonly victim: StoredBatch | null;
  /** The file as the next start finds it: the disk at the moment of the fault, or now. */
  readonly after: string;
  /** Called when the fault happens. */
  onStrike: () => void;
  /** Lets a slow write go on. */
  release(): void;
}

const sidecars = ['', '-wal'];

/** The files as they lie on the disk at this moment, without anybody closing them. */
export function copyDisk(file: string, to: string): string {
  mkdirSync(to, { recursive: true });
  const copy = join(to, basename(file));
  for (const end of sidecars) if (existsSync(file + end)) copyFileSync(file + end, copy + end);
  return copy;
}

export const walSize = (file: string): number =>
  existsSync(`${file}-wal`) ? statSync(`${file}-wal`).size : 0;

/** An SQLite store whose n-th append (from 0) meets a fault. `cut` in (0, 1): how much of a torn write is there. */
export function faultyStore(file: string, at: number, fault: Fault, cut = 0.5): FaultyStore {
  const inner = sqliteStore(file);
  let appends = 0;
  let victim: StoredBatch | null = null;
  let after: string | null = null;
  let release = (): void => undefined;
  const diskNow = (): string => copyDisk(file, join(dirname(file), 'after'));

  const strike = async (batch: StoredBatch): Promise<void> => {
    victim = batch;
    store.onStrike();
    if (fault === 'slow') {
      await new Promise<void>((go) => (release = go));
      return inner.append(batch);
    }
    const before = walSize(file);
    if (fault !== 'lost') await inner.append(batch);
    after = diskNow();
    if (fault === 'torn') truncateSync(`${after}-wal`, before + Math.ceil((walSize(file) - before) * cut));
    throw new Error(`${fault} by the test`);
  };
  const store: FaultyStore = {
    ...inner,
    onStrike: () => undefined,
    append: (batch) => (appends++ === at ? strike(batch) : inner.append(batch)),
    get appends() {
      return appends;
    },
    get struck() {
      return victim !== null;
    },
    get victim() {
      return victim;
    },
    get after() {
      return after ?? file;
    },
    release: () => release(),
  };
  return store;
}
