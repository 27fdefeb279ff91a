import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { systemClock } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import { loadConfig } from '../config/load.ts';
import { openKeeper } from '../keys/keeper.ts';
import { isLedgerFile, replaceLedgerFile } from '../ledger/backup.ts';
import { thumbprint } from '../ledger/checkpoint.ts';
import { ledgerFile } from '../ledger/files.ts';
import type { Task } from '../ledger/tasks.ts';
import type { RememberedCheckpoint } from '../ledger/verify/structure.ts';
import { vaultOptions } from '../vault/options.ts';
import {
  commonHelp,
  dataDirOf,
  parseOptions,
  postgresOf,
  print,
  temporaryCopy,
  type Where,
} from './ledger-options.ts';
import { examine, type LedgerState } from './ledger-state.ts';
import { awaitTasks } from './ledger-tasks.ts';
import { helpTail } from './table.ts';

const help = `latchkey ledger restore: put a back-up in the place of the ledger

Usage: latchkey ledger restore --from FILE [--checkpoint FILE]... [--force] [options]

  --from FILE        what "latchkey ledger backup" wrote
  --checkpoint FILE  a checkpoint of this ledger that somebody else kept: the back-up has to contain it
  --force            go back all the same
${commonHelp}
The connector must not run, and its keys have to be in their place. Refused is a back-up that does not verify or that was
written under another key and, without --force, one that goes back behind what the ledger in its place or a given checkpoint
shows to have been acknowledged. The ledger that was there is kept aside.
That it was restored, and how many events are lost, is recorded for good; what was open is closed by "recovered". Hosts and
members who remember a newer checkpoint will approve this connector no more: to them it is one that rewrote its past.
${helpTail('ledger restore')}`;

export async function restoreCommand(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {
    from: { type: 'string' },
    checkpoint: { type: 'string', multiple: true, default: [] },
    force: { type: 'boolean', default: false },
  });
  if (options.help) {
    print(help.trimEnd());
    return 0;
  }
  const { from, force } = options;
  if (from === undefined || from === '') throw new LatchkeyError('usage', 'give --from FILE');
  if (options.file !== undefined)
    throw new LatchkeyError('usage', 'the ledger is that of --data or --config');
  const backup = soundBackup(from);
  const current = await currentFile(options);
  const { reasons, lost } = behindCurrent(backup, current);
  const objections = [...reasons, ...behindWitnessed(backup, options.checkpoint)];
  if (objections.length > 0 && !force) throw new LatchkeyError('restore-refused', objections.join('; '));
  requireKeyOf(backup, options);
  const task: Task = { kind: 'restored', size: backup.size, lost, forced: objections.length > 0 };
  const { id, kept } = await replace(options, backup, current !== null, task);
  const [seq] = await awaitTasks(options, [id]);
  const facts = { events: backup.size, lost, forced: task.forced, seq, kept };
  print(options.json ? JSON.stringify(facts) : textOf(facts, from, objections));
  return 0;
}

interface Facts {
  readonly events: number;
  readonly lost: number;
  readonly seq: number | undefined;
  /** Where the ledger that was there is now; null where there was none. */
  readonly kept: string | null;
}

function textOf({ events, lost, seq, kept }: Facts, from: string, objections: readonly string[]): string {
  return [
    `Restored ${events} events from ${from}; recorded as event ${seq ?? 'unknown'}.`,
    ...objections.map((objection) => `Although ${objection}.`),
    ...(lost > 0 ? [`${lost} events that had been acknowledged are not in this ledger any more.`] : []),
    ...(kept === null ? [] : [`What was there before is kept as ${kept}.`]),
  ].join('\n');
}

interface Backup {
  readonly file: string;
  /** Thumbprint of the key under which it was written. */
  readonly key: string;
  readonly size: number;
  readonly checkpoint: string;
}

function soundBackup(file: string): Backup {
  if (!isLedgerFile(file))
    throw new LatchkeyError(
      'usage',
      `${file} is no back-up, which an export is not either: it lacks what a writer needs`,
    );
  const { report, checkpoint } = examine(file);
  if (report.verified && checkpoint !== null)
    return { file, key: report.ledgerThumbprint, size: report.leaves, checkpoint };
  throw new LatchkeyError(
    'restore-refused',
    `${file} does not verify (${[...report.counts.keys()].join(', ')})`,
  );
}

/** Nobody can go on writing a ledger without its key: where that is missing, nothing is touched and no new key is made. */
function requireKeyOf({ key: wanted }: Backup, where: Where): void {
  const dataDir = dataDirOf(where);
  const { keys } = vaultOptions(loadConfig(where.config ?? null));
  const keeper = openKeeper(dataDir, keys);
  try {
    const key = keeper.load('ledger');
    if (key !== null && thumbprint(key.publicKey) === wanted) return;
    throw new LatchkeyError(
      'restore-refused',
      key === null
        ? `there is no ledger key in ${dataDir}: put the connector's keys back first, they are no part of a back-up`
        : `the ledger key in ${dataDir} is not the one of this back-up`,
    );
  } finally {
    keeper.close();
  }
}

/** A copy of the ledger that would be replaced, or that ledger itself; null where there is none. */
async function currentFile(where: Where): Promise<string | null> {
  const postgres = postgresOf(where);
  if (postgres !== null) return temporaryCopy(postgres);
  const file = ledgerFile(dataDirOf(where));
  return existsSync(file) ? file : null;
}

interface Objections {
  readonly reasons: readonly string[];
  readonly lost: number;
}

/** Why going back to this back-up would lose or rewrite something that this machine has acknowledged. */
function behindCurrent(backup: Backup, current: string | null): Objections {
  if (current === null) return { reasons: [], lost: 0 };
  const state = stateOf(current);
  const size = state?.report.leaves ?? 0;
  const lost = Math.max(0, size - backup.size);
  const reasons: string[] = [];
  if (lost > 0) reasons.push(`the ledger has ${size} events and the back-up ${backup.size}`);
  if (state?.report.verified !== true) {
    if (lost === 0) reasons.push('the ledger is damaged: what it has acknowledged cannot be told');
  } else {
    const [longer, note] = lost > 0 ? [current, backup.checkpoint] : [backup.file, state.checkpoint];
    if (note !== null && !contains(longer, [{ note, from: 'the other' }]))
      reasons.push('back-up and ledger are not one log');
  }
  return { reasons, lost };
}

/** Null where nothing can be read there. */
function stateOf(file: string): LedgerState | null {
  try {
    return examine(file);
  } catch {
    return null;
  }
}

function behindWitnessed(backup: Backup, files: readonly string[]): string[] {
  return files.flatMap((file) =>
    contains(backup.file, [readCheckpoint(file)])
      ? []
      : [`the back-up does not contain the checkpoint in ${file}`],
  );
}

function contains(file: string, remembered: readonly RememberedCheckpoint[]): boolean {
  const { counts } = examine(file, remembered).report;
  return !counts.has('log-forked') && !counts.has('checkpoint-malformed');
}

function readCheckpoint(file: string): RememberedCheckpoint {
  try {
    return { note: readFileSync(file, 'utf8'), from: file };
  } catch (error) {
    throw new LatchkeyError('usage', `--checkpoint: cannot read ${file}`, { cause: error });
  }
}

interface Replaced {
  /** Of the task that the next writer accounts for. */
  readonly id: number;
  readonly kept: string | null;
}

async function replace(where: Where, backup: Backup, had: boolean, task: Task): Promise<Replaced> {
  const aside = `replaced-${new Date(systemClock.wallMs()).toISOString().replaceAll(/[-:.]/g, '')}`;
  const postgres = postgresOf(where);
  if (postgres !== null) {
    const { replacePostgresLog } = await import('../ledger/postgres-restore.ts');
    const kept = `${postgres.log}.${aside}`;
    const id = await replacePostgresLog(postgres, { from: backup.file, aside: kept, task });
    return { id, kept: had ? `log “${kept}”` : null };
  }
  const dataDir = dataDirOf(where);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = ledgerFile(dataDir);
  const kept = `${file}.${aside}`;
  const id = await replaceLedgerFile(file, { from: backup.file, aside: kept, task });
  return { id, kept: had ? kept : null };
}
