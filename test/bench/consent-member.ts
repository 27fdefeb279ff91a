import { randomFillSync } from 'node:crypto';
import { constants, setPriority } from 'node:os';
import { toBase64url } from '../../src/base/bytes.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { KeyRing } from '../../src/e2ee/key-ring.ts';
import { joinLiveKit } from '../../src/meeting/livekit/join.ts';
import type { Meeting, MeetingEvents } from '../../src/meeting/meeting.ts';
import { createMemberSession } from '../../src/web/host/index.ts';
import type { Channel } from '../../src/web/host/session.ts';
import { call, createDevice, createStore, readInvite } from '../demo/invitation.ts';
import { serveParty, type Line } from '../demo/wire.ts';

/**
 * One of the many: a member without a browser, muted, that follows every epoch and opens every frame.
 */
interface MemberStart extends Line {
  readonly httpUrl: string;
  readonly invite: string;
  readonly name: string;
}

const topic = 'latchkey';

serveParty(async (line, emit) => {
  const start = line as MemberStart;
  // In life it has a machine of its own: it does not take this one's cores from host, connector and phone.
  setPriority(constants.priority.PRIORITY_LOW);
  const device = await createDevice();
  const { registration, meetingId, inviteSecret } = await readInvite(start);
  const joinId = randomFillSync(new Uint8Array(16));
  const api = `${start.httpUrl}/api/meetings/${meetingId}/token`;
  const { token, url } = await call(api, { joinId: toBase64url(joinId), name: start.name });
  const keys = new KeyRing();
  const onMessage: ((from: string, payload: Uint8Array) => void)[] = [];
  const onPresence: ((identities: readonly string[]) => void)[] = [];
  const present = new Set<string>();
  const tellPresence = (): void => onPresence.forEach((listener) => listener([...present]));
  const events: MeetingEvents = {
    onParticipantJoined: ({ identity }) => {
      present.add(identity);
      tellPresence();
    },
    onParticipantLeft: (identity) => {
      present.delete(identity);
      tellPresence();
    },
    onTrack: () => undefined,
    onTrackEnded: () => undefined,
    onFrame: (track, frame) => void keys.open(track.identity, frame),
    onData: (from, dataTopic, payload) => {
      if (dataTopic !== topic) return;
      for (const listener of onMessage) listener(from, payload);
    },
    onClosed: (reason) => emit({ kind: 'failed', message: `the meeting closed: ${reason}` }),
  };
  let meeting: Meeting | null = null;
  const channel: Channel = {
    send: (payload, to) => meeting?.sendData(topic, payload, to),
    onMessage: (listener) => void onMessage.push(listener),
    onPresence: (listener) => void onPresence.push(listener),
  };
  const session = createMemberSession({
    channel,
    keys,
    store: createStore(),
    device,
    clock: systemClock,
    random: (length) => randomFillSync(new Uint8Array(length)),
    registration,
    inviteSecret,
    joinId,
    displayName: start.name,
  });
  const joined = new Promise<void>((resolve) => {
    session.subscribe(({ phase }) => {
      if (phase === 'in-meeting') resolve();
    });
  });
  const address = { url: String(url), token: String(token), bindAddress: '127.0.0.1' };
  const log = createLog('bench', 'warn');
  meeting = await joinLiveKit(address, events, { clock: systemClock, log, encrypted: true });
  await session.start();
  tellPresence();
  await joined;
  return (command) => {
    if (command.kind !== 'report') throw new Error(`unknown command ${command.kind}`);
    const { alarms } = session.view;
    emit({ kind: 'report', alarms: alarms.map(({ what }) => what) });
  };
});
