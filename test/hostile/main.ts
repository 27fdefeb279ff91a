import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { playCase } from './case.ts';
import { groups } from './cases.ts';
import { expected } from './expected.ts';
import { atRandom } from './random.ts';
import { runningCases } from './running/cases.ts';
import { playRunning } from './running/play.ts';
import { startRunningStage } from './running/stage.ts';
import { docsFile, withTables } from './table.ts';

const help = `A meeting server that lies, against the real code of host, member and connector.

Usage: npm run test:hostile -- [--only TEXT] [--seeds N] [--in-memory | --running] [--write-docs]

First everything in memory, with a clock that is wound by hand; then the running connector: its own processes with a hostile
embedded SFU, a host and a member over WebRTC, and phones over SIP.

  --only TEXT    only cases whose name holds TEXT
  --seeds N      how many random servers besides the named cases in memory (default 20)
  --in-memory    without the running connector
  --running      the running connector only
  --write-docs   writes the tables of docs/hostile-server.md anew from the cases, and runs nothing

One line a case; the last line counts them. The exit code is 0 only if all passed.
`;

interface Verdict {
  readonly name: string;
  readonly faults: readonly string[];
}

async function played(name: string, play: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await play();
  } catch (error) {
    return { name, faults: [error instanceof Error ? (error.stack ?? error.message) : String(error)] };
  }
}

function say({ name, faults }: Verdict): void {
  console.log(`${faults.length === 0 ? 'ok      ' : 'FAILED  '}${name}`);
  for (const fault of faults) console.log(`          ${fault}`);
}

async function inMemory(
  { only, seeds }: { readonly only: string; readonly seeds: number },
  tell: (verdict: Verdict) => void,
): Promise<void> {
  const named = groups.flatMap(({ cases }) => cases).filter(({ name }) => name.includes(only));
  for (const one of named) {
    tell(await played(one.name, () => playCase(one, expected[one.name] ?? null)));
  }
  for (let seed = 1; seed <= seeds; seed += 1) {
    const one = atRandom(seed);
    if (one.name.includes(only)) tell(await played(one.name, () => playCase(one, null)));
  }
}

async function running(only: string, tell: (verdict: Verdict) => void): Promise<void> {
  const named = runningCases.filter(({ name }) => name.includes(only));
  if (named.length === 0) return;
  console.log('The running connector');
  const stage = await startRunningStage();
  try {
    for (const one of named) {
      tell(await played(one.name, async () => ({ name: one.name, faults: await playRunning(stage, one) })));
    }
  } finally {
    await stage.close();
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      seeds: { type: 'string', default: '20' },
      'in-memory': { type: 'boolean', default: false },
      running: { type: 'boolean', default: false },
      'write-docs': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  if (values['write-docs']) {
    writeFileSync(docsFile, withTables(readFileSync(docsFile, 'utf8')));
    return 0;
  }
  const verdicts: Verdict[] = [];
  const tell = (verdict: Verdict): void => {
    verdicts.push(verdict);
    say(verdict);
  };
  const { only } = values;
  if (!values.running) await inMemory({ only, seeds: Number(values.seeds) }, tell);
  if (!values['in-memory']) await running(only, tell);

  const failed = verdicts.filter(({ faults }) => faults.length > 0).length;
  console.log(`${verdicts.length - failed} passed, ${failed} failed`);
  return failed === 0 && verdicts.length > 0 ? 0 : 1;
}

process.exit(await main());
