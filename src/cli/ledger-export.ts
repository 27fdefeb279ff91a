import { closeSync, openSync, writeSync } from 'node:fs';
import { LatchkeyError } from '../base/errors.ts';
import { jsonLines } from '../ledger/export/json-lines.ts';
import { sqliteRecords } from '../ledger/records.ts';
import { commonHelp, fileOf, parseOptions, print } from './ledger-options.ts';

const help = `latchkey ledger export: write the ledger in a form that other programs read

Usage: latchkey ledger export [--out FILE] [--personal] [options]

  --out FILE      write there; otherwise to standard output
  --personal      with the personal values beside the log; without it their commitments alone
  --file FILE     the ledger file; otherwise the ledger in the data folder
${commonHelp}
The file holds all that "latchkey ledger verify --file" needs, offline. Works while the connector runs.
`;

export async function exportCommand(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {
    out: { type: 'string' },
    personal: { type: 'boolean', default: false },
  });
  if (options.help) {
    print(help.trimEnd());
    return 0;
  }
  if (options.json && options.out === undefined) {
    throw new LatchkeyError('usage', '--json needs --out: standard output is the export itself');
  }
  const lines = jsonLines(sqliteRecords(await fileOf(options)), options.personal ? 'with' : 'without');
  const written = writeLines(options.out ?? null, lines);
  if (options.json) print(JSON.stringify({ file: options.out, lines: written }));
  return 0;
}

/** Line by line, so that a large ledger takes no memory. Returns how many. */
function writeLines(file: string | null, lines: Iterable<string>): number {
  const out = file === null ? 1 : openSync(file, 'w', 0o600);
  let count = 0;
  try {
    for (const line of lines) {
      writeSync(out, `${line}\n`);
      count += 1;
    }
  } finally {
    if (file !== null) closeSync(out);
  }
  return count;
}
