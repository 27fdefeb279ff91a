import { createLog } from '../../src/base/log.ts';
import type { LegId } from '../../src/base/ids.ts';
import type { KeyRing } from '../../src/e2ee/key-ring.ts';
import { loadOpus } from '../../src/media/codec/opus-loader.ts';
import type { Meeting } from '../../src/meeting/meeting.ts';
import { MeetingRoom, type GatePort } from '../../src/worker/meeting-room.ts';
import type { Voice } from './consent-room.ts';

const tone = (n: number): Int16Array =>
  Int16Array.from({ length: 160 }, (_, i) =>
    Math.round(8_000 * Math.sin((2 * Math.PI * 440 * (n * 160 + i)) / 8_000)),
  );

const level = (frame: Int16Array | null): number =>
  Math.sqrt((frame ?? new Int16Array(0)).reduce((sum, s) => sum + s * s, 0) / 160);

/** The connector's own audio path over a cryptor and a gate of the test's choice: real Opus, real frames, one leg. */
export interface AudioPath {
  /** The loudest that the phone gets while this person speaks for 400 ms. */
  heardFrom(talker: Voice): number;
  /** Whether this person can open anything that the phone says in 400 ms. */
  reaches(listener: Voice): boolean;
}

export async function audioPath(
  bridge: { readonly identity: string; readonly ring: KeyRing },
  gate: Pick<GatePort, 'mayHear' | 'maySpeak'>,
  leg: LegId,
): Promise<AudioPath> {
  const opus = loadOpus().codec;
  const sent: Buffer[] = [];
  let n = 0;
  const log = createLog('test', 'silent');
  const room = new MeetingRoom({
    identity: bridge.identity,
    keys: bridge.ring,
    opus,
    clock: { monoMs: () => n * 20 },
    gate: { mayHear: (id) => gate.mayHear(id), maySpeak: (id) => gate.maySpeak(id), open: true },
    announcements: null,
    log,
    onAlarm: () => undefined,
  });
  const track = { sid: 'leg', name: 'leg', send: (frame: Uint8Array) => sent.push(Buffer.from(frame)) > 0 };
  room.attach({ publish: () => Promise.resolve(track) } as unknown as Meeting);
  await room.legJoined(leg);
  return {
    heardFrom(talker) {
      const encoder = opus.encoder({ rate: 8_000, bitrate: 24_000, complexity: 1 });
      const sealer = talker.ring.sealer(talker.identity);
      const remote = { sid: talker.identity, identity: talker.identity, name: 'x', flaggedEncrypted: true };
      let loudest = 0;
      for (const end = n + 20; n < end; n++) {
        const frame = sealer.seal(encoder.encode(tone(n)) ?? new Uint8Array(0));
        if (frame !== null) room.onFrame(remote, Buffer.from(frame), n & 0xffff, n * 960);
        room.mix();
        loudest = Math.max(loudest, level(room.roomFor(leg)));
      }
      encoder.close();
      // What the jitter buffer still holds was said before whatever comes next.
      for (let i = 0; i < 10; i++) room.mix();
      return loudest;
    },
    reaches(listener) {
      sent.length = 0;
      for (let i = 0; i < 20; i++) room.fromCaller(leg, tone(i));
      return sent.some((frame) => listener.ring.open(bridge.identity, frame).ok);
    },
  };
}
