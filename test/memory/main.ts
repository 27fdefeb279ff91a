import { searchMemory } from './run.ts';
import { rowsOf } from './table.ts';

/**
 * `npm run test:memory`: how many copies of each kind of key stand in the memory of the connector's processes. The exit code is
 * 0 only if none stands there before the grant, and none in a process that is not to have it.
 */
const report = await searchMemory({ snapshots: true });
if (report.skipped !== null) {
  console.log(`skipped: memory of other processes cannot be read here (${report.skipped})`);
} else {
  const { rows, faults } = rowsOf(report);
  for (const row of rows) console.log(row);
  console.log(
    `searched for ${JSON.stringify(report.searched)}; as text in heap snapshots: ${JSON.stringify(report.inSnapshots)}`,
  );
  for (const fault of faults) console.log(`FAILED  ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}
