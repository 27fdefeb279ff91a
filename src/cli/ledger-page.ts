import { writeFileSync } from 'node:fs';
import { LatchkeyError } from '../base/errors.ts';
import { verifierFile } from '../http/verify-file.ts';
import { parseOptions, print } from './ledger-options.ts';
import { helpTail } from './table.ts';

const help = `latchkey ledger page: the verifier as one HTML file, for people without Latchkey

Usage: latchkey ledger page --out FILE [--json]

  --out FILE    write the page there
  --json        one JSON object on standard output
  -h, --help    this text

Send the file with an export ("latchkey ledger export"): whoever opens it in a browser and drops the export on it sees
whether the ledger verifies, and who could hear when, as a picture and in words. The page needs no network, and its own
policy keeps it from using any. A running connector serves the same page at /verify.
${helpTail('ledger page')}`;

export async function pageCommand(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, { out: { type: 'string' } });
  if (options.help) {
    print(help.trimEnd());
    return 0;
  }
  if (options.out === undefined) throw new LatchkeyError('usage', 'give --out FILE');
  const html = await verifierFile();
  writeFileSync(options.out, html);
  const bytes = Buffer.byteLength(html);
  print(
    options.json
      ? JSON.stringify({ file: options.out, bytes })
      : `Wrote ${options.out}, ${Math.round(bytes / 1024)} KiB: open it in a browser.`,
  );
  return 0;
}
