import { holder } from './needles.ts';
import { kinds, type Found, type MemoryReport } from './run.ts';

function counts({ hits }: Found): string {
  const parts = kinds.map((kind) => {
    const own = hits.filter(({ name }) => name.startsWith(kind));
    const regions = [...new Set(own.map(({ region }) => region))];
    return own.length === 0 ? '0' : `${own.length} (${regions.join(', ')})`;
  });
  return parts.join(' | ');
}

/** One row a stage and process, and what is against the rules (docs/memory.md). */
export function rowsOf({ found, inSnapshots }: MemoryReport): {
  readonly rows: readonly string[];
  readonly faults: readonly string[];
} {
  const rows = [
    `| stage | process | ${kinds.join(' | ')} |`,
    `|---|---|${kinds.map(() => '---').join('|')}|`,
    ...found.map((one) => `| ${one.stage} | ${one.process} | ${counts(one)} |`),
  ];
  const faults: string[] = [];
  for (const { stage, process, hits } of found) {
    const mayHold = process === holder && stage === 'under the grant';
    // Its own private keys are there for the next request; none of them opens anything that was sealed to an earlier one.
    const wrong = hits.filter(({ name }) => !mayHold && (process !== holder || !name.startsWith('HPKE')));
    if (wrong.length > 0) faults.push(`${process} has ${wrong[0]!.name} ${stage}`);
  }
  // A search that finds nothing anywhere has not been shown to find anything.
  const under = found.filter(({ stage, process }) => stage === 'under the grant' && process === holder);
  if (!under.some(({ hits }) => hits.some(({ name }) => name.startsWith('frame key')))) {
    faults.push('control: the worker does not have the granted frame keys');
  }
  for (const [process, count] of Object.entries(inSnapshots)) {
    if (count > 0) faults.push(`${process} has ${count} keys as text`);
  }
  return { rows, faults };
}
