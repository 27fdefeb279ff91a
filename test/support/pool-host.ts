import { randomFillSync } from 'node:crypto';
import { toBase64url } from '../../src/base/bytes.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { MeetingId } from '../../src/base/ids.ts';
import { createLog } from '../../src/base/log.ts';
import { buildRegistration, meetingIdOf } from '../../src/consent/messages/registration.ts';
import { KeyRing } from '../../src/e2ee/key-ring.ts';
import { joinLiveKit } from '../../src/meeting/livekit/join.ts';
import type { Meeting, MeetingEvents, RemoteTrack } from '../../src/meeting/meeting.ts';
import { createHostSession } from '../../src/web/host/index.ts';
import type { Channel, HostSession } from '../../src/web/host/session.ts';
import { createDevice, createStore } from '../demo/invitation.ts';

/** The host of one meeting without a browser: the host library and our meeting client, in this process. */
export interface PoolHost {
  readonly meetingId: MeetingId;
  readonly registration: Uint8Array<ArrayBuffer>;
  readonly identity: string;
  readonly session: HostSession;
  readonly meeting: Meeting;
  readonly keys: KeyRing;
  /** Every 32 random bytes that the host library drew: the meeting keys are among them. */
  readonly drawn: readonly Buffer[];
  /** What went over the data channel, in both directions. */
  readonly packets: readonly Uint8Array[];
  /** Says yes to the next question, to all who are named in it and all later callers. */
  approve(): Promise<void>;
  revoke(): Promise<void>;
  close(): Promise<void>;
}

export interface PoolHostOptions {
  readonly url: string;
  readonly token: (identity: string, room: string) => Promise<string>;
  /** Thumbprint of the operator whose connectors may ask. */
  readonly operator: string;
  /** An encrypted frame, valid during the call. */
  readonly onFrame?: (track: RemoteTrack, frame: Buffer) => void;
}

const topic = 'latchkey';

export async function openHost({ url, token, operator, onFrame }: PoolHostOptions): Promise<PoolHost> {
  const device = await createDevice();
  const salt = randomFillSync(new Uint8Array(16));
  const registration = buildRegistration({ salt, hosts: [device.publicKey], operators: [operator] });
  const meetingId = await meetingIdOf(registration);
  const joinId = randomFillSync(new Uint8Array(16));
  const identity = `p-${toBase64url(joinId)}`;
  const packets: Uint8Array[] = [];
  const present = new Set<string>();
  const onMessage: ((from: string, payload: Uint8Array) => void)[] = [];
  const onPresence: ((identities: readonly string[]) => void)[] = [];
  const tellPresence = (): void => onPresence.forEach((listener) => listener([...present]));
  const events: MeetingEvents = {
    onParticipantJoined: (one) => {
      present.add(one.identity);
      tellPresence();
    },
    onParticipantLeft: (one) => {
      present.delete(one);
      tellPresence();
    },
    onTrack: () => undefined,
    onTrackEnded: () => undefined,
    onFrame: (track, frame) => onFrame?.(track, frame),
    onData: (from, dataTopic, payload) => {
      if (dataTopic !== topic) return;
      packets.push(Uint8Array.from(payload));
      onMessage.forEach((listener) => listener(from, payload));
    },
    onClosed: () => undefined,
  };
  const address = { url, token: await token(identity, meetingId), bindAddress: '127.0.0.1' };
  const log = createLog('host', 'silent');
  const meeting = await joinLiveKit(address, events, { clock: systemClock, log, encrypted: true });
  const channel: Channel = {
    send: (payload, to) => {
      packets.push(Uint8Array.from(payload));
      meeting.sendData(topic, payload, to);
    },
    onMessage: (listener) => void onMessage.push(listener),
    onPresence: (listener) => void onPresence.push(listener),
  };
  const keys = new KeyRing();
  const drawn: Buffer[] = [];
  const session = createHostSession({
    ...{ channel, keys, device, clock: systemClock, registration, joinId },
    store: createStore(),
    random: (length) => {
      const bytes = randomFillSync(new Uint8Array(length));
      if (length === 32) drawn.push(Buffer.from(bytes));
      return bytes;
    },
    inviteSecret: randomFillSync(new Uint8Array(16)),
    displayName: 'Host',
  });
  await session.start();
  tellPresence();
  return {
    ...{ meetingId, registration, identity, session, meeting, keys, drawn, packets },
    async approve() {
      await session.approve(await livePrompt(session), { legs: 'any' });
    },
    revoke: () => session.revoke(session.view.bridges[0]?.thumbprint ?? ''),
    async close() {
      await session.close();
      await meeting.close();
    },
  };
}

async function livePrompt(session: HostSession): Promise<string> {
  const end = performance.now() + 30_000;
  for (;;) {
    const { prompt } = session.view;
    if (prompt !== null && systemClock.monoMs() >= prompt.liveFromMonoMs) return prompt.requestHash;
    if (performance.now() > end) throw new Error('the host was asked nothing');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
