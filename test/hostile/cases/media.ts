import { systemClock } from '../../../src/base/clock.ts';
import { createLog } from '../../../src/base/log.ts';
import { loadOpus } from '../../../src/media/codec/opus-loader.ts';
import type { RemoteTrack } from '../../../src/meeting/meeting.ts';
import { MeetingRoom } from '../../../src/worker/meeting-room.ts';
import { talk, type Voice } from '../../support/consent-room.ts';
import type { Case } from '../case.ts';
import type { Stage } from '../stage.ts';

/**
 * What an SFU can do to tracks and frames. The connector's ears are the worker's own (src/worker/meeting-room.ts) with the bridge's
 * keys and gate; people are asked whether their cryptor opens the frame. (What pages do with a track that is not flagged, and
 * with a plain frame, is tested in Chromium: test/interop/pages-livekit.test.ts.)
 */
const trackOf = (voice: Voice, flaggedEncrypted = true): RemoteTrack => ({
  sid: `TR_${voice.identity}`,
  identity: voice.identity,
  name: 'mic',
  flaggedEncrypted,
});

async function granted(stage: Stage): Promise<MeetingRoom> {
  await stage.ask();
  await stage.approve();
  await stage.pass(3_000);
  const { bridge, room } = stage;
  return new MeetingRoom({
    identity: bridge.identity,
    keys: bridge.ring,
    opus: loadOpus().codec,
    clock: systemClock,
    gate: bridge.engine,
    announcements: null,
    log: createLog('hostile', 'silent'),
    onAlarm: (what, detail) => void room.facts.push({ kind: 'alarm', what, detail }),
  });
}

/** Gives the frames to all ears but the sender's, as if they were `as`'s, and sees that none of them opens. */
function refusedByAll(
  stage: Stage,
  worker: MeetingRoom,
  frames: readonly Buffer[],
  track: RemoteTrack,
): void {
  const { host, ann, bob, bridge, broken } = stage;
  const opened = bridge.ring.counters.opened;
  frames.forEach((frame, i) => worker.onFrame(track, Buffer.from(frame), i, i * 960));
  if (bridge.ring.counters.opened !== opened) broken.push('the connector opened such a frame');
  if (!track.flaggedEncrypted) return;
  for (const person of [host, ann, bob]) {
    if (person.identity === track.identity) continue;
    for (const frame of frames) {
      if (person.ring.open(track.identity, Buffer.from(frame)).ok)
        broken.push('a member opened such a frame');
    }
  }
}

/** That these ears do open what is as it should be. */
function heardByWorker(stage: Stage, worker: MeetingRoom, voice: Voice): void {
  const { bridge, broken } = stage;
  const opened = bridge.ring.counters.opened;
  for (const frame of talk(voice)) worker.onFrame(trackOf(voice), frame, 0, 0);
  if (bridge.ring.counters.opened !== opened + 1)
    broken.push('control: the connector does not open a good frame');
}

const frames = (play: (stage: Stage, worker: MeetingRoom) => void | Promise<void>): Case['play'] => {
  return async (stage) => {
    const worker = await granted(stage);
    heardByWorker(stage, worker, stage.host);
    await play(stage, worker);
    worker.close();
  };
};

const plain = [Buffer.from([0x78, 1, 2, 3, 4, 5, 6, 7, 8, 9]), Buffer.alloc(80, 0x78)];

export const media: readonly Case[] = [
  {
    name: 'passes frames in the clear on a track that is flagged as encrypted',
    play: frames((stage, worker) => refusedByAll(stage, worker, plain, trackOf(stage.ann))),
    recovers: true,
  },
  {
    name: 'says of an encrypted track that it is not',
    play: frames((stage, worker) =>
      refusedByAll(stage, worker, talk(stage.ann, 3), trackOf(stage.ann, false)),
    ),
    recovers: true,
  },
  {
    name: 'replays frames that were heard before',
    play: frames((stage, worker) => {
      const said = talk(stage.ann, 3);
      for (const frame of said) {
        for (const ear of [stage.host, stage.bob, stage.bridge])
          ear.ring.open(stage.ann.identity, Buffer.from(frame));
      }
      refusedByAll(stage, worker, said, trackOf(stage.ann));
    }),
    recovers: true,
  },
  {
    name: 'passes one member’s frames as another’s',
    play: frames((stage, worker) => refusedByAll(stage, worker, talk(stage.ann, 3), trackOf(stage.bob))),
    recovers: true,
  },
  {
    name: 'changes one bit of each frame',
    play: frames((stage, worker) => {
      const said = talk(stage.ann, 3).map((frame) => {
        const changed = Buffer.from(frame);
        changed[1] = changed[1]! ^ 1;
        return changed;
      });
      refusedByAll(stage, worker, said, trackOf(stage.ann));
    }),
    recovers: true,
  },
  {
    name: 'keeps frames of the grant and passes them on after the revoke',
    play: frames(async (stage, worker) => {
      const said = talk(stage.ann, 3);
      await stage.revoke();
      await stage.pass(4_000);
      refusedByAll(stage, worker, said, trackOf(stage.ann));
    }),
    recovers: true,
  },
];
