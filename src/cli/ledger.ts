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

interface Subcommand {
  readonly summary: string;
  run(args: readonly string[]): number | Promise<number>;
}

const subcommands: Readonly<Record<string, Subcommand>> = {
  verify: { summary: 'check the whole ledger, offline', run: verifyCommand },
  intervals: { summary: 'when could each caller hear, and why', run: intervalsCommand },
  export: { summary: 'write it in a form that other programs read', run: exportCommand },
  page: { summary: 'the verifier as one HTML file that works offline', run: pageCommand },
  erase: { summary: 'remove what it holds about one person', run: eraseCommand },
  backup: { summary: 'copy it as it is now, while the connector runs', run: backupCommand },
  restore: { summary: 'put a back-up in its place, and say so in it', run: restoreCommand },
  prune: { summary: 'let go of what was kept long enough', run: pruneCommand },
};

const help = `latchkey ledger: the consent ledger

Usage: latchkey ledger <command> [options]

${Object.entries(subcommands)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join('\n')}

Every command explains itself with --help. Exit codes: 0 ok, 1 not verified, 2 usage.
`;

export async function ledgerCommand(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    print(help.trimEnd());
    return name === undefined ? 2 : 0;
  }
  const subcommand = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  if (subcommand === undefined) throw new LatchkeyError('usage', `there is no command “ledger ${name}”`);
  return subcommand.run(rest);
}
