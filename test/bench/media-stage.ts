import { constants, setPriority } from 'node:os';
import type { LegId, MeetingId } from '../../src/base/ids.ts';
import { latenessBoundsMs } from '../../src/media/audio/ticker.ts';
import type { LegCodec, LegMedia, MediaAddress } from '../../src/media/leg-state.ts';
import type { SrtpSuite } from '../../src/media/srtp/suite.ts';
import { family } from '../memory/scan.ts';
import { newStageLeg, startPoolStage, type PoolStage, type StageBridge } from '../support/pool-stage.ts';
import { until } from '../support/rtp.ts';
import { startProcess, type BenchProcess } from './media-link.ts';
import { measured, rounded, waitedMs } from './media-process.ts';
import { agreedCodec } from './media-sound.ts';

/** CPU milliseconds a second by process, and of the worker by leg; ticks of the worker. */
export interface Row {
  readonly what: string;
  readonly legs: number;
  readonly msPerLegS: number;
  readonly worker: number;
  /** Ms a second for which the worker could have run and had no CPU. */
  readonly workerWaited: number;
  readonly sfu: number;
  readonly people: number;
  readonly phones: number;
  readonly vault: number;
  /** Ms; p50 and p99 are upper bounds of the bucket in which they lie. */
  readonly tickLate: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Of the ticks that were due, how many in a hundred never happened: from there on the figures are of a machine with too much to do. */
  readonly skippedPercent: number;
}

export interface MediaRoom {
  readonly meetingId: MeetingId;
  readonly bridge: StageBridge;
  granted: boolean;
  legs: number;
}

export interface PhoneKind {
  readonly codec: LegCodec;
  readonly srtp: {
    readonly suite: SrtpSuite;
    readonly phone: Uint8Array;
    readonly connector: Uint8Array;
  } | null;
}

/** Jitter buffers, levels and the just-in-time compiler settle before anything counts. */
const settleMs = 4_000;
const callsAtOnce = 25;

export class MediaStage {
  readonly people: BenchProcess;
  readonly phones: BenchProcess;
  readonly #stage: PoolStage;
  #legs = 0;
  #stopped = false;

  private constructor(stage: PoolStage, people: BenchProcess, phones: BenchProcess) {
    this.#stage = stage;
    this.people = people;
    this.phones = phones;
  }

  /** `timely`: people and phones are not late where the machine is busy, because their lateness would count as the network's. */
  static async start(meetingsPerWorker: number, timely = false): Promise<MediaStage> {
    const stage = await startPoolStage(meetingsPerWorker);
    const [people, phones] = await Promise.all([
      startProcess('./media-people.ts'),
      startProcess('./media-phones.ts'),
    ]);
    // What belongs to the test and not to the connector runs as anybody's process does.
    const { PRIORITY_NORMAL, PRIORITY_HIGHEST } = constants.priority;
    for (const { pid } of [people, phones]) setPriority(pid, timely ? PRIORITY_HIGHEST : PRIORITY_NORMAL);
    return new MediaStage(stage, people, phones);
  }

  get url(): string {
    return this.#stage.sfu.url;
  }

  get legs(): number {
    return this.#legs;
  }

  get workerPid(): number {
    const workers = family(process.pid).filter(({ module }) => module === 'src/worker/main.ts');
    if (workers.length !== 1) throw new Error(`${workers.length} media workers`);
    return workers[0]!.pid;
  }

  /** A meeting with its host and so many voices, and the bridge in it, without a key. */
  async meeting(talkers: number): Promise<MediaRoom> {
    const operator = this.#stage.vault.handle.info.operatorThumbprint;
    const made = await this.people.ask<{ meetingId: MeetingId; registration: Uint8Array }>('open', {
      ...{ url: this.url, operator, talkers },
    });
    return { meetingId: made.meetingId, bridge: await this.#stage.bridge(made), granted: false, legs: 0 };
  }

  /** So many more callers, some at a time as in life; resolves when every one of them is heard in the meeting. */
  async call(room: MediaRoom, count: number, kind: PhoneKind): Promise<LegId[]> {
    const legIds: LegId[] = [];
    while (legIds.length < count)
      legIds.push(...(await this.#callSome(room, Math.min(callsAtOnce, count - legIds.length), kind)));
    return legIds;
  }

  async #callSome(room: MediaRoom, count: number, kind: PhoneKind): Promise<LegId[]> {
    const addresses = await this.phones.ask<MediaAddress[]>('addresses', { count });
    const legIds = addresses.map(() => newStageLeg());
    const remotes: MediaAddress[] = [];
    for (const [i, remote] of addresses.entries()) {
      // As control does it: the host is asked for the first one before its leg is there.
      if (!room.granted) await this.#letIn(room, legIds[i]!);
      remotes.push(await room.bridge.leg(legIds[i]!, mediaOf(remote, kind)));
    }
    await this.phones.ask('call', { phones: kind, remotes });
    this.#legs += count;
    room.legs += count;
    await this.people.ask('untilHeard', { url: this.url, meeting: room.meetingId, tracks: room.legs });
    return legIds;
  }

  /** So many meetings with a caller each, some at a time; resolves when every caller is heard in his. */
  async callEach(count: number, kind: PhoneKind): Promise<void> {
    const rooms = await inTurns(count, () => this.meeting(1));
    const addresses = await this.phones.ask<MediaAddress[]>('addresses', { count });
    const remotes = await inTurns(count, async (i) => {
      const [room, legId] = [rooms[i]!, newStageLeg()];
      await this.#letIn(room, legId);
      return room.bridge.leg(legId, mediaOf(addresses[i]!, kind));
    });
    await this.phones.ask('call', { phones: kind, remotes });
    this.#legs += count;
    await inTurns(count, (i) =>
      this.people.ask('untilHeard', { url: this.url, meeting: rooms[i]!.meetingId, tracks: 1 }),
    );
  }

  async #letIn(room: MediaRoom, legId: LegId): Promise<void> {
    room.bridge.ask(legId);
    await this.people.ask('approve', room.meetingId);
    await room.bridge.admitted(legId);
    room.granted = true;
  }

  async measure(what: string, legs: number, seconds: number): Promise<Row> {
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    // From one of the worker's reports of its ticks, so that the next has nothing else in it.
    if (legs > 0) await this.#tickReport(this.#stage.told.length);
    const from = this.#stage.told.length;
    const [waitedBefore, began] = [waitedMs(this.workerPid), performance.now()];
    const used = await measured(
      {
        worker: this.workerPid,
        sfu: this.#stage.sfu.child.process.pid ?? -1,
        people: this.people.pid,
        phones: this.phones.pid,
        vault: this.#stage.vault.handle.pid,
      },
      seconds,
    );
    const waited = (waitedMs(this.workerPid) - waitedBefore) / ((performance.now() - began) / 1_000);
    if (legs > 0) await this.#tickReport(from);
    const row: Row = {
      ...{ what, legs },
      msPerLegS: legs === 0 ? 0 : rounded(used.worker / legs),
      worker: rounded(used.worker, 1),
      workerWaited: rounded(waited, 0),
      sfu: rounded(used.sfu, 0),
      people: rounded(used.people, 0),
      phones: rounded(used.phones, 0),
      vault: rounded(used.vault, 1),
      ...this.#ticks(from),
    };
    console.error(JSON.stringify(row));
    return row;
  }

  async #tickReport(from: number): Promise<void> {
    const { told } = this.#stage;
    await until(() => told.slice(from).some(({ kind }) => kind === 'ticks'), 'a report of ticks', 15_000);
  }

  #ticks(from: number): Pick<Row, 'tickLate' | 'skippedPercent'> {
    const told = this.#stage.told.slice(from).flatMap((said) => (said.kind === 'ticks' ? [said] : []));
    const counts = latenessBoundsMs.map((_, i) =>
      told.reduce((sum, { lateness }) => sum + (lateness[i] ?? 0), 0),
    );
    const total = told.reduce((sum, said) => sum + said.total, 0);
    const bound = (share: number): number => {
      let below = 0;
      const at = counts.findIndex((count) => (below += count) >= total * share);
      return latenessBoundsMs[at] ?? Infinity;
    };
    const max = Math.max(0, ...told.map(({ worstLateMs }) => worstLateMs));
    const skipped = told.reduce((sum, said) => sum + said.skipped, 0);
    return {
      tickLate: { p50: bound(0.5), p99: bound(0.99), max: rounded(max, 1) },
      skippedPercent: rounded((100 * skipped) / Math.max(1, total + skipped), 1),
    };
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    await this.phones.stop();
    await this.#stage.stop();
    await this.people.stop();
  }
}

const atOnce = 4;

async function inTurns<T>(count: number, run: (i: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  while (results.length < count) {
    const some = Array.from(
      { length: Math.min(atOnce, count - results.length) },
      (_, i) => i + results.length,
    );
    results.push(...(await Promise.all(some.map(run))));
  }
  return results;
}

function mediaOf(remote: MediaAddress, { codec, srtp }: PhoneKind): LegMedia {
  return {
    codec: agreedCodec(codec),
    events: { payloadType: 101, clockRate: 8_000 },
    srtp: srtp === null ? null : { suite: srtp.suite, local: srtp.connector, remote: srtp.phone },
    rtcp: { mux: false, remote: { address: remote.address, port: remote.port + 1 } },
    remote,
    send: true,
    receive: true,
  };
}
