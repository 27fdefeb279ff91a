import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemClock } from '../../src/base/clock.ts';
import type { NewEntry } from '../../src/ledger/event.ts';
import { openForWriting } from '../../src/ledger/sqlite-file.ts';
import { sqliteStore } from '../../src/ledger/sqlite.ts';
import { openLedger, type LedgerWriter } from '../../src/ledger/writer.ts';
import { random } from '../support/consent-peers.ts';
import { testConnector, type TestConnector } from '../support/ledger-story.ts';
import { makeDir, removeDir } from '../support/vault.ts';
import { writeLargeLog } from './large-log.ts';

export interface LedgerFigures {
  /** Durable appends a second, one after the other, over those of a bare INSERT + COMMIT loop of the same store. */
  readonly appendRatioUnbatched: number;
  /** The same with 200 appends in flight. */
  readonly appendRatioBatched: number;
  readonly bareCommitsPerSecond: number;
  /** Of one append while 200 legs come and go. */
  readonly appendP50Ms: number;
  readonly appendP99Ms: number;
  readonly verifyMillionSeconds: number;
  readonly verifyRssMiB: number;
  readonly verifyEvents: number;
}

/** Many short rounds: what else the machine does then meets bare loop and ledger alike. */
const rounds = 40;
const perRound = 100;
const warmUpRounds = 12;
const inFlight = 200;

const meeting = random(32);
const leg = random(16);

/** Bare loop and ledger write the same: a caller's answer to the notice. */
const event: NewEntry = {
  type: 'notice-answered',
  meeting,
  leg,
  data: { textHash: random(32), language: 'en', accepted: true },
};

export async function benchLedger(values: Readonly<Record<string, string>>): Promise<LedgerFigures> {
  const dir = await makeDir();
  try {
    const connector = await testConnector();
    const appends = await measureAppends(dir, connector);
    const churn = await measureChurn(dir, connector);
    const verified = await measureVerify(dir, Number(values.events));
    return { ...appends, ...churn, ...verified };
  } finally {
    await removeDir(dir);
  }
}

function open(file: string, connector: TestConnector): Promise<LedgerWriter> {
  return openLedger({
    store: sqliteStore(file),
    signer: { publicKey: connector.ledger.publicKey, sign: connector.ledger.signNow },
    clock: systemClock,
    run: random(16),
    start: { jws: connector.certificate, data: { software: 'bench' } },
    yieldToInput: () => nextTurn(),
    onFailed: (reason) => {
      throw new Error(reason);
    },
  });
}

type Appends = Pick<LedgerFigures, 'appendRatioUnbatched' | 'appendRatioBatched' | 'bareCommitsPerSecond'>;

/**
 * Bare loop and ledger take turns, so that both see the same disk and the same neighbours. While it warms up, each write-ahead
 * log reaches the length from which on it is written over and no longer grows.
 */
async function measureAppends(dir: string, connector: TestConnector): Promise<Appends> {
  const bare = bareLoop(join(dir, 'bare.sqlite'));
  const ledger = await open(join(dir, 'append.sqlite'), connector);
  const rates = { bare: [] as number[], single: [] as number[], batched: [] as number[] };
  for (let round = -warmUpRounds; round < rounds; round++) {
    const measured = {
      bare: await perSecond(perRound, () => bare.run(perRound)),
      single: await perSecond(perRound, () => one(ledger, perRound)),
      batched: await perSecond(perRound * 10, () => many(ledger, perRound * 10)),
    };
    if (round < 0) continue;
    for (const kind of ['bare', 'single', 'batched'] as const) rates[kind].push(measured[kind]);
  }
  bare.close();
  await ledger.close();
  const ratio = (kind: 'single' | 'batched'): number =>
    rounded(median(rates[kind].map((rate, i) => rate / rates.bare[i]!)));
  return {
    appendRatioUnbatched: ratio('single'),
    appendRatioBatched: ratio('batched'),
    bareCommitsPerSecond: Math.round(median(rates.bare)),
  };
}

/** The store without the ledger: the same file, the same settings, the same row. */
function bareLoop(file: string): { run(count: number): Promise<void>; close(): void } {
  const db = openForWriting(file);
  const insert = db.prepare('INSERT INTO leaves (body, hash, note) VALUES (?, ?, ?)');
  const body = Buffer.from(
    JSON.stringify({ ...event, at: Date.now(), mono: 1, run: random(16), seq: 1, v: 1 }),
  );
  const hash = Buffer.alloc(32);
  // As long as a checkpoint: origin, size, root, and a signature line that names the key again.
  const note = 'n'.repeat(270);
  return {
    run(count) {
      for (let i = 0; i < count; i++) {
        db.exec('BEGIN IMMEDIATE');
        insert.run(body, hash, note);
        db.exec('COMMIT');
      }
      return Promise.resolve();
    },
    close: () => db.close(),
  };
}

async function one(ledger: LedgerWriter, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await append(ledger);
}

async function many(ledger: LedgerWriter, count: number): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await append(ledger);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}

async function append(ledger: LedgerWriter, entry = event): Promise<void> {
  const written = await ledger.append([entry]);
  if (!written.ok) throw new Error(written.reason);
}

/** 200 legs that come and go, each about twice a second. */
async function measureChurn(
  dir: string,
  connector: TestConnector,
): Promise<Pick<LedgerFigures, 'appendP50Ms' | 'appendP99Ms'>> {
  const ledger = await open(join(dir, 'churn.sqlite'), connector);
  const times: number[] = [];
  const churn = async (): Promise<void> => {
    const own = random(16);
    for (let i = 0; i < 20; i++) {
      await sleep(Math.random() * 500);
      const from = performance.now();
      await append(ledger, { type: i % 2 === 0 ? 'leg-joined' : 'leg-left', meeting, bridge: leg, leg: own });
      times.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: 200 }, churn));
  await ledger.close();
  times.sort((a, b) => a - b);
  const at = (share: number): number => rounded(times[Math.floor(times.length * share)]!);
  return { appendP50Ms: at(0.5), appendP99Ms: at(0.99) };
}

/** The command that a stranger would run, as its own process. */
async function measureVerify(
  dir: string,
  events: number,
): Promise<Pick<LedgerFigures, 'verifyMillionSeconds' | 'verifyRssMiB' | 'verifyEvents'>> {
  const file = join(dir, 'large.sqlite');
  await writeLargeLog(file, events);
  const script = fileURLToPath(new URL('./verify-timed.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, file]);
  const result = JSON.parse(stdout) as { seconds: number; rssMiB: number; leaves: number; verified: boolean };
  if (!result.verified) throw new Error(`the large log does not verify: ${stdout}`);
  return {
    verifyMillionSeconds: rounded((result.seconds * 1_000_000) / result.leaves),
    verifyRssMiB: Math.round(result.rssMiB),
    verifyEvents: result.leaves,
  };
}

async function perSecond(count: number, job: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await job();
  return (count * 1_000) / (performance.now() - from);
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const rounded = (value: number): number => Math.round(value * 100) / 100;
