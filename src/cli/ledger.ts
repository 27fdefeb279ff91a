import { LatchkeyError } from '../base/errors.ts';
import { backupCommand } from './ledger-backup.ts';
import { eraseCommand } from './ledger-erase.ts';
import { exportCommand } from './ledger-export.ts';
import { intervalsCommand } from './ledger-intervals.ts';
import { print } from './ledger-options.ts';
import { pageCommand } from './ledger-page.ts';
import { pruneCommand } from './ledger-prune.ts';
import { restoreCommand } from './ledger-restore.ts';
import { verifyCommand } from './ledger-verify.ts';
import { commandTable, helpTail, summaries } from './table.ts';

const subcommands: Readonly<Record<string, (args: readonly string[]) => number | Promise<number>>> = {
  verify: verifyCommand,
  intervals: intervalsCommand,
  export: exportCommand,
  page: pageCommand,
  erase: eraseCommand,
  backup: backupCommand,
  restore: restoreCommand,
  prune: pruneCommand,
};

const help = `latchkey ledger: the consent ledger

Usage: latchkey ledger <command> [options]

${summaries(commandTable.ledger.subcommands ?? {})}

Every command explains itself with --help.
${helpTail('ledger')}`;

export async function ledgerCommand(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    print(help.trimEnd());
    return name === undefined ? 2 : 0;
  }
  const subcommand = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  if (subcommand === undefined) throw new LatchkeyError('usage', `there is no command “ledger ${name}”`);
  return subcommand(rest);
}
