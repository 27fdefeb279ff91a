import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { equalBytes } from '../../src/base/bytes.ts';
import { nodePrimitives, openSource } from '../../src/ledger/verify/node.ts';
import { verifyLog } from '../../src/ledger/verify/verify.ts';
import { random } from '../support/consent-peers.ts';
import { launchVault, meetingFor, type TestVault, type TestWorker } from '../support/vault.ts';
import type { Draw } from '../tamper/edits.ts';
import { drawFrom } from '../tamper/rounds.ts';
import { stepsOfCall, type Step } from './call.ts';

export interface CrashResult {
  readonly rounds: number;
  /** Kills by the step that they met. */
  readonly met: Readonly<Record<string, number>>;
  readonly acknowledged: number;
  readonly frozenCopies: number;
  readonly misses: readonly string[];
}

/** What somebody was told is on disk: leaves by position, and names that control wrote. */
interface Told {
  readonly leaves: Map<number, Uint8Array>;
  readonly probes: Set<string>;
}

/**
 * `before` it is asked, `sent` but not yet read, `inside` at some moment of the writing, or `after` the answer; `frozen`
 * stops the process at some moment and copies its disk, as it would be found after a loss of power.
 */
const moments = ['before', 'sent', 'inside', 'after', 'frozen'] as const;
type Moment = (typeof moments)[number];

/** Kills the vault of one and the same ledger again and again, each time at some step of a call. */
export async function crashRounds(dir: string, rounds: number, seed: number): Promise<CrashResult> {
  const draw = drawFrom(seed);
  const told: Told = { leaves: new Map(), probes: new Set() };
  const met: Record<string, number> = {};
  const misses: string[] = [];
  let frozenCopies = 0;
  for (let round = 0; round < rounds; round++) {
    const vault = await launchVault(dir);
    const worker = await vault.worker(await meetingFor(vault));
    const steps = stepsOfCall(vault, worker);
    const at = round % steps.length;
    const moment = moments[draw(moments.length)]!;
    const busy = new AbortController();
    const probing = probe(vault, told, busy.signal);
    for (const step of steps.slice(0, at)) await take(step, told);
    const step = steps[at]!;
    met[`${moment} ${step.name}`] = (met[`${moment} ${step.name}`] ?? 0) + 1;
    if (moment === 'frozen') {
      misses.push(
        ...(await freeze(dir, vault, step, { told, draw })).map((miss) => `round ${round}: ${miss}`),
      );
      frozenCopies += 1;
    }
    await kill(vault, step, { moment, told, draw });
    busy.abort();
    await probing;
    if (!(await untilTold(vault, worker)))
      misses.push(`round ${round}: control or worker was not told that the vault is gone`);
    await vault.stop();
    if (round % 25 === 24) misses.push(...(await judge(dir, told)).map((miss) => `round ${round}: ${miss}`));
  }
  misses.push(...(await judge(dir, told)));
  return { rounds, met, acknowledged: told.leaves.size + told.probes.size, frozenCopies, misses };
}

const toldMs = 10_000;

/** Once each, soon, and before anybody asks the vault to stop. */
async function untilTold(vault: TestVault, worker: TestWorker): Promise<boolean> {
  const until = performance.now() + toldMs;
  while (performance.now() < until && (vault.lost.length === 0 || worker.lost.length === 0))
    await new Promise((turn) => setImmediate(turn));
  return vault.lost.length === 1 && worker.lost.length === 1;
}

async function take(step: Step, told: Told): Promise<void> {
  const proof = await step.run();
  if (proof !== null) told.leaves.set(proof.seq, proof.leaf);
}

/** Control writes as well all the time, so that there is always something in flight. */
async function probe(vault: TestVault, told: Told, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    const name = random(16);
    const data = { what: 'packet', reason: 'probe', probe: name };
    const written = await vault.handle.append([{ type: 'refused', data }]).then(
      () => true,
      () => false,
    );
    if (!written) return;
    told.probes.add(name);
  }
}

interface How {
  readonly told: Told;
  readonly draw: Draw;
}

async function kill(vault: TestVault, step: Step, how: How & { readonly moment: Moment }): Promise<void> {
  const { moment, told, draw } = how;
  const end = (): void => void process.kill(vault.handle.pid, 'SIGKILL');
  if (moment === 'before' || moment === 'frozen') end();
  const taken = take(step, told);
  if (moment === 'sent') end();
  if (moment === 'after') {
    await taken;
    end();
  }
  if (moment === 'inside') {
    await someTime(draw);
    end();
  }
  await taken;
}

/** Up to two milliseconds, in turns of the event loop: about as long as an append takes from end to end. */
async function someTime(draw: Draw): Promise<void> {
  const until = performance.now() + draw(2_000) / 1_000;
  do await new Promise((turn) => setImmediate(turn));
  while (performance.now() < until);
}

/** The disk at one moment, and what had been acknowledged before it. */
async function freeze(dir: string, vault: TestVault, step: Step, { told, draw }: How): Promise<string[]> {
  const copy = `${dir}-frozen`;
  const taken = take(step, told);
  await someTime(draw);
  process.kill(vault.handle.pid, 'SIGSTOP');
  // Answers that are on their way were given before the process stood still.
  const before: Told = { leaves: new Map(told.leaves), probes: new Set(told.probes) };
  try {
    cpSync(dir, copy, {
      recursive: true,
      filter: (path) => !path.endsWith('.sock') && !path.endsWith('.lock'),
    });
    return await judge(copy, before);
  } finally {
    process.kill(vault.handle.pid, 'SIGCONT');
    await taken;
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Starts once more, and holds the ledger against what anybody was told. */
export async function judge(dir: string, told: Told): Promise<string[]> {
  await (await launchVault(dir)).stop();
  const file = join(dir, 'ledger.sqlite');
  const misses: string[] = [];
  const probes = new Set<string>();
  const leaves = new Map<number, Uint8Array>();
  const source = openSource(file);
  for (const record of source.records())
    if (record.kind === 'leaf' && told.leaves.has(record.seq))
      leaves.set(record.seq, record.bytes ?? new Uint8Array());
  const report = verifyLog({
    primitives: nodePrimitives(),
    source,
    onLeaf: ({ data }) => typeof data['probe'] === 'string' && probes.add(data['probe']),
  });
  source.close();
  for (const { code, severity, seq } of report.findings)
    if (severity === 'broken') misses.push(`the verifier says ${code} at ${seq ?? 'the end'}`);
  for (const [seq, leaf] of told.leaves)
    if (!equalBytes(leaves.get(seq) ?? new Uint8Array(), leaf))
      misses.push(`leaf ${seq} is missing or another one`);
  for (const name of told.probes) if (!probes.has(name)) misses.push(`probe ${name} is missing`);
  const open = openMarks(file);
  if (open > 0) misses.push(`${open} keys or legs are still open`);
  return misses;
}

function openMarks(file: string): number {
  const db = new DatabaseSync(file, { readOnly: true });
  const row = db
    .prepare("SELECT count(*) AS n FROM marks WHERE name LIKE 'key:%' OR name LIKE 'leg:%'")
    .get();
  db.close();
  return Number(row?.['n']);
}
