import { LatchkeyError } from '../base/errors.ts';
import { fileProblem, namedFiles } from '../config/files.ts';
import { ruleFault, type ConfigFault } from '../config/faults.ts';
import { configFaults, loadConfig, mergedConfig } from '../config/load.ts';
import { masked } from '../config/masked.ts';
import type { Config } from '../config/schema.ts';
import { parseCommandLine } from './command-line.ts';
import { print } from './ledger-options.ts';
import { helpTail } from './table.ts';

const help = `latchkey config: check a configuration, or show what is in force

Usage: latchkey config check [--config FILE] [--json]
       latchkey config show [--config FILE] [--json]

  check        everything that is wrong, at once: unknown keys with what was probably meant, wrong values with what is
               expected and its unit, keys that contradict one another, files that are missing or unreadable
  show         the defaults with FILE over them, as the connector reads them; secrets are masked

  --config FILE  the configuration; otherwise the defaults alone
  --json         one JSON object on standard output
  -h, --help     this text

Nothing is started and nothing is connected to: "latchkey doctor" looks at the machine too. Every key is described in
docs/configuration.md.
${helpTail('config')}`;

export function configCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(
    args,
    {
      config: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
    { names: true },
  );
  const [name, ...more] = positionals;
  if (values.help || name === undefined) {
    print(help.trimEnd());
    return Promise.resolve(values.help ? 0 : 2);
  }
  const commands = { check, show };
  if (more.length > 0 || !Object.hasOwn(commands, name))
    throw new LatchkeyError('usage', `there is no command “config ${positionals.join(' ')}”`);
  return Promise.resolve(commands[name as keyof typeof commands](values.config ?? null, values.json));
}

function check(file: string | null, json: boolean): number {
  const faults = allFaults(file);
  if (json) print(JSON.stringify({ ok: faults.length === 0, file, faults }));
  else if (faults.length === 0) print(`${file ?? 'The defaults'}: nothing is wrong.`);
  else
    print(
      `${file ?? 'The defaults'}: ${faults.length} wrong\n${faults.map(({ text }) => `  ${text}`).join('\n')}`,
    );
  return faults.length === 0 ? 0 : 1;
}

/** Files are looked at only where the configuration itself is in order. @throws LatchkeyError `config-invalid`: no JSON */
function allFaults(file: string | null): readonly ConfigFault[] {
  const merged = mergedConfig(file);
  const faults = configFaults(merged);
  if (faults.length > 0) return faults;
  return namedFiles(merged as Config).flatMap((named) => {
    const problem = fileProblem(named);
    return problem === null ? [] : [ruleFault(named.path, problem)];
  });
}

function show(file: string | null, json: boolean): number {
  const config = masked(loadConfig(file));
  print(json ? JSON.stringify(config) : JSON.stringify(config, null, 2));
  return 0;
}
