import { parseArgs } from 'node:util';
import { makeDir, removeDir } from '../support/vault.ts';
import { crashRounds } from './rounds.ts';

/** `npm run test:crash -- --rounds 300`: the last line is one JSON object with rounds and misses. */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '300' }, seed: { type: 'string', default: '20260101' } },
});
const dir = await makeDir();
const { met, misses, ...counts } = await crashRounds(dir, Number(values.rounds), Number(values.seed));
await removeDir(dir);
for (const [name, count] of Object.entries(met).sort()) console.log(`${String(count).padStart(6)}  ${name}`);
for (const miss of misses.slice(0, 20)) console.log(`missed: ${miss}`);
console.log(JSON.stringify({ ...counts, misses: misses.length, seed: Number(values.seed) }));
process.exitCode = misses.length === 0 ? 0 : 1;
