import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import { wipe } from '../base/bytes.ts';
import { writeDurably } from '../keys/durable-file.ts';
import { openOperator, paths } from '../operator/folder.ts';
import { revoke, type Target } from '../operator/revoke.ts';
import { rotate } from '../operator/rotate.ts';
import { print } from './ledger-options.ts';
import { must, operatorHelp, parseOperator } from './operator-options.ts';
import { operatorPassphrase } from './passphrase.ts';
import { helpTail } from './table.ts';

const rotateHelp = `latchkey operator rotate: go on with a new operator key

Usage: latchkey operator rotate --dir DIR --out DIR [options]

  --out DIR               new certificates, one file a connector, for every connector that still has a valid one
${operatorHelp}
The old key signs that the new one goes on for it, and is retired into the operator's folder. Hosts who know a connector by
the old key see it as known, once their registrations name the new thumbprint: give it to them as you gave the first. Meetings
registered with the old thumbprint alone accept no certificate of the new key. A connector shows one certificate at a time.
${helpTail('operator rotate')}`;

export async function rotateCommand(args: readonly string[]): Promise<number> {
  const options = parseOperator(args, { out: { type: 'string' } });
  if (options.help) {
    print(rotateHelp.trimEnd());
    return 0;
  }
  const dir = must('dir', options.dir);
  const out = must('out', options.out);
  const secret = await operatorPassphrase(options['passphrase-file'], false);
  try {
    mkdirSync(out, { recursive: true, mode: 0o700 });
    const { from, to, issued } = await rotate(dir, secret, systemClock.wallMs());
    const files = issued.map(({ record, file }) => {
      const path = join(out, `${record.thumbprint}.jws`);
      writeDurably(path, file);
      return { connectorName: record.connectorName, thumbprint: record.thumbprint, file: path };
    });
    if (options.json) print(JSON.stringify({ from, to, certificates: files }));
    else {
      print(`The operator goes on with a new key.\n  old  ${from}\n  new  ${to}`);
      for (const { connectorName, file } of files) print(`  “${connectorName}”: ${file}`);
    }
    return 0;
  } finally {
    wipe(secret.bytes);
  }
}

const revokeHelp = `latchkey operator revoke: declare a certificate or a connector void

Usage: latchkey operator revoke --dir DIR (--serial S | --key THUMBPRINT) [--out FILE] [options]

  --serial S              one certificate; the beginning of its serial is enough
  --key THUMBPRINT        an identity key, for instance of a stolen machine: all its certificates, and none ever again
  --out FILE              a copy of the signed list; it is also in the operator's folder
${operatorHelp}
Put the list into the dataDir of EVERY connector of this operator as revocations.jws and start them again: they carry it into
meetings, and clients that have seen it refuse what it names, for good. A revoked connector refuses to start with it.
${helpTail('operator revoke')}`;

export async function revokeCommand(args: readonly string[]): Promise<number> {
  const options = parseOperator(args, {
    serial: { type: 'string' },
    key: { type: 'string' },
    out: { type: 'string' },
  });
  if (options.help) {
    print(revokeHelp.trimEnd());
    return 0;
  }
  const dir = must('dir', options.dir);
  const target = targetOf(options.serial, options.key);
  const secret = await operatorPassphrase(options['passphrase-file'], false);
  try {
    const { number, certificates, list } = await revoke(
      dir,
      openOperator(dir, secret),
      target,
      systemClock.wallMs(),
    );
    if (options.out !== undefined) writeDurably(options.out, `${list}\n`);
    const file = options.out ?? paths(dir).revocations;
    const named = certificates.map(({ connectorName, serial }) => ({ connectorName, serial }));
    if (options.json) print(JSON.stringify({ file, number, revoked: named }));
    else {
      for (const { connectorName, serial } of named) print(`revoked: “${connectorName}”, serial ${serial}`);
      print(`List ${number}: ${file}\nPut it into the dataDir of every connector as revocations.jws.`);
    }
    return 0;
  } finally {
    wipe(secret.bytes);
  }
}

function targetOf(serial: string | undefined, key: string | undefined): Target {
  if (serial !== undefined && serial !== '' && key === undefined) return { kind: 'serial', start: serial };
  if (key !== undefined && key !== '' && serial === undefined) return { kind: 'key', start: key };
  throw new LatchkeyError('usage', 'give --serial or --key');
}
