import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { missedOf, searchLeaks } from './search.ts';
import { playStory } from './story.ts';

const help = `The product's own story with every secret known, and a search for each of them in all that came out.

Usage: npm run test:canary -- [--plant] [--keep DIR]

  --plant      with a leak in the connector's log, which has to be found
  --keep DIR   leave logs and ledger there

Secrets: PINs, numbers, names, keyed digits, tokens, invitation, passwords, digest answers, SRTP keys in SDP, meeting, sender, frame and
HPKE keys, private keys at rest, admin keys; plain, JSON, percent-encoded, hex, base64, base64url. Places: logs of all processes
at level debug, metrics, answers and errors of the servers, command lines and environments of all processes, what the commands print.
The last line is "N leaks in M lines"; the exit code is 0 only for none, in more than 1,000 lines, with every positive control found.
`;

const { values } = parseArgs({
  options: {
    plant: { type: 'boolean', default: false },
    keep: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

async function main(): Promise<number> {
  if (values.help) {
    console.log(help.trimEnd());
    return 0;
  }
  const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'latchkey-canary-'));
  mkdirSync(folder, { recursive: true });
  try {
    const { canaries, collected } = await playStory(folder, values.plant);
    const missed = missedOf(canaries);
    const leaks = searchLeaks(collected, canaries);
    const lines = collected.reduce((sum, place) => sum + place.lines.length, 0);
    const places = new Map<string, number>();
    for (const { from, lines: found } of collected) places.set(from, (places.get(from) ?? 0) + found.length);
    for (const [from, count] of places) console.log(`${String(count).padStart(7)}  ${from}`);
    const kinds = new Set(canaries.map(({ name }) => name.replace(/ [\d/]+( of \w+)?(, \w+)?$/, '')));
    console.log(`searched for ${canaries.length} secrets: ${[...kinds].join(', ')}`);
    for (const what of missed) console.log(`MISSED  the search does not find ${what}`);
    // The place is told, never the line: it holds the secret.
    for (const leak of leaks)
      console.log(`LEAK    ${leak.canary} (${leak.form}) in ${leak.from}, line ${leak.line}`);
    console.log(`${leaks.length} leaks in ${lines} lines`);
    return leaks.length === 0 && missed.length === 0 && lines > 1_000 ? 0 : 1;
  } finally {
    if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
