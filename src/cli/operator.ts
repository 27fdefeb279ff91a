import { LatchkeyError } from '../base/errors.ts';
import { print } from './ledger-options.ts';
import { certifyCommand, requestCommand } from './operator-certify.ts';
import { initCommand, showCommand } from './operator-init.ts';
import { revokeCommand, rotateCommand } from './operator-change.ts';
import { commandTable, helpTail, summaries } from './table.ts';

const subcommands: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  init: initCommand,
  show: showCommand,
  request: requestCommand,
  certify: certifyCommand,
  rotate: rotateCommand,
  revoke: revokeCommand,
};

const help = `latchkey operator: who owns a connector, signed by a key that is not on it

Usage: latchkey operator <command> [options]

${summaries(commandTable.operator.subcommands ?? {})}

Hosts release keys only to connectors whose operator's thumbprint stands in their meeting's registration. Without an
operator of its own a connector certifies itself: then whoever takes the connector takes the operator, too.

  offline     latchkey operator init --dir DIR --name "Example Telephony"
  connector   latchkey operator request --config FILE --out request.jws
  offline     latchkey operator certify --dir DIR --request request.jws --out certificate.jws
  connector   certificate.jws into dataDir, then start

Every command explains itself with --help. docs/keys.md tells the whole life of these keys.
${helpTail('operator')}`;

export async function operatorCommand(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    print(help.trimEnd());
    return name === undefined ? 2 : 0;
  }
  const subcommand = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  if (subcommand === undefined) throw new LatchkeyError('usage', `there is no command “operator ${name}”`);
  return subcommand(rest);
}
