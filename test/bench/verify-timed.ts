import { readFileSync } from 'node:fs';
import { nodePrimitives, openSource } from '../../src/ledger/verify/node.ts';
import { verifyLog } from '../../src/ledger/verify/verify.ts';

/** Verifies one file and says what it took, as JSON. */
const source = openSource(process.argv[2]!);
const from = performance.now();
const report = verifyLog({ primitives: nodePrimitives(), source });
const seconds = (performance.now() - from) / 1_000;
source.close();
const rssMiB = peakKiB() / 1_024;
const { verified, leaves, intervals, counts } = report;
console.log(
  JSON.stringify({ verified, leaves, seconds, rssMiB, intervals: intervals.length, counts: [...counts] }),
);

/** Of this program alone: what getrusage(2) calls the maximum begins with that of whoever started it. */
function peakKiB(): number {
  return Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}
