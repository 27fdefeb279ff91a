import { systemClock } from '../../src/base/clock.ts';
import { loadOpus } from '../../src/media/codec/opus-loader.ts';
import { Ticker } from '../../src/media/audio/ticker.ts';
import type { OpusDecoder, OpusEncoder } from '../../src/media/codec/opus.ts';
import type { TrackSealer } from '../../src/e2ee/key-ring.ts';
import type { LocalTrack, MeetingEvents } from '../../src/meeting/meeting.ts';
import { livekitToken } from '../../src/meeting/livekit/token.ts';
import { joinMeeting, type TestClient } from '../support/meeting-client.ts';
import { openHost, type PoolHost } from '../support/pool-host.ts';
import { apiKey, apiSecret } from '../support/sfu.ts';
import { nowMs } from '../demo/wire.ts';
import { BurstEar, burstFrame } from './media-delay.ts';
import { serve } from './media-link.ts';
import { opusOfTalker } from './media-sound.ts';

/**
 * The people of all meetings of the media bench in one process: a host each, whose tracks talk. What they say is coded
 * beforehand, and they listen to nobody while something is measured, so that the machine is left to the connector.
 */
interface Talker {
  readonly track: LocalTrack;
  readonly sealer: TrackSealer;
  at: number;
}

interface Open {
  readonly url: string;
  readonly operator: string;
  readonly talkers: number;
}

const token = (identity: string, room: string): Promise<string> =>
  livekitToken({ apiKey, apiSecret, room, identity, ttlSeconds: 600 }, systemClock);
const packets = opusOfTalker();
const hosts = new Map<string, PoolHost>();
const talkers: Talker[] = [];
let measure: ReturnType<typeof startBursts> | null = null;

const ticker = new Ticker({
  clock: systemClock,
  onTick: () => {
    for (const talker of talkers) {
      talker.at = (talker.at + 1) % packets.length;
      const frame = talker.sealer.seal(packets[talker.at]!);
      if (frame !== null) talker.track.send(frame, 960, false);
    }
    measure?.tick();
  },
});
ticker.start();

/** On a machine that is busy with the bench a join may fail: it is not what is measured. */
async function join(url: string, room: string, onFrame: MeetingEvents['onFrame']): Promise<TestClient> {
  for (let tries = 1; ; tries++) {
    try {
      return await joinMeeting({ url, token: await token(`listener-${nowMs()}`, room) }, onFrame);
    } catch (error) {
      if (tries === 3) throw error;
    }
  }
}

/** Bursts from one track, each at its own time; their times are kept. */
function startBursts(host: PoolHost, track: LocalTrack) {
  const codec = loadOpus().codec;
  const encoder: OpusEncoder = codec.encoder({ rate: 8_000, bitrate: 24_000, complexity: 5 });
  const own: OpusDecoder = codec.decoder(8_000);
  const sealer = host.keys.sealer(host.identity);
  const ear = new BurstEar();
  const saidMs: number[] = [];
  const codecMs: number[] = [];
  let tick = 0;
  return {
    saidMs,
    /** How long the talker's own encoder and a decoder delay a sound: not the connector's doing. */
    codecMs,
    tick(): void {
      const pcm = burstFrame(tick);
      tick += 1;
      const packet = encoder.encode(pcm.frame);
      const now = nowMs();
      const frame = packet === null ? null : sealer.seal(packet);
      if (frame !== null) track.send(frame, 960, false);
      if (pcm.begins) saidMs.push(now);
      const heard = packet === null ? null : own.decode(packet);
      const onset = heard === null ? null : ear.hear(heard, now);
      const said = saidMs.at(-1);
      if (onset !== null && said !== undefined) codecMs.push(onset - said);
    },
  };
}

serve({
  async open({ url, operator, talkers: count }: Open) {
    Object.assign(globalThis, { benchDeaf: true });
    const host = await openHost({ url, token, operator });
    hosts.set(host.meetingId, host);
    for (let i = 0; i < count; i++) {
      const track = await host.meeting.publish(`talker-${i}`);
      talkers.push({ track, sealer: host.keys.sealer(host.identity), at: (i * 97) % packets.length });
    }
    return { meetingId: host.meetingId, registration: host.registration };
  },
  approve: (meeting: string) => hosts.get(meeting)!.approve(),
  /** Waits until so many of the bridge's tracks carry frames that open under the host's keys. */
  async untilHeard({ url, meeting, tracks }: { url: string; meeting: string; tracks: number }) {
    const host = hosts.get(meeting)!;
    const heard = new Set<string>();
    Object.assign(globalThis, { benchDeaf: false });
    const watcher = await join(url, meeting, (track, frame) => {
      const caller = track.identity.startsWith('p-') && track.identity !== host.identity;
      if (caller && !heard.has(track.sid) && host.keys.open(track.identity, frame).ok) heard.add(track.sid);
    });
    const end = nowMs() + 60_000;
    while (heard.size < tracks && nowMs() < end) await new Promise((resolve) => setTimeout(resolve, 50));
    await watcher.meeting.close();
    if (heard.size < tracks) throw new Error(`${heard.size} of ${tracks} legs are heard in the meeting`);
    return heard.size;
  },
  /** The times at which callers' bursts arrive in the meeting, by leg. */
  async hearCallers({ url, meeting, seconds }: { url: string; meeting: string; seconds: number }) {
    const host = hosts.get(meeting)!;
    Object.assign(globalThis, { benchDeaf: false });
    const ears = new Map<string, { ear: BurstEar; decoder: OpusDecoder; heardMs: number[] }>();
    const watcher = await join(url, meeting, (track, frame) => {
      const at = nowMs();
      const opened = host.keys.open(track.identity, frame);
      if (!opened.ok || !track.identity.startsWith('p-') || track.identity === host.identity) return;
      const one = ears.get(track.name) ?? {
        ear: new BurstEar(),
        decoder: loadOpus().codec.decoder(8_000),
        heardMs: [],
      };
      ears.set(track.name, one);
      const pcm = one.decoder.decode(opened.value);
      const onset = pcm === null ? null : one.ear.hear(pcm, at);
      if (onset !== null) one.heardMs.push(onset);
    });
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    await watcher.meeting.close();
    return Object.fromEntries([...ears].map(([leg, { heardMs }]) => [leg, heardMs]));
  },
  /** Bursts to the callers, and when they were said. */
  async burst({ meeting, seconds }: { meeting: string; seconds: number }) {
    const host = hosts.get(meeting)!;
    measure = startBursts(host, await host.meeting.publish('bursts'));
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    const { saidMs, codecMs } = measure;
    measure = null;
    return { saidMs, codecMs };
  },
  async close() {
    talkers.length = 0;
    await Promise.all([...hosts.values()].map((host) => host.close()));
    hosts.clear();
  },
});
