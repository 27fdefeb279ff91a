import { parseArgs } from 'node:util';
import { tamperRounds } from './rounds.ts';

/** `npm run test:tamper -- --rounds 10000`: the last line is one JSON object with rounds and misses. */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '10000' }, seed: { type: 'string', default: '20260101' } },
});
const { rounds, misses, tried } = await tamperRounds(Number(values.rounds), Number(values.seed));
for (const [name, count] of Object.entries(tried)) console.log(`${String(count).padStart(6)}  ${name}`);
for (const miss of misses.slice(0, 20)) console.log(`missed: ${JSON.stringify(miss)}`);
console.log(JSON.stringify({ rounds, misses: misses.length, seed: Number(values.seed) }));
process.exitCode = misses.length === 0 ? 0 : 1;
