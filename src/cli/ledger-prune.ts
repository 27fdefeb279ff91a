import { systemClock } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import { loadConfig } from '../config/load.ts';
import { sqliteRecords } from '../ledger/records.ts';
import { planPrune, retentionOfDays, type Retention } from '../ledger/retention.ts';
import { commonHelp, fileOf, parseOptions, print } from './ledger-options.ts';
import { doTasks } from './ledger-tasks.ts';
import { helpTail } from './table.ts';

const help = `latchkey ledger prune: let go of what was kept long enough

Usage: latchkey ledger prune [--keep PURPOSE=TIME]... [--dry-run] [options]

  --keep PURPOSE=TIME  how long what is kept, each purpose on its own clock; TIME as 90d, 36h or 5y
                         label    what callers were shown as: personal values beside the log
                         events   the contents of events, once the whole meeting is that old; their hashes stay
                         Without --keep: ledger.retention of the configuration, by which the running connector prunes once a day
  --dry-run            say what would go, and leave it
${commonHelp}
Hashes and checkpoints stay, so the log verifies afterwards and each event that is left can still be proven. That
something was pruned is itself recorded. Works while the connector runs.
${helpTail('ledger prune')}`;

const units: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, y: 365 * 86_400_000 };

export async function pruneCommand(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {
    keep: { type: 'string', multiple: true },
    'dry-run': { type: 'boolean', default: false },
  });
  if (options.help) {
    print(help.trimEnd());
    return 0;
  }
  if (options.file !== undefined)
    throw new LatchkeyError('usage', 'only a live ledger can prune: give --data DIR');
  const retention = options.keep === undefined ? configured(options) : retentionOf(options.keep);
  const file = await fileOf(options);
  const plan = await planPrune(() => sqliteRecords(file), {
    retention,
    nowMs: systemClock.wallMs(),
    rest: () => Promise.resolve(),
  });
  const events = options['dry-run'] ? [] : await doTasks(options, plan.tasks);
  const values = Object.fromEntries(plan.values);
  if (options.json) {
    print(JSON.stringify({ dryRun: options['dry-run'], events: plan.leaves, values, recordedAs: events }));
    return 0;
  }
  const texts = [
    `the contents of ${plan.leaves} events`,
    ...Object.entries(values).map(([purpose, count]) => `${count} values of purpose “${purpose}”`),
  ];
  print(`${options['dry-run'] ? 'Would prune' : 'Pruned'} ${texts.join(' and ')}.`);
  return 0;
}

/** @throws LatchkeyError `usage` where the configuration keeps everything */
function configured({ config }: { readonly config?: string | undefined }): Retention {
  const retention = retentionOfDays(loadConfig(config ?? null).ledger.retention);
  if (retention !== null) return retention;
  throw new LatchkeyError('usage', 'give --keep, for instance --keep label=90d, or set ledger.retention');
}

/** @throws LatchkeyError `usage` */
function retentionOf(keep: readonly string[]): Retention {
  let eventsMs: number | null = null;
  const personalMs = new Map<string, number>();
  for (const rule of keep) {
    const [, purpose, amount, unit] = /^([A-Za-z][A-Za-z0-9]{0,63})=(\d{1,6})([hdy])$/.exec(rule) ?? [];
    if (purpose === undefined || amount === undefined || unit === undefined) {
      throw new LatchkeyError('usage', `--keep ${rule}: write it as label=90d`);
    }
    const ms = Number(amount) * (units[unit] ?? 0);
    if (purpose === 'events') eventsMs = ms;
    else personalMs.set(purpose, ms);
  }
  return { eventsMs, personalMs };
}
