#!/usr/bin/env node
import { LatchkeyError } from './base/errors.ts';

interface Command {
  readonly summary: string;
  run(args: readonly string[]): Promise<number>;
}

/** Each command loads only what it needs: `ledger verify` starts no server code. */
const commands: Readonly<Record<string, Command>> = {
  start: {
    summary: 'run the connector with its embedded SIP server, SFU and pages',
    run: async (args) => (await import('./cli/start.ts')).startCommand(args),
  },
  explain: {
    summary: 'say what would become of a call: trunk, rule, meeting, SIP code, and why',
    run: async (args) => (await import('./cli/explain.ts')).explainCommand(args),
  },
  ledger: {
    summary: 'verify the consent ledger and answer when a leg could hear',
    run: async (args) => (await import('./cli/ledger.ts')).ledgerCommand([...args]),
  },
  operator: {
    summary: 'who owns a connector: make an operator, certify, rotate, revoke',
    run: async (args) => (await import('./cli/operator.ts')).operatorCommand(args),
  },
  keys: {
    summary: 'how this connector’s private keys are kept: seal, unseal, show',
    run: async (args) => (await import('./cli/keys.ts')).keysCommand(args),
  },
  prompts: {
    summary: 'make the spoken prompts anew from their text table',
    run: async (args) => (await import('./cli/prompts.ts')).promptsCommand([...args]),
  },
};

const usage = `latchkey: the phone bridge that waits for the key

Usage: latchkey <command> [options]

${Object.entries(commands)
  .map(([name, command]) => `  ${name.padEnd(10)} ${command.summary}`)
  .join('\n')}

Every command explains itself with --help.
`;

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(usage);
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    process.stderr.write(`latchkey: there is no command “${name}”\n\n${usage}`);
    return 2;
  }
  try {
    return await command.run(args);
  } catch (error) {
    if (error instanceof LatchkeyError) {
      process.stderr.write(`latchkey: ${error.message}\n  ${error.code}: ${error.remedy}\n`);
      return error.code === 'usage' ? 2 : 1;
    }
    throw error;
  }
}

process.exitCode = await main(process.argv.slice(2));
