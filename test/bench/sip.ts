import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { startChild, type Child } from '../../src/base/child.ts';
import { raisePriority } from '../../src/base/priority.ts';
import type { SipServerInfo, SipServerOptions, SipServerReport } from '../../src/sip-server/options.ts';
import { scheduleFirst } from './scheduling.ts';
import { runLoad, type LoadResult } from './sip-load.ts';

/**
 * `npm run bench -- sip`: calls through the embedded SIP server and drachtio-srf, each a process of its own, from sipp over
 * UDP on loopback.
 */
interface SipBench {
  /** Highest of the rates at which no INVITE had to be sent twice and no call failed. */
  readonly callsPerSecondClean: number;
  readonly failedAt2500: number;
  /**
   * Resident memory of the server from call 20,000 to the end of the long run, each a minute after the last call: what is
   * left of every call, without what the first ones made the process compile and allocate once. Null where there was none.
   */
  readonly rssGrowthKiBPer1000Calls: number | null;
  /** A minute after the runs by rate, against before them. */
  readonly rssLeftKiB: number;
  /** The most that was seen at any moment of all runs. */
  readonly rssPeakKiB: number;
  /** Whether everything here was scheduled before all else on the machine. */
  readonly realtime: boolean;
  readonly runs: readonly (LoadResult & { readonly callsPerSecond: number; readonly cpuMsPerCall: number })[];
}

const secret = 'bench';
const overload = 2_500;
const longRunRate = 400;
const warmUpCalls = 20_000;
/** In which memory has to be back where it was. */
const idleMs = 60_000;
const transactions = 200_000;

interface Stage {
  readonly server: Child<SipServerInfo>;
  readonly app: ChildProcess;
  report(): Promise<SipServerReport>;
}

export async function benchSip(values: Readonly<Record<string, string>>): Promise<SipBench> {
  const seconds = Number(values.seconds);
  // As the product does for its own processes.
  raisePriority();
  // Server, app and sipp, which are started later: one that waits 40 ms for the processor loses datagrams at these rates whatever
  // it is written in.
  const realtime = values.realtime === '1' && scheduleFirst([process.pid], 5);
  const stage = await startStage();
  try {
    await load(stage, 500, 2_000);
    await settled(stage);
    const before = rssKiB(stage);
    const runs: SipBench['runs'][number][] = [];
    let clean = 0;
    for (const rate of (values.rates ?? '').split(',').map(Number)) {
      await roomFor(stage, rate * seconds);
      const run = await load(stage, rate, rate * seconds);
      runs.push(run);
      if (run.inviteRetransmissions > 0 || run.failed > 0) break;
      clean = rate;
    }
    await roomFor(stage, overload * seconds);
    const over = await load(stage, overload, overload * seconds);
    runs.push(over);
    await idle(stage);
    const rssLeftKiB = rssKiB(stage) - before;
    const growth = await growthPer1000(stage, Number(values.calls));
    return {
      callsPerSecondClean: clean,
      failedAt2500: over.failed,
      rssGrowthKiBPer1000Calls: growth,
      rssLeftKiB,
      rssPeakKiB: statusKiB(stage, 'VmHWM'),
      realtime,
      runs,
    };
  } finally {
    stage.app.kill();
    await stage.server.stop();
  }
}

async function growthPer1000(stage: Stage, calls: number): Promise<number | null> {
  if (calls === 0) return null;
  await load(stage, longRunRate, warmUpCalls);
  await idle(stage);
  const before = rssKiB(stage);
  await load(stage, longRunRate, calls);
  await idle(stage);
  return Math.round(((rssKiB(stage) - before) / (calls / 1_000)) * 100) / 100;
}

async function load(stage: Stage, callsPerSecond: number, calls: number): Promise<SipBench['runs'][number]> {
  const target = `127.0.0.1:${stage.server.info.endpoints[0]!.port}`;
  const before = cpuMs(stage);
  const result = await runLoad({ target, callsPerSecond, calls });
  const cpuMsPerCall = Math.round(((cpuMs(stage) - before) / result.calls) * 1_000) / 1_000;
  console.error(JSON.stringify({ callsPerSecond, ...result, cpuMsPerCall }));
  return { callsPerSecond, ...result, cpuMsPerCall };
}

/** A call has two transactions for 32 s; with too many of earlier runs the server would turn calls away. */
async function roomFor(stage: Stage, calls: number): Promise<void> {
  const { counts } = await stage.report();
  if (counts.serverTransactions + 2 * calls > transactions) await settled(stage);
}

/** A minute without a call, after which nothing may be held any more. */
async function idle(stage: Stage): Promise<void> {
  await wait(idleMs);
  await settled(stage);
}

/** Nothing is held any more: transactions linger for 32 s (RFC 3261 §17.2). */
async function settled(stage: Stage): Promise<void> {
  for (let tries = 0; tries < 120; tries += 1) {
    const { counts } = await stage.report();
    if (Object.values(counts).every((n) => n === 0)) return;
    await wait(1_000);
  }
  throw new Error(`the server still holds ${JSON.stringify((await stage.report()).counts)}`);
}

async function startStage(): Promise<Stage> {
  let onReport: (report: SipServerReport) => void = () => undefined;
  const server = await startChild<SipServerOptions, SipServerInfo>({
    name: 'sip-server',
    module: new URL('../../src/sip-server/main.ts', import.meta.url),
    options: {
      listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }],
      app: { host: '127.0.0.1', port: 0, secret },
      logLevel: 'error',
      // All of the load comes from one address.
      admission: {
        messagesPerSecond: 1_000_000,
        transactionsPerSource: transactions,
        pendingInvites: 50_000,
      },
    },
    onMessage: (message) => onReport(message as SipServerReport),
    onExit: () => undefined,
  });
  const app = fork(new URL('./sip-answer.ts', import.meta.url), [String(server.info.appPort), secret]);
  await new Promise<void>((resolve, reject) => {
    app.once('message', (said) => (said === 'ready' ? resolve() : reject(new Error('the app was refused'))));
    app.once('exit', (code) => reject(new Error(`the app ended with ${code}`)));
  });
  const report = (): Promise<SipServerReport> =>
    new Promise((resolve) => {
      onReport = resolve;
      server.send({ kind: 'report' });
    });
  return { server, app, report };
}

const rssKiB = (stage: Stage): number => statusKiB(stage, 'VmRSS');

function statusKiB({ server }: Stage, name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${server.process.pid}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+([0-9]+) kB$`, 'm').exec(status)?.[1]);
}

/** User and system time; the kernel counts in ticks of 10 ms. */
function cpuMs({ server }: Stage): number {
  const stat = readFileSync(`/proc/${server.process.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
