import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { Finding, FuzzResult } from './sip.ts';
import type { FuzzWork } from './worker.ts';

/**
 * `npm run fuzz -- sip --seconds 60 --seed 1`: minutes in CI, hours by hand. The last line has the number of executions
 * and of findings; exit code 1 where there is one. The seed decides every input but for tags, which the server draws.
 */
const hangSeconds = 20;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
});
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
if (positionals.join() !== 'sip' || !(seconds > 0) || !Number.isInteger(seed)) {
  console.error('Usage: npm run fuzz -- sip [--seconds N] [--seed N]');
  process.exitCode = 2;
} else {
  const { executions, findings } = await watched();
  for (const { what, execution, input } of findings) {
    console.log(`finding at execution ${execution}: ${what}`);
    console.log(`  input, base64: ${Buffer.from(input, 'latin1').toString('base64')}`);
  }
  console.log(`sip: ${executions} executions, ${findings.length} findings (seed ${seed}, ${seconds} s)`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}

/** Runs it in a thread of its own: one that no longer comes back is a finding too, and is ended. */
function watched(): Promise<FuzzResult> {
  const state = new Int32Array(new SharedArrayBuffer(8));
  const input = new Uint8Array(new SharedArrayBuffer(4 * 1024 * 1024));
  const workerData: FuzzWork = { seed, seconds, state, input };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData });
  return new Promise((resolve, reject) => {
    let seen = -1;
    const watchdog = setInterval(() => {
      const executions = Atomics.load(state, 0);
      if (executions > seen) {
        seen = executions;
        return;
      }
      clearInterval(watchdog);
      const text = Buffer.from(input.slice(0, Atomics.load(state, 1))).toString('latin1');
      const hang: Finding = { what: `no end within ${hangSeconds} s`, execution: executions, input: text };
      void worker.terminate().then(() => resolve({ executions, findings: [hang] }));
    }, hangSeconds * 1_000);
    worker.once('message', (result: FuzzResult) => {
      clearInterval(watchdog);
      resolve(result);
    });
    worker.once('error', (error) => {
      clearInterval(watchdog);
      reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
}
