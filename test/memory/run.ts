import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startConnector, type Connector } from '../demo/connector.ts';
import { startParty, type Party } from '../demo/party.ts';
import { holder, hpkeNeedles, meetingNeedles } from './needles.ts';
import { family, searchProcess, whyNot, type Hit, type Needle, type Process } from './scan.ts';

/**
 * One call from PIN to revoke with the real connector, and at each stage a search through the memory of all its processes for
 * the keys: before the host's click, under the grant, after the revoke, and after a garbage collection.
 */
export type Stage = 'before the grant' | 'under the grant' | 'after the revoke' | 'after a collection';

export interface Found {
  readonly stage: Stage;
  /** The module that the process runs. */
  readonly process: string;
  readonly hits: readonly Hit[];
}

export interface MemoryReport {
  /** Why memory cannot be searched here; then nothing else is said. */
  readonly skipped: string | null;
  readonly found: readonly Found[];
  /** Needles by kind. */
  readonly searched: Readonly<Record<string, number>>;
  /** How often a key stands in a heap snapshot as text, by process. */
  readonly inSnapshots: Readonly<Record<string, number>>;
}

/** How often the worker is looked at after a revoke, two seconds apart, before what is left counts. */
const collections = 5;

interface Cast {
  readonly connector: Connector;
  readonly host: Party;
  readonly caller: Party;
}

export const kinds = ['meeting key', 'sender key', 'frame key', 'HPKE private key'] as const;

/** `snapshots`: also of heaps, as text; they take most of the time. */
export async function searchMemory(options: { readonly snapshots: boolean }): Promise<MemoryReport> {
  const skipped = whyNot(process.ppid);
  if (skipped !== null) return { skipped, found: [], searched: {}, inSnapshots: {} };
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-memory-'));
  const stops: (() => Promise<unknown>)[] = [];
  try {
    return await search(folder, await meet(folder, stops), options.snapshots);
  } finally {
    for (const stop of stops.reverse()) await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function meet(folder: string, stops: (() => Promise<unknown>)[]): Promise<Cast> {
  const preload = pathToFileURL(join(import.meta.dirname, 'preload.ts')).href;
  const env = { ...process.env, LATCHKEY_MEMORY: folder, NODE_OPTIONS: `--import=${preload}` };
  const connector = await startConnector({ folder, env });
  stops.push(() => connector.stop());
  const { httpUrl, claim, sip, pin } = connector.banner;
  const listenFor = ['host', 'member', 'caller'];
  const start = (name: string, file: string, line: Readonly<Record<string, unknown>>): Party => {
    const party = startParty(
      file,
      { kind: 'start', keep: null, listenFor, ...line },
      { name, logFolder: folder },
    );
    stops.push(() => party.stop(2_000));
    return party;
  };
  const host = start('host', 'headless.ts', { role: 'host', httpUrl, claim, name: 'Hanna' });
  const { invite } = await host.until('in-meeting');
  const member = start('member', 'headless.ts', { role: 'member', httpUrl, invite, name: 'Mirek' });
  await host.until('hears', ({ party, hears }) => party === 'member' && hears === true, 30_000);
  await member.until('hears', ({ party, hears }) => party === 'host' && hears === true, 30_000);
  const caller = start('caller', 'caller.ts', {
    target: sip,
    promptsDir: resolve(import.meta.dirname, '../../config/prompts/en'),
    prompts: ['welcome-enter-pin', 'notice', 'revoked'],
  });
  await caller.until('ready');
  const welcome = caller.next('prompt', ({ name }) => name === 'welcome-enter-pin', 30_000);
  caller.send({ kind: 'call' });
  await welcome;
  const notice = caller.next('prompt', ({ name }) => name === 'notice', 30_000);
  caller.send({ kind: 'dial', digits: pin });
  await notice;
  caller.send({ kind: 'dial', digits: '1' });
  await host.until('view', ({ view }) => (view as { readonly prompt: unknown }).prompt !== null, 30_000);
  return { connector, host, caller };
}

async function search(
  folder: string,
  { connector, host, caller }: Cast,
  withSnapshots: boolean,
): Promise<MemoryReport> {
  const found: Found[] = [];
  const look = (stage: Stage, processes: readonly Process[], needles: readonly Needle[]): void => {
    for (const { pid, module } of processes) {
      found.push({ stage, process: module, hits: searchProcess(pid, needles) });
    }
  };
  const processes = family(connector.pid).filter(({ module }) => module !== 'other');
  // The worker must have the private key of its request by now; nobody else may, and nobody may have a key of the meeting.
  look('before the grant', processes, [...(await meetingNeedles(host)), ...hpkeNeedles(folder, processes)]);

  host.send({ kind: 'approve' });
  await caller.until('hears', ({ party, hears }) => party === 'member' && hears === true, 30_000);
  const held = [...(await meetingNeedles(host)), ...hpkeNeedles(folder, processes)];
  look('under the grant', processes, held);

  const told = caller.next('prompt', ({ name }) => name === 'revoked', 30_000);
  host.send({ kind: 'revoke' });
  await told;
  const all = [...(await meetingNeedles(host)), ...hpkeNeedles(folder, processes)];
  // Only what the connector ever held: the next epoch's keys are the host's and the member's.
  const known = new Set(held.map(({ name }) => name));
  const needles = all.filter(({ name }) => known.has(name) || !name.startsWith('HPKE'));
  // What the platform keeps of keys it has imported goes with its collector, which a worker with calls runs all the time.
  const worker = processes.filter(({ module }) => module === holder);
  for (let i = 0; i < collections; i++) {
    const left = worker.flatMap(({ pid }) => searchProcess(pid, needles));
    if (left.every(({ name }) => name.startsWith('HPKE'))) break;
    await new Promise((done) => setTimeout(done, 2_000));
  }
  look('after the revoke', processes, needles);
  // Writing a snapshot collects garbage first.
  const inSnapshots = withSnapshots ? await snapshots(folder, processes, needles) : {};
  if (withSnapshots) look('after a collection', processes, needles);
  const searched = Object.fromEntries(
    kinds.map((kind) => [kind, needles.filter(({ name }) => name.startsWith(kind)).length]),
  );
  return { skipped: null, found, searched, inSnapshots };
}

/** Keys as text: a secret that was ever made a string would stand in a snapshot in one of these. */
async function snapshots(
  folder: string,
  processes: readonly Process[],
  needles: readonly Needle[],
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { pid, module } of processes) {
    const file = join(folder, `heap-${pid}`);
    process.kill(pid, 'SIGUSR2');
    await untilWhole(file);
    const text = readFileSync(file, 'latin1');
    const forms = needles.flatMap(({ bytes }) => [
      bytes.toString('base64url'),
      bytes.toString('base64').replaceAll('/', '\\/'),
      bytes.toString('base64'),
      bytes.toString('hex'),
      [...bytes].join(','),
    ]);
    counts[module] = (counts[module] ?? 0) + forms.filter((form) => text.includes(form)).length;
    rmSync(file);
  }
  return counts;
}

/** A snapshot ends as JSON does. */
async function untilWhole(file: string): Promise<void> {
  for (let i = 0; i < 1_200; i++) {
    if (existsSync(file) && /\]\s*\}\s*$/.test(tail(file))) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`no heap snapshot in ${file}`);
}

const tail = (file: string): string => readFileSync(file).subarray(-16).toString('latin1');
