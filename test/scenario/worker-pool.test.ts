import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { systemClock, type Clock, type Timer } from '../../src/base/clock.ts';
import type { LegId } from '../../src/base/ids.ts';
import { Ticker } from '../../src/media/audio/ticker.ts';
import { loadOpus } from '../../src/media/codec/opus-loader.ts';
import type { LocalTrack } from '../../src/meeting/meeting.ts';
import { family, searchProcess, whyNot } from '../memory/scan.ts';
import { frameKey } from '../demo/frame-opener.ts';
import { Transcript } from '../demo/transcript.ts';
import { joinMeeting } from '../support/meeting-client.ts';
import { openHost, type PoolHost } from '../support/pool-host.ts';
import { newStageLeg, startPoolStage, type PoolStage, type StageBridge } from '../support/pool-stage.ts';
import { Phone, phoneMedia, until } from '../support/rtp.ts';
import { frames, peakAt, sine } from '../support/tone.ts';

/** One meeting with its host, who hums, and one caller, whose tone is another. */
class Call {
  readonly host: PoolHost;
  readonly hertz: number;
  readonly phone: Phone;
  readonly heardFromPhones: { count: number };
  readonly #ticker: Ticker;
  bridge!: StageBridge;
  legId!: LegId;

  private constructor(
    host: PoolHost,
    hertz: number,
    phone: Phone,
    parts: { count: number },
    track: LocalTrack,
  ) {
    this.host = host;
    this.hertz = hertz;
    this.phone = phone;
    this.heardFromPhones = parts;
    const encoder = loadOpus().codec.encoder({ rate: 8_000, bitrate: 24_000, complexity: 0 });
    const sealer = host.keys.sealer(host.identity);
    let at = 0;
    const hum = (): void => {
      const packet = encoder.encode(sine(hertz, 160, 8_000, at));
      at += 160;
      const frame = packet === null ? null : sealer.seal(packet);
      if (frame !== null) track.send(frame, 960, false);
    };
    this.#ticker = new Ticker({ clock: systemClock, onTick: hum });
    this.#ticker.start();
  }

  static async open(stage: PoolStage, hertz: number): Promise<Call> {
    const heard = { count: 0 };
    const host: PoolHost = await openHost({
      url: stage.sfu.url,
      token: (identity, room) => stage.sfu.token(identity, room),
      operator: stage.vault.handle.info.operatorThumbprint,
      onFrame: (track, frame) => {
        if (host.keys.open(track.identity, frame).ok) heard.count += 1;
      },
    });
    const phone = await Phone.open();
    phone.say((at) => sine(hertz + 700, 160, 8_000, at));
    return new Call(host, hertz, phone, heard, await host.meeting.publish('mic'));
  }

  async join(stage: PoolStage, alone = false): Promise<void> {
    this.bridge = await stage.bridge(this.host, alone);
    this.legId = newStageLeg();
    // Before it is admitted: what it hears and says then must be nothing.
    this.phone.talkTo(await this.bridge.leg(this.legId, phoneMedia(this.phone.address)));
    this.bridge.ask(this.legId);
  }

  async letIn(): Promise<void> {
    await this.host.approve();
    await this.bridge.admitted(this.legId);
  }

  get hearsHost(): boolean {
    return hears(this.phone.heard(-25), this.hertz);
  }

  /** The frame keys of all epochs that the host made, the bridge's own among them. */
  needles(): { readonly name: string; readonly bytes: Buffer }[] {
    const transcript = new Transcript(Buffer.from(this.host.registration));
    for (const packet of this.host.packets) transcript.add(Buffer.from(packet));
    return transcript.keys(this.host.drawn).flatMap(({ mk, epoch }) => [
      { name: `meeting key of ${this.hertz}`, bytes: mk },
      ...[...transcript.senders.values()].map(({ id, role }) => ({
        name: `frame key of ${role} of ${this.hertz}`,
        bytes: frameKey(mk, epoch, id),
      })),
    ]);
  }

  async close(): Promise<void> {
    this.#ticker.stop();
    this.phone.close();
    await this.host.close();
  }
}

/** All tones here are whole periods of a frame, so none of them leaks into another's place. */
const hears = (pcm: Int16Array, hertz: number): boolean =>
  frames(pcm).filter((frame) => peakAt(hertz, frame) > 400).length > 3;

const workers = (): number[] =>
  family(process.pid)
    .filter(({ module }) => module === 'src/worker/main.ts')
    .map(({ pid }) => pid);

/** How often keys of a call stand in a process. */
const keysIn = (pid: number, call: Call): number => searchProcess(pid, call.needles()).length;

/** Bridges have this long to open (call/worker-pool.ts). */
const openMs = 30_000;

/** The real clock, on which the time to open a bridge can be over at once. */
class ImpatientClock implements Clock {
  readonly wallMs = (): number => systemClock.wallMs();
  readonly monoMs = (): number => systemClock.monoMs();
  impatient = false;

  after(ms: number, fn: () => void): Timer {
    return systemClock.after(this.impatient && ms === openMs ? 0 : ms, fn);
  }
}

describe('meetings that share a worker process', () => {
  let stage: PoolStage;
  let red: Call, blue: Call, apart: Call;
  const clock = new ImpatientClock();
  const searchable = whyNot(process.ppid) === null;

  beforeAll(async () => {
    stage = await startPoolStage(3, clock);
    [red, blue, apart] = await Promise.all([
      Call.open(stage, 500),
      Call.open(stage, 900),
      Call.open(stage, 1_300),
    ]);
    await Promise.all([red.join(stage), blue.join(stage)]);
    await apart.join(stage, true);
  }, 60_000);

  afterAll(async () => {
    await Promise.all([red, blue, apart].map((call) => call.close()));
    await stage.stop();
  });

  it('are each opened by their own grant: the other one stays silent, and its keys are not there', async () => {
    expect(workers()).toHaveLength(2);
    const [shared] = workers();
    await red.letIn();
    await until(() => red.hearsHost && red.heardFromPhones.count > 10, 'the first meeting', 15_000);
    expect(blue.hearsHost).toBe(false);
    expect(blue.heardFromPhones.count).toBe(0);
    if (searchable) {
      expect(keysIn(shared!, red)).toBeGreaterThan(0);
      expect(keysIn(shared!, blue)).toBe(0);
    }
    await blue.letIn();
    await apart.letIn();
    await until(() => blue.hearsHost && apart.hearsHost, 'the other meetings', 15_000);
    expect(hears(blue.phone.heard(), red.hertz)).toBe(false);
  }, 60_000);

  it('lose their keys each at its own revoke: the other goes on', async () => {
    const [shared] = workers();
    await red.host.revoke();
    await until(() => red.bridge.facts.some(({ kind }) => kind === 'gate-closed'), 'gate-closed', 10_000);
    const from = red.phone.received.length + 10;
    await until(() => red.phone.received.length > from + 25, 'half a second after the revoke');
    expect(hears(red.phone.heard(from), red.hertz)).toBe(false);
    expect(blue.hearsHost).toBe(true);
    if (!searchable) return;
    for (let i = 0; i < 8 && keysIn(shared!, red) > 0; i++)
      await new Promise((done) => setTimeout(done, 1_000));
    expect(keysIn(shared!, red)).toBe(0);
    expect(keysIn(shared!, blue)).toBeGreaterThan(0);
  }, 60_000);

  it('do not keep a bridge that opens too late: it leaves its meeting, and the others talk on', async () => {
    const late = await Call.open(stage, 1_700);
    const token = await stage.sfu.token('p-watcher', late.host.meetingId);
    const watcher = await joinMeeting({ url: stage.sfu.url, token });
    try {
      clock.impatient = true;
      await expect(late.join(stage)).rejects.toMatchObject({ code: 'worker-lost' });
      clock.impatient = false;
      const bridges = (sign: string): number =>
        watcher.log.filter((line) => line.startsWith(`${sign}p-`) && line !== `+${late.host.identity}`)
          .length;
      // It has joined all the same, since nobody could stop it on its way; then it is told to go.
      await until(() => bridges('+') === 1, 'the late bridge joins', 15_000);
      await until(() => bridges('-') === 1, 'the late bridge leaves', 15_000);
      const heard = blue.heardFromPhones.count;
      await until(
        () => blue.heardFromPhones.count > heard + 25 && blue.hearsHost,
        'the other meeting',
        15_000,
      );
      expect(workers()).toHaveLength(2);
    } finally {
      await watcher.meeting.close();
      await late.close();
    }
  }, 60_000);

  it('are lost together when their process dies, which the ledger says; another process notices nothing', async () => {
    const [shared] = workers();
    process.kill(shared!, 'SIGKILL');
    await until(() => red.bridge.lost && blue.bridge.lost, 'the loss is told', 10_000);
    expect(apart.bridge.lost).toBe(false);
    const heard = apart.heardFromPhones.count;
    await until(
      () => apart.heardFromPhones.count > heard + 25 && apart.hearsHost,
      'the other process',
      15_000,
    );
    const lostLeaves = (): unknown[] => {
      const db = new DatabaseSync(join(stage.vault.dir, 'ledger.sqlite'), { readOnly: true });
      try {
        return db
          .prepare('SELECT body FROM leaves ORDER BY seq')
          .all()
          .map(({ body }) => JSON.parse(Buffer.from(body as Uint8Array).toString('utf8')) as Leaf)
          .filter(({ data }) => data?.reason === 'worker-lost')
          .map(({ type, meeting }) => [type, meeting]);
      } finally {
        db.close();
      }
    };
    await until(() => lostLeaves().length >= 2, 'the ledger');
    expect(lostLeaves()).toEqual(
      expect.arrayContaining([
        ['leg-left', blue.host.meetingId],
        ['key-destroyed', blue.host.meetingId],
      ]),
    );
    expect(lostLeaves()).not.toContainEqual(['key-destroyed', apart.host.meetingId]);
  }, 30_000);
});

interface Leaf {
  readonly type: string;
  readonly meeting?: string;
  readonly data?: { readonly reason?: string };
}
