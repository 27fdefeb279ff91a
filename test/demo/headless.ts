import { randomFillSync } from 'node:crypto';
import { systemClock } from '../../src/base/clock.ts';
import { toBase64url } from '../../src/base/bytes.ts';
import { buildRegistration, meetingIdOf } from '../../src/consent/messages/registration.ts';
import { createHostSession, createMemberSession } from '../../src/web/host/index.ts';
import type {
  DeviceKey,
  HostSession,
  MeetingView,
  MemberSession,
  SessionOptions,
} from '../../src/web/host/session.ts';
import type { Party } from './chord.ts';
import { call, createDevice, createStore, readInvite, type Invitation, type Json } from './invitation.ts';
import { Listener } from './listener.ts';
import { MeetingClient } from './meeting-client.ts';
import { nowMs, serveParty, type Line } from './wire.ts';

/** A host or a member without a browser: the same host library as the pages, over the connector's HTTP API. */
interface HeadlessStart extends Line {
  readonly role: 'host' | 'member';
  readonly httpUrl: string;
  /** Host: the one-time claim of the printed link. */
  readonly claim?: string;
  /** Member: the invite link that the host sent. */
  readonly invite?: string;
  readonly name: string;
  readonly listenFor: readonly Party[];
  readonly keep: string | null;
}

type Emit = (line: Line) => void;

/** The host makes the registration and the invite secret, and claims the meeting with the printed link. */
async function claimMeeting(start: HeadlessStart, device: DeviceKey): Promise<Invitation> {
  const setup = await call(`${start.httpUrl}/api/setup`);
  const operators = (setup.operators as readonly { readonly thumbprint: string }[]).map((o) => o.thumbprint);
  const salt = randomFillSync(new Uint8Array(16));
  const registration = buildRegistration({ salt, hosts: [device.publicKey], operators });
  const claimed = await call(`${start.httpUrl}/api/meetings/claim`, {
    claim: start.claim,
    registration: toBase64url(registration),
    hostName: start.name,
  });
  const meetingId = await meetingIdOf(registration);
  if (claimed.meetingId !== meetingId) throw new Error('the server claimed another meeting');
  const inviteSecret = randomFillSync(new Uint8Array(16));
  return { registration, meetingId, inviteSecret, pin: String(claimed.pin), operator: operators[0] ?? null };
}

/** What a person reads off the page. */
function summary(view: MeetingView): Json {
  return {
    phase: view.phase,
    epoch: view.epoch,
    hostPresent: view.hostPresent,
    members: view.members.map(({ name, isHost, holdsKey }) => ({ name, isHost, holdsKey })),
    bridges: view.bridges.map((bridge) => ({
      state: bridge.state,
      thumbprint: bridge.thumbprint,
      canDial: bridge.canDial,
      legs: bridge.legs.map(({ display, state, verification, transport }) => ({
        display,
        state,
        verification,
        transport,
      })),
      switchesLeft: bridge.switchesLeft,
      lockedOutAfterMs: bridge.lockedOutAfterMs,
    })),
    prompt: view.prompt?.requestHash ?? null,
    code: view.prompt?.code ?? null,
    suite: view.prompt?.suite ?? null,
    dials: view.dials.map(({ number, state, reason }) => ({ number, state, reason })),
    alarms: view.alarms.map(({ what }) => what),
    alarmed: view.alarms.map(({ what, atWallMs }) => ({ what, atWallMs })),
  };
}

const isHost = (session: MemberSession | HostSession): session is HostSession => 'approve' in session;

function asHost(session: MemberSession | HostSession): HostSession {
  if (!isHost(session)) throw new Error('only the host decides');
  return session;
}

async function promptIsLive(session: HostSession): Promise<string> {
  for (;;) {
    const { prompt } = session.view;
    if (prompt !== null && systemClock.monoMs() >= prompt.liveFromMonoMs) return prompt.requestHash;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function commands(session: MemberSession | HostSession, finish: (emit: Emit) => void, emit: Emit) {
  return async (command: Line): Promise<void> => {
    switch (command.kind) {
      case 'approve': {
        const hash = await promptIsLive(asHost(session));
        emit({ kind: 'clicked', what: 'approve', at: nowMs() });
        await asHost(session).approve(hash, command.approval ?? {});
        return;
      }
      case 'revoke': {
        const bridge = session.view.bridges[0]?.thumbprint ?? '';
        emit({ kind: 'clicked', what: 'revoke', at: nowMs() });
        await asHost(session).revoke(bridge);
        return;
      }
      case 'invite-phone': {
        await asHost(session).invitePhone(String(command.number));
        return;
      }
      case 'cancel-invite': {
        await asHost(session).cancelInvite(session.view.dials.at(-1)?.dialId ?? '');
        return;
      }
      case 'mute-leg': {
        const { thumbprint = '', legs = [] } = session.view.bridges[0] ?? {};
        await asHost(session).muteLeg(
          thumbprint,
          legs[Number(command.leg)]?.legId ?? '',
          command.muted === true,
        );
        return;
      }
      case 'end-leg': {
        const { thumbprint = '', legs = [] } = session.view.bridges[0] ?? {};
        await asHost(session).endLeg(thumbprint, legs[Number(command.leg)]?.legId ?? '');
        return;
      }
      case 'report': {
        finish(emit);
        return;
      }
      default:
        throw new Error(`unknown command ${command.kind}`);
    }
  };
}

serveParty(async (line, emit) => {
  const start = line as HeadlessStart;
  const device = await createDevice();
  const invitation = await (start.role === 'host' ? claimMeeting(start, device) : readInvite(start));
  const { registration, meetingId, inviteSecret } = invitation;
  const joinId = randomFillSync(new Uint8Array(16));
  const api = `${start.httpUrl}/api/meetings/${meetingId}/token`;
  const { token, url } = await call(api, { joinId: toBase64url(joinId), name: start.name });
  const packets: string[] = [];
  // The audit: whatever the host library draws is kept, the meeting keys among it, before the library wipes them.
  const randomness: string[] = [];
  const random = (length: number): Uint8Array<ArrayBuffer> => {
    const drawn = randomFillSync(new Uint8Array(length));
    if (length === 32) randomness.push(toBase64url(drawn));
    return drawn;
  };
  const listener = new Listener(8000, start.listenFor, (party, hears) =>
    emit({ kind: 'hears', party, hears }),
  );
  const client = new MeetingClient({
    party: start.role,
    identity: `p-${toBase64url(joinId)}`,
    url: String(url),
    token: String(token),
    listener,
    onPacket: (payload) => void packets.push(toBase64url(payload)),
    onLost: (reason) => emit({ kind: 'lost', reason }),
  });
  const options: SessionOptions = {
    channel: client.channel,
    keys: client.keys,
    store: createStore(),
    device,
    clock: systemClock,
    random,
    registration,
    inviteSecret,
    joinId,
    displayName: start.name,
  };
  const session = start.role === 'host' ? createHostSession(options) : createMemberSession(options);
  session.subscribe((view) => emit({ kind: 'view', view: summary(view) }));
  await client.join();
  await session.start();
  await client.startAudio();
  const invite = `${start.httpUrl}/join/${meetingId}#${toBase64url(inviteSecret)}`;
  const { pin, operator } = invitation;
  emit({ kind: 'in-meeting', meetingId, invite, pin, operator });
  const report = (to: Emit): void => {
    if (start.keep !== null) client.saveHeard(start.keep);
    const audit =
      start.role === 'host' ? { packets, randomness, registration: toBase64url(registration) } : {};
    to({ kind: 'report', hearing: listener.hearing(), ...audit });
  };
  return commands(session, report, emit);
});
