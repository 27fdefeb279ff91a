import { randomFillSync } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { toBase64url } from '../../src/base/bytes.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { KeyRing } from '../../src/e2ee/key-ring.ts';
import { joinLiveKit } from '../../src/meeting/livekit/join.ts';
import type { Meeting, MeetingEvents } from '../../src/meeting/meeting.ts';
import { createMemberSession } from '../../src/web/host/index.ts';
import type { Channel, MemberSession } from '../../src/web/host/session.ts';
import { call, createDevice, createStore, readInvite } from '../demo/invitation.ts';
import { serveParty, type Line } from '../demo/wire.ts';

/**
 * Some of the many: members without a browser, muted, each with a connection, a device and a session of its own, that follow
 * every epoch and open every frame. They share a process, and with it its threads: what a packet costs is mostly to wake them.
 */
interface MembersStart extends Line, Invited {
  readonly names: readonly string[];
}

interface Invited {
  readonly httpUrl: string;
  readonly invite: string;
}

const topic = 'latchkey';
const autogroup = '/proc/self/autogroup';

serveParty(async (line, emit) => {
  const { names, ...invited } = line as MembersStart;
  stepBack();
  const fail = (message: string): void => emit({ kind: 'failed', message });
  const sessions = await Promise.all(names.map((name) => join(invited, name, fail)));
  return (command) => {
    if (command.kind !== 'report') throw new Error(`unknown command ${command.kind}`);
    const alarms = sessions.flatMap(({ view }) => view.alarms.map(({ what }) => what));
    emit({ kind: 'report', alarms });
  };
});

/** In life they have machines of their own: they do not take this one's cores from host, connector and phone. */
function stepBack(): void {
  setPriority(constants.priority.PRIORITY_LOW);
  // Where the kernel shares cores out by session, a process's own priority counts within its session only.
  if (existsSync(autogroup)) writeFileSync(autogroup, String(constants.priority.PRIORITY_LOW));
}

/** Resolves when the member is in the meeting. */
async function join(invited: Invited, name: string, fail: (message: string) => void): Promise<MemberSession> {
  const device = await createDevice();
  const { registration, meetingId, inviteSecret } = await readInvite(invited);
  const joinId = randomFillSync(new Uint8Array(16));
  const api = `${invited.httpUrl}/api/meetings/${meetingId}/token`;
  const { token, url } = await call(api, { joinId: toBase64url(joinId), name });
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
    onClosed: (reason) => fail(`the meeting closed: ${reason}`),
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
    displayName: name,
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
  return session;
}
