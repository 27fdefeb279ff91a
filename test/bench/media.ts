import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { randomBytes } from 'node:crypto';
import { raisePriority } from '../../src/base/priority.ts';
import type { LegCodec } from '../../src/media/leg-state.ts';
import { masterLength, type SrtpSuite } from '../../src/media/srtp/suite.ts';
import { delaysOf } from './media-delay.ts';
import { quantile, rounded, rssKiB } from './media-process.ts';
import { machineSpeed } from './media-machine.ts';
import { benchRtpengine } from './media-rtpengine.ts';
import { MediaStage, type Row } from './media-stage.ts';

/**
 * `npm run bench -- media`: the real media worker, vault and SFU processes with real sockets, people and telephones in processes of
 * their own; CPU of each kept apart.
 */
const hook = pathToFileURL(resolve(import.meta.dirname, 'media-hook.ts')).href;

type Values = Readonly<Record<string, string>>;
const allParts = ['conference', 'one-to-one', 'codecs', 'delay', 'rtpengine'] as const;
type Part = (typeof allParts)[number];

export async function benchMedia(values: Values): Promise<object> {
  const seconds = Number(values.seconds);
  const parts = (values.parts ?? '').split(',');
  const unknown = parts.filter((part) => !(allParts as readonly string[]).includes(part));
  if (unknown.length > 0)
    throw new Error(`--parts: there is ${allParts.join(', ')}, not ${unknown.join(', ')}`);
  // Every process of the connector inherits it, as the product's own do.
  const prioritised = raisePriority();
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --import=${hook}`.trim();
  const rows: Row[] = [];
  const figures: Record<string, unknown> = { ...noFigures, machine: machineSpeed(), prioritised };
  const run = async (part: Part, measure: () => Promise<Record<string, unknown>>): Promise<void> => {
    if (parts.includes(part)) Object.assign(figures, await measure());
  };
  const sizes = (list: string | undefined): number[] =>
    (list ?? '')
      .split(',')
      .map(Number)
      .filter((size) => size > 0);
  await run('conference', () => conference(rows, seconds, sizes(values.legs), sizes(values.gated)));
  await run('codecs', () => codecs(rows, seconds));
  await run('one-to-one', () => oneToOne(rows, seconds, Number(values.calls)));
  await run('delay', () => delay(seconds));
  await run('rtpengine', () => benchRtpengine(Number(values.calls), seconds));
  return { ...figures, rows };
}

const noFigures = {
  conf200MsPerLegS: null,
  conf200GatedMsPerLegS: null,
  oneToOne40MsPerCallS: null,
  rtpengine40MsPerCallS: null,
  addedDelayP50Ms: null,
  addedDelayP95Ms: null,
  idleWorkerMsPerS: null,
  rssKiBPerLeg: null,
  costRatio300to50: null,
  tickLateMaxMs: null,
};

/** One meeting that grows: all legs publishing; another one: most of them silent. */
async function conference(
  rows: Row[],
  seconds: number,
  sizes: readonly number[],
  gatedSizes: readonly number[],
): Promise<Record<string, unknown>> {
  const idle = await idleWorker(seconds);
  const stage = await MediaStage.start(1);
  try {
    const room = await stage.meeting(3);
    const emptyKiB = rssKiB(stage.workerPid);
    const publishing: Row[] = [];
    for (const size of sizes) {
      await stage.call(room, size - stage.legs, pcmu);
      publishing.push(await stage.measure('PCMU, all publishing', size, seconds));
    }
    const fullKiB = rssKiB(stage.workerPid);
    await stage.stop();
    const gated = await gatedRoom(gatedSizes, seconds);
    rows.push(idle, ...publishing, ...gated);
    const cost = (among: readonly Row[], legs: number): number | null =>
      among.find((row) => row.legs === legs)?.msPerLegS ?? null;
    const [most, least] = [cost(gated, 300), cost(gated, 50)];
    return {
      conf200MsPerLegS: cost(publishing, 200),
      conf100MsPerLegS: cost(publishing, 100),
      conf200GatedMsPerLegS: cost(gated, 200),
      idleWorkerMsPerS: idle.worker,
      rssKiBPerLeg: rounded((fullKiB - emptyKiB) / Math.max(1, stage.legs), 0),
      costRatio300to50: most === null || least === null ? null : rounded(most / least),
      // Where the worker takes about half of a core.
      tickLateMaxMs: halfLoaded([...publishing, ...gated])?.tickLate.max ?? null,
    };
  } finally {
    await stage.stop();
  }
}

/** A bridge that waits in a meeting in which nobody talks just now. */
async function idleWorker(seconds: number): Promise<Row> {
  const stage = await MediaStage.start(1);
  try {
    await stage.meeting(0);
    return await stage.measure('joined, no legs', 0, seconds);
  } finally {
    await stage.stop();
  }
}

function halfLoaded(rows: readonly Row[]): Row | undefined {
  const farFromHalf = ({ worker }: Row): number => Math.abs(worker - 500);
  return [...rows].sort((a, b) => farFromHalf(a) - farFromHalf(b))[0];
}

async function gatedRoom(sizes: readonly number[], seconds: number): Promise<Row[]> {
  const stage = await MediaStage.start(1);
  const rows: Row[] = [];
  try {
    const room = await stage.meeting(3);
    await stage.phones.ask('gate', true);
    for (const size of sizes) {
      await stage.call(room, size - stage.legs, pcmu);
      rows.push(await stage.measure('PCMU, one in five talks', size, seconds));
    }
    return rows;
  } finally {
    await stage.stop();
  }
}

const pcmu = { codec: 'PCMU', srtp: null } as const;
const others: readonly { readonly codec: LegCodec; readonly suite: SrtpSuite | null }[] = [
  { codec: 'G722', suite: null },
  { codec: 'opus', suite: null },
  { codec: 'PCMU', suite: 'AEAD_AES_256_GCM' },
  { codec: 'PCMU', suite: 'AES_CM_128_HMAC_SHA1_80' },
];

async function codecs(rows: Row[], seconds: number): Promise<Record<string, unknown>> {
  for (const { codec, suite } of others) {
    const stage = await MediaStage.start(1);
    try {
      const room = await stage.meeting(3);
      const srtp =
        suite === null
          ? null
          : { suite, phone: randomBytes(masterLength(suite)), connector: randomBytes(masterLength(suite)) };
      await stage.call(room, 50, { codec, srtp });
      rows.push(
        await stage.measure(`${codec}${suite === null ? '' : ` ${suite}`}, all publishing`, 50, seconds),
      );
    } finally {
      await stage.stop();
    }
  }
  return {};
}

/** Calls with a meeting each, all in one worker process. */
async function oneToOne(rows: Row[], seconds: number, calls: number): Promise<Record<string, unknown>> {
  const measure = async (name: string): Promise<Row> => {
    const stage = await MediaStage.start(64);
    try {
      for (let i = 0; i < calls; i++) await stage.call(await stage.meeting(1), 1, pcmu);
      return await stage.measure(name, calls, seconds);
    } finally {
      await stage.stop();
    }
  };
  const ours = await measure('PCMU, a meeting each');
  process.env.LATCHKEY_BENCH_EQUAL = '1';
  const equal = await measure('PCMU, a meeting each, coded at 48 kHz, complexity 10');
  delete process.env.LATCHKEY_BENCH_EQUAL;
  rows.push(ours, equal);
  return { oneToOne40MsPerCallS: ours.msPerLegS, oneToOne40EqualMsPerCallS: equal.msPerLegS };
}

interface Times {
  readonly saidMs: readonly number[];
  readonly codecMs: readonly number[];
  readonly heardMs: Readonly<Record<string, readonly number[]>>;
}

/** From a caller's packet to the meeting's, and back, found in the audio. */
async function delay(seconds: number): Promise<Record<string, unknown>> {
  const legs = 6;
  const stage = await MediaStage.start(1);
  try {
    const room = await stage.meeting(0);
    const ids = await stage.call(room, legs, pcmu);
    await stage.phones.ask('bursts', { count: legs });
    // The jitter buffers have found out by then how little the network needs.
    await new Promise((done) => setTimeout(done, 5_000));
    const asked = { url: stage.url, meeting: room.meetingId, seconds: Math.max(10, seconds) };
    const people = await stage.people.ask<Times>('delays', asked);
    const phones = await stage.phones.ask<readonly { saidMs: number[]; heardMs: number[] }[]>('burstTimes');
    const first = people.saidMs[2] ?? 0;
    const toRoom = phones.flatMap(({ saidMs }, i) =>
      delaysOf(
        saidMs.filter((said) => said > first && said < (people.saidMs.at(-1) ?? 0)),
        people.heardMs[ids[i] ?? ''] ?? [],
      ),
    );
    const inherent = quantile(people.codecMs.slice(2), 0.5);
    const toCaller = phones.flatMap(({ heardMs }) => delaysOf(people.saidMs.slice(2, -1), heardMs, inherent));
    const of = (values: readonly number[]): object => ({
      p50: rounded(quantile(values, 0.5), 1),
      p95: rounded(quantile(values, 0.95), 1),
      n: values.length,
    });
    const worse = (share: number): number =>
      rounded(Math.max(quantile(toRoom, share), quantile(toCaller, share)), 1);
    return {
      addedDelayP50Ms: worse(0.5),
      addedDelayP95Ms: worse(0.95),
      addedDelayToRoom: of(toRoom),
      addedDelayToCaller: of(toCaller),
      talkerCodecMs: rounded(inherent, 1),
    };
  } finally {
    await stage.stop();
  }
}
