import { wipe } from '../base/bytes.ts';
import { LatchkeyError } from '../base/errors.ts';
import { createOperator, operatorPublicKey, readRecord } from '../operator/folder.ts';
import { plainName } from '../consent/messages/plain-name.ts';
import { thumbprint } from '../consent/messages/keys.ts';
import { print } from './ledger-options.ts';
import { dateText, must, operatorHelp, parseOperator } from './operator-options.ts';
import { operatorPassphrase } from './passphrase.ts';
import { helpTail } from './table.ts';

const initHelp = `latchkey operator init: make an operator

Usage: latchkey operator init --dir DIR --name NAME [options]

  --name NAME             as hosts will read it: "You give the meeting key to NAME"
${operatorHelp}
Makes DIR with the private key under the passphrase, and prints the thumbprint. Give that thumbprint to those who host
meetings, by a way that you trust: it goes into their registrations, and no other operator's connector gets a key there.
${helpTail('operator init')}`;

export async function initCommand(args: readonly string[]): Promise<number> {
  const options = parseOperator(args, { name: { type: 'string' } });
  if (options.help) {
    print(initHelp.trimEnd());
    return 0;
  }
  const dir = must('dir', options.dir);
  const name = must('name', options.name);
  if (plainName(name) !== name) {
    throw new LatchkeyError('usage', `--name: hosts would read “${plainName(name)}”; give it like that`);
  }
  const secret = await operatorPassphrase(options['passphrase-file'], true);
  try {
    const key = createOperator(dir, name, secret);
    const of = await thumbprint(key.publicKey);
    if (options.json) print(JSON.stringify({ dir, name, thumbprint: of }));
    else print(`Operator “${name}” made in ${dir}.\n\n  thumbprint  ${of}`);
    return 0;
  } finally {
    wipe(secret.bytes);
  }
}

const showHelp = `latchkey operator show: what an operator has signed; needs no passphrase

Usage: latchkey operator show --dir DIR [--json]

  --dir DIR    the operator's folder
  --json       one JSON object on standard output
  -h, --help   this text
${helpTail('operator show')}`;

export async function showCommand(args: readonly string[]): Promise<number> {
  const options = parseOperator(args, {});
  if (options.help) {
    print(showHelp.trimEnd());
    return 0;
  }
  const dir = must('dir', options.dir);
  const record = readRecord(dir);
  const of = await thumbprint(operatorPublicKey(dir));
  if (options.json) {
    print(JSON.stringify({ ...record, dir, thumbprint: of }));
    return 0;
  }
  print(`${record.name}\n  thumbprint  ${of}\n  list number ${record.listNumber}`);
  for (const { connectorName, serial, thumbprint: key, notAfter, revoked, by } of record.certificates) {
    const state = revoked ? 'revoked' : by === of ? dateText(notAfter) : 'by a retired key';
    print(`  ${connectorName}  serial ${serial}  key ${key}  ${state}`);
  }
  return 0;
}
