import { LatchkeyError } from '../base/errors.ts';
import { copyLedgerFile, placeWhole } from '../ledger/backup.ts';
import { commonHelp, fileOf, parseOptions, postgresOf, print } from './ledger-options.ts';
import { examine } from './ledger-state.ts';
import { helpTail } from './table.ts';

const help = `latchkey ledger backup: copy the ledger as it is now

Usage: latchkey ledger backup --out FILE [options]

  --out FILE      the copy: one file, of mode 0600, whole or absent. A file that is there is not written over
${commonHelp}
Works while the connector runs: the copy is one state between two appends, whatever store it comes from, and is verified
before this command says that it is there. It holds the personal values beside the log, but no key: keep dataDir/*.pem
apart from it. "latchkey ledger verify --file" reads it; "latchkey ledger restore" puts it back.
${helpTail('ledger backup')}`;

export async function backupCommand(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, { out: { type: 'string' } });
  if (options.help) {
    print(help.trimEnd());
    return 0;
  }
  const { out } = options;
  if (out === undefined || out === '') throw new LatchkeyError('usage', 'give --out FILE');
  const postgres = postgresOf(options);
  if (postgres === null) await copyLedgerFile(await fileOf(options), out);
  else {
    const { copyFromPostgres } = await import('../ledger/postgres-copy.ts');
    await placeWhole(out, async (partial) => {
      if (await copyFromPostgres(postgres, partial)) return;
      throw new LatchkeyError('usage', `there is no log “${postgres.log}” in the database`);
    });
  }
  const { report, checkpoint } = examine(out);
  const { verified, leaves, root, ledgerThumbprint } = report;
  if (options.json)
    print(JSON.stringify({ file: out, verified, leaves, root, ledgerThumbprint, checkpoint }));
  else {
    print(`${out}: ${leaves} events, root ${root || 'none that holds'}.`);
    if (!verified) print('IT DOES NOT VERIFY, and so neither does the ledger: run "latchkey ledger verify".');
  }
  return verified ? 0 : 1;
}
