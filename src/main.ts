#!/usr/bin/env node
import { LatchkeyError } from './base/errors.ts';
import { commandNamed } from './cli/commands.ts';
import { commandTable, summaries } from './cli/table.ts';
import { nearestOf } from './base/nearest.ts';

const usage = `latchkey: the phone bridge that waits for the key

Usage: latchkey <command> [options]

${summaries(commandTable)}

Every command explains itself with --help, and all of them at once with "latchkey help --all".

Examples:
  latchkey start                           everything embedded, on loopback
  latchkey doctor --config latchkey.json   would it work here?
  latchkey ledger verify                   what happened, proven

Exit codes: 0 done, 1 failed or refused with the reason, 2 the command line was not understood.
`;

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === 'help' && args.length > 0) return await help(args);
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(usage);
    return name === undefined ? 2 : 0;
  }
  const command = commandNamed(name);
  if (command === null) {
    const nearest = nearestOf(name, Object.keys(commandTable));
    const meant = nearest === null ? '' : `; did you mean “${nearest}”?`;
    process.stderr.write(`latchkey: there is no command “${name}”${meant}\n\n${usage}`);
    return 2;
  }
  try {
    return await command(args);
  } catch (error) {
    if (error instanceof LatchkeyError) {
      process.stderr.write(`latchkey: ${error.message}\n  ${error.code}: ${error.remedy}\n`);
      return error.code === 'usage' ? 2 : 1;
    }
    throw error;
  }
}

/** `help ledger verify` is `ledger verify --help`; `help --all` is docs/commands.md. */
async function help(words: readonly string[]): Promise<number> {
  if (words[0] !== '--all') return main([...words, '--help']);
  const { allHelp } = await import('./cli/all-help.ts');
  process.stdout.write(await allHelp(usage));
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
