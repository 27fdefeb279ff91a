import { LatchkeyError } from '../base/errors.ts';
import { sqliteRecords } from '../ledger/records.ts';
import { commonHelp, fileOf, parseOptions, print, shortId } from './ledger-options.ts';
import { doTasks } from './ledger-tasks.ts';
import { helpTail } from './table.ts';

const help = `latchkey ledger erase: remove what the ledger holds about one person

Usage: latchkey ledger erase --leg ID [options]

  --leg ID        whose personal values go; the beginning of the id is enough where it names one leg only
${commonHelp}
The values stand beside the log; in it there are only their salted hashes, so every proof still verifies. That they were
erased is itself recorded. Works while the connector runs. Copies in exports and back-ups are yours to erase.
${helpTail('ledger erase')}`;

export async function eraseCommand(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, { leg: { type: 'string' } });
  if (options.help) {
    print(help.trimEnd());
    return 0;
  }
  if (options.leg === undefined || options.leg === '') throw new LatchkeyError('usage', 'give --leg ID');
  if (options.file !== undefined)
    throw new LatchkeyError('usage', 'only a live ledger can erase: give --data DIR');
  const { leg, values } = findLeg(await fileOf(options), options.leg);
  const [seq] = await doTasks(options, [{ kind: 'erase', leg }]);
  print(
    options.json
      ? JSON.stringify({ leg, values, seq })
      : `Erased ${values} personal value${values === 1 ? '' : 's'} of leg ${shortId(leg)}; recorded as event ${seq}.`,
  );
  return 0;
}

/** @throws LatchkeyError `usage` unless the beginning of the id names exactly one leg with personal values */
function findLeg(file: string, start: string): { leg: string; values: number } {
  const found = new Map<string, number>();
  for (const record of sqliteRecords(file)) {
    if (record.kind === 'personal' && record.leg.startsWith(start)) {
      found.set(record.leg, (found.get(record.leg) ?? 0) + 1);
    }
  }
  const [first, second] = [...found];
  if (first === undefined)
    throw new LatchkeyError('usage', `no leg “${start}” has personal values in this ledger`);
  if (second !== undefined)
    throw new LatchkeyError('usage', `“${start}” is the beginning of ${found.size} legs`);
  return { leg: first[0], values: first[1] };
}
