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
const allParts = ['idle', 'conference', 'gated', 'codecs', 'one-to-one', 'delay', 'rtpengine'] as const;
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
  await run('idle', () => idle(rows, seconds));
  await run('conference', () => conference(rows, seconds, sizes(values.legs)));
  await run('gated', () => gatedConference(rows, seconds, sizes(values.gated)));
  await run('codecs', () => codecs(rows, seconds));
  await run('one-to-one', () => oneToOne(rows, seconds, Number(values.calls)));
  await run('delay', () => delay(seconds));
  await run('rtpengine', () => benchRtpengine(Number(values.calls), seconds));
  return { ...figures, ...loadOf(rows), rows };
}

/** More ticks than this left out, and what is measured is a machine that cannot do more. */
const mostSkippedPercent = 0.5;

function loadOf(rows: readonly Row[]): Record<string, unknown> {
  const withLegs = rows.filter(({ legs }) => legs > 0);
  return {
    // Where the worker takes about half of a core.
    tickLateMaxMs: halfLoaded(withLegs)?.tickLate.max ?? null,
    overloaded: rows
      .filter(({ skippedPercent }) => skippedPercent > mostSkippedPercent)
      .map(
        ({ what, legs, skippedPercent }) =>
          `${what}, ${legs} legs: ${skippedPercent} % of the ticks left out`,
      ),
  };
}

function halfLoaded(rows: readonly Row[]): Row | undefined {
  const farFromHalf = ({ worker }: Row): number => Math.abs(worker - 500);
  return [...rows].sort((a, b) => farFromHalf(a) - farFromHalf(b))[0];
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

async function idle(rows: Row[], seconds: number): Promise<Record<string, unknown>> {
  const [alone, talkers] = [await idleWorker(seconds, 0), await idleWorker(seconds, 3)];
  rows.push(alone, talkers);
  return { idleWorkerMsPerS: alone.worker, idleWorkerTalkersMsPerS: talkers.worker };
}

/** A bridge that waits for a grant in a meeting in which so many talk. */
async function idleWorker(seconds: number, talkers: number): Promise<Row> {
  const stage = await MediaStage.start(1);
  try {
    await stage.meeting(talkers);
    return await stage.measure(`waits for a grant, ${talkers} talk`, 0, seconds);
  } finally {
    await stage.stop();
  }
}

const costAt = (rows: readonly Row[], legs: number): number | null =>
  rows.find((row) => row.legs === legs)?.msPerLegS ?? null;

/** One meeting that grows, all legs publishing. */
async function conference(
  rows: Row[],
  seconds: number,
  sizes: readonly number[],
): Promise<Record<string, unknown>> {
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
    rows.push(...publishing);
    const held = publishing.filter(({ skippedPercent }) => skippedPercent <= mostSkippedPercent).at(-1);
    return {
      conf200MsPerLegS: costAt(publishing, 200),
      conf100MsPerLegS: costAt(publishing, 100),
      conf50MsPerLegS: costAt(publishing, 50),
      confMostLegsHeld: held === undefined ? null : { legs: held.legs, msPerLegS: held.msPerLegS },
      rssKiBPerLeg: rounded((fullKiB - emptyKiB) / Math.max(1, stage.legs), 0),
    };
  } finally {
    await stage.stop();
  }
}

/** Another one, most of whose callers are silent. */
async function gatedConference(
  rows: Row[],
  seconds: number,
  sizes: readonly number[],
): Promise<Record<string, unknown>> {
  const stage = await MediaStage.start(1);
  const gated: Row[] = [];
  try {
    const room = await stage.meeting(3);
    await stage.phones.ask('gate', true);
    for (const size of sizes) {
      await stage.call(room, size - stage.legs, pcmu);
      gated.push(await stage.measure('PCMU, one in five talks', size, seconds));
    }
  } finally {
    await stage.stop();
  }
  rows.push(...gated);
  const [most, least] = [costAt(gated, 300), costAt(gated, 50)];
  return {
    conf200GatedMsPerLegS: costAt(gated, 200),
    costRatio300to50: most === null || least === null ? null : rounded(most / least),
  };
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
      await stage.callEach(calls, pcmu);
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

interface Bursts {
  readonly saidMs: readonly number[];
  readonly heardMs: readonly number[];
}

/** What a newcomer to the meeting upset has left the jitter buffers by then: they look back on five seconds. */
const settledMs = 8_000;

/** From a caller's packet to the meeting's, and then back, found in the audio. One way at a time: callers hear each other, too. */
async function delay(seconds: number): Promise<Record<string, unknown>> {
  const legs = 10;
  const stage = await MediaStage.start(1, true);
  try {
    const room = await stage.meeting(0);
    const ids = await stage.call(room, legs, pcmu);
    await stage.phones.ask('bursts', { count: legs, saying: true });
    await stage.phones.ask('late');
    const heard = await stage.people.ask<Readonly<Record<string, readonly number[]>>>('hearCallers', {
      ...{ url: stage.url, meeting: room.meetingId, seconds: seconds + settledMs / 1_000 },
    });
    const generator = await stage.phones.ask<object>('late');
    const callers = await stage.phones.ask<readonly Bursts[]>('burstTimes');
    const toRoom = callers.flatMap(({ saidMs }, i) => {
      const heardMs = heard[ids[i] ?? ''] ?? [];
      const from = (heardMs[0] ?? 0) + settledMs;
      const within = saidMs.filter((said) => said > from && said < (heardMs.at(-1) ?? 0));
      return delaysOf(within, heardMs);
    });
    await stage.phones.ask('bursts', { count: legs, saying: false });
    const people = await stage.people.ask<{ saidMs: readonly number[]; codecMs: readonly number[] }>(
      'burst',
      {
        ...{ meeting: room.meetingId, seconds: seconds + settledMs / 1_000 },
      },
    );
    const settled = (people.saidMs[0] ?? 0) + settledMs;
    const listeners = await stage.phones.ask<readonly Bursts[]>('burstTimes');
    const inherent = quantile(people.codecMs.slice(2), 0.5);
    const said = people.saidMs.slice(0, -1).filter((at) => at > settled);
    const toCaller = listeners.flatMap(({ heardMs }) => delaysOf(said, heardMs, inherent));
    const of = (values: readonly number[]): object => ({
      p50: rounded(quantile(values, 0.5), 1),
      p95: rounded(quantile(values, 0.95), 1),
      max: rounded(quantile(values, 1), 1),
      n: values.length,
    });
    const worse = (share: number): number =>
      rounded(Math.max(quantile(toRoom, share), quantile(toCaller, share)), 1);
    return {
      addedDelayP50Ms: worse(0.5),
      addedDelayP95Ms: worse(0.95),
      addedDelayToRoom: of(toRoom),
      addedDelayToCaller: of(toCaller),
      phonesLateMs: generator,
      talkerCodecMs: rounded(inherent, 1),
    };
  } finally {
    await stage.stop();
  }
}
