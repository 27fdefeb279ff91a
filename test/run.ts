import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setPriority } from 'node:os';

/**
 * `npm test`: all projects of vitest.config.ts in two lanes beside each other. Whole calls mostly wait, for people who speak and
 * for time limits of protocols, and what they wait for is decided by a clock: they have the machine first. What only computes
 * runs behind them at a lower priority, in the time that they leave. Each lane writes a report of its own to .test-reports/.
 * With arguments: `vitest run` with these.
 */
const reports = '.test-reports';
const behind = ['unit', 'story'];
/** Of a process behind; ordinary ones have 0. Not the lowest: what computes has time limits as well. */
const lowPriority = 5;

interface Lane {
  readonly name: string;
  readonly args: readonly string[];
}

const only = (name: string, projects: readonly string[]): Lane => ({
  name,
  args: [
    ...projects.map((project) => `--project=${project}`),
    `--outputFile.json=${join(reports, `${name}.json`)}`,
  ],
});
const first = only(
  'first',
  behind.map((project) => `!${project}`),
);

/** Its exit code. What a lane behind says comes in one piece at its end. */
function run({ name, args }: Lane, output: 'inherit' | 'pipe'): Promise<number> {
  const vitest = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', ...args], { stdio: ['ignore', output, output] });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: Buffer) => said.push(part));
  const end = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGTERM', end);
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      process.off('SIGTERM', end);
      process.stdout.write(Buffer.concat(said));
      if (signal !== null) console.error(`The lane "${name}" ended by ${signal}.`);
      resolve(code ?? 1);
    });
  });
}

async function all(): Promise<number> {
  rmSync(reports, { recursive: true, force: true });
  const ahead = run(first, 'inherit');
  setPriority(lowPriority); // Children have their parent's: of those from here on.
  const codes = await Promise.all([ahead, run(only('behind', behind), 'pipe')]);
  return Math.max(...codes);
}

const args = process.argv.slice(2);
process.exitCode = args.length === 0 ? await all() : await run({ name: 'given', args }, 'inherit');
