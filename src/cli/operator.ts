import { LatchkeyError } from '../base/errors.ts';
import { print } from './ledger-options.ts';
import { certifyCommand, requestCommand } from './operator-certify.ts';
import { initCommand, showCommand } from './operator-init.ts';
import { revokeCommand, rotateCommand } from './operator-change.ts';

interface Subcommand {
  readonly summary: string;
  run(args: readonly string[]): Promise<number>;
}

const subcommands: Readonly<Record<string, Subcommand>> = {
  init: { summary: 'make an operator: a key of its own, kept offline under a passphrase', run: initCommand },
  show: { summary: 'thumbprint, certificates given, what was revoked', run: showCommand },
  request: { summary: 'on the connector: ask for a certificate', run: requestCommand },
  certify: { summary: 'sign that a connector and its ledger are this operator’s', run: certifyCommand },
  rotate: { summary: 'go on with a new operator key, and say so with the old one', run: rotateCommand },
  revoke: { summary: 'declare a certificate or a connector void', run: revokeCommand },
};

const help = `latchkey operator: who owns a connector, signed by a key that is not on it

Usage: latchkey operator <command> [options]

${Object.entries(subcommands)
  .map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`)
  .join('\n')}

Hosts release keys only to connectors whose operator's thumbprint stands in their meeting's registration. Without an
operator of its own a connector certifies itself: then whoever takes the connector takes the operator, too.

  offline     latchkey operator init --dir DIR --name "Example Telephony"
  connector   latchkey operator request --config FILE --out request.jws
  offline     latchkey operator certify --dir DIR --request request.jws --out certificate.jws
  connector   certificate.jws into dataDir, then start

Every command explains itself with --help. docs/keys.md tells the whole life of these keys.
`;

export async function operatorCommand(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    print(help.trimEnd());
    return name === undefined ? 2 : 0;
  }
  const subcommand = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  if (subcommand === undefined) throw new LatchkeyError('usage', `there is no command “operator ${name}”`);
  return subcommand.run(rest);
}
