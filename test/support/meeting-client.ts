import { systemClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { joinLiveKit, type JoinOptions } from '../../src/meeting/livekit/join.ts';
import type { Meeting, MeetingEvents, RemoteTrack } from '../../src/meeting/meeting.ts';

/** Our meeting client with everything that it reports, kept for a test to look at. */
export interface TestClient {
  readonly meeting: Meeting;
  readonly tracks: RemoteTrack[];
  readonly frames: {
    readonly track: RemoteTrack;
    readonly frame: Buffer;
    readonly sequence: number;
    readonly timestamp: number;
  }[];
  readonly data: { readonly from: string; readonly topic: string; readonly text: string }[];
  /** In order: `+identity`, `-identity`, `+track name`, `-track name`, `closed reason`. */
  readonly log: string[];
}

export async function joinMeeting(
  address: { readonly url: string; readonly token: string },
  onFrame?: MeetingEvents['onFrame'],
  options: Pick<JoinOptions, 'listening'> = {},
): Promise<TestClient> {
  const client = { tracks: [], frames: [], data: [], log: [] } as unknown as {
    -readonly [K in keyof TestClient]: TestClient[K];
  };
  const events: MeetingEvents = {
    onParticipantJoined: (participant) => client.log.push(`+${participant.identity}`),
    onParticipantLeft: (identity) => client.log.push(`-${identity}`),
    onTrack(track) {
      client.tracks.push(track);
      client.log.push(`+track ${track.name}`);
    },
    onTrackEnded(track) {
      client.tracks.splice(client.tracks.indexOf(track), 1);
      client.log.push(`-track ${track.name}`);
    },
    onFrame:
      onFrame ??
      ((track, frame, sequence, timestamp) =>
        client.frames.push({ track, frame: Buffer.from(frame), sequence, timestamp })),
    onData: (from, topic, payload) =>
      client.data.push({ from, topic, text: Buffer.from(payload).toString('utf8') }),
    onClosed: (reason) => client.log.push(`closed ${reason}`),
  };
  client.meeting = await joinLiveKit({ ...address, bindAddress: '127.0.0.1' }, events, {
    clock: systemClock,
    log: createLog('test', 'silent'),
    encrypted: true,
    ...options,
  });
  return client;
}

/** Waits until `condition` holds; fails with what `describe` says. */
export async function until(
  condition: () => boolean,
  describe = 'condition',
  timeoutMs = 10_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not in time: ${describe}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
