import { randomFillSync } from 'node:crypto';
import { secretBytes } from '../base/bytes.ts';
import { systemClock } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import type { LegId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import { version } from '../base/version.ts';
import { createBridgeEngine, type BridgeEngine } from '../consent/bridge-engine.ts';
import { directAead } from '../e2ee/aead-direct.ts';
import { KeyRing } from '../e2ee/key-ring.ts';
import type { Announcements } from '../media/audio/announcement.ts';
import type { OpusCodec } from '../media/codec/opus.ts';
import { joinLiveKit } from '../meeting/livekit/join.ts';
import type { Meeting, MeetingEvents } from '../meeting/meeting.ts';
import { connectVault, type VaultClient } from '../vault/client.ts';
import { LeaseWatch } from './lease-watch.ts';
import { LegMoves } from './leg-moves.ts';
import { reportMeeting, type MeetingReporter } from './meeting-report.ts';
import { MeetingRoom } from './meeting-room.ts';
import type {
  DialReport,
  LeaseLeft,
  MeetingFact,
  MeetingReport,
  MeetingWorkerOptions,
  WaitingCaller,
} from './protocol.ts';
import { vaultPort } from './vault-port.ts';

/** Topic of consent messages on the meeting's data channel. */
const consentTopic = 'latchkey';

/** What a bridge takes from its process. */
export interface BridgeParts {
  readonly log: Log;
  readonly opus: OpusCodec;
  readonly announcements: Announcements | null;
  readonly collectKeys: () => void;
  readonly tell: (fact: MeetingFact) => void;
  readonly report: (report: MeetingReport) => void;
}

/** One bridge in one meeting. Nothing of it is shared with another bridge of the same process. */
export interface OpenMeeting {
  readonly room: MeetingRoom;
  /** Another end of the lease that it was opened with. */
  lease(left: LeaseLeft): void;
  callersWaiting(callers: readonly WaitingCaller[]): void;
  callerGone(legId: LegId): void;
  dialled(report: DialReport): void;
  /** A leg has come or is going: the engine records it, the room publishes or takes back its track. */
  legMoved(legId: LegId, present: boolean): Promise<void>;
  /** Closing order: the engine (gate shut, keys destroyed, recorded), legs, the room, the meeting, the vault's pipe. */
  stop(endLegs: () => void): Promise<void>;
}

/**
 * Joins as a visible participant without a key; the engine asks for one when callers wait; what opens the gate is the engine's
 * verified and ledgered grant alone. `pipe`: the descriptor of this bridge's own pipe to the vault. Rejects where meeting or vault
 * cannot be reached; then nothing is left of it.
 */
export async function openMeeting(
  own: MeetingWorkerOptions,
  pipe: number,
  parts: BridgeParts,
): Promise<OpenMeeting> {
  const bridge: { engine: BridgeEngine | null } = { engine: null };
  const vault = await connectVault(pipe, systemClock, {
    onLost: () => void bridge.engine?.close('ledger-failed'),
    onOperator: () => bridge.engine?.operatorSpoke(),
  });
  const keys = new KeyRing({ aead: directAead });
  const { meetingId } = own;
  const report = reportMeeting({ meetingId, keys, clock: systemClock, send: parts.report });
  const room = openRoom(own, keys, parts, bridge);
  let meeting: Meeting | null = null;
  const engine = openEngine({
    own,
    keys,
    vault,
    parts,
    report,
    send: (...data) => meeting?.sendData(consentTopic, ...data),
    onGate(open) {
      // Without a grant nothing that the meeting says can be opened: it need not even come here.
      meeting?.listen(open);
      if (!open) room.gateClosed();
    },
  });
  bridge.engine = engine;
  const leave = async (): Promise<void> => {
    await engine.close('lease-lost');
    parts.tell({ kind: 'meeting-left', reason: 'lease-lost' });
    await meeting?.close();
  };
  const lease = own.lease === undefined ? null : new LeaseWatch(systemClock, own.lease, () => void leave());
  try {
    meeting = await join({ own, engine, room, ...parts });
    if (lease?.over === true)
      throw new LatchkeyError('meeting-unreachable', 'the lease of the meeting is over');
    room.attach(meeting);
    engine.presence(meeting.participants().map((p) => p.identity));
    await engine.start();
  } catch (error) {
    lease?.stop();
    try {
      await engine.close('meeting-lost');
    } finally {
      report.stop();
      room.close();
      keys.destroy();
    }
    await meeting?.close();
    vault.close();
    throw error;
  }
  parts.tell({ kind: 'meeting-joined' });
  const joined = meeting;
  const moves = new LegMoves({ engine, room, log: parts.log });
  return {
    room,
    lease: (left) => lease?.renew(left),
    callersWaiting: (callers) => engine.callersWaiting(callers),
    callerGone: (legId) => engine.callerGone(legId),
    dialled: (report) => engine.dialled(report),
    legMoved: (legId, present) => moves.moved(legId, present),
    async stop(endLegs) {
      lease?.stop();
      try {
        await engine.close('last-leg-left');
      } finally {
        // Whatever becomes of the record: nobody hears, and no key stays.
        report.stop();
        endLegs();
        room.close();
        keys.destroy();
      }
      await joined.close();
      vault.close();
    },
  };
}

function openRoom(
  own: MeetingWorkerOptions,
  keys: KeyRing,
  { opus, announcements, log, tell }: BridgeParts,
  bridge: { readonly engine: BridgeEngine | null },
): MeetingRoom {
  return new MeetingRoom({
    ...{ identity: own.identity, keys, opus, announcements, clock: systemClock, log },
    gate: {
      get open() {
        return bridge.engine?.open ?? false;
      },
      mayHear: (legId) => bridge.engine?.mayHear(legId) ?? false,
      maySpeak: (legId) => bridge.engine?.maySpeak(legId) ?? false,
    },
    onAlarm: (what, detail) => tell({ kind: 'alarm', what, detail }),
  });
}

interface EngineParts {
  readonly own: MeetingWorkerOptions;
  readonly keys: KeyRing;
  readonly vault: VaultClient;
  readonly parts: BridgeParts;
  readonly report: MeetingReporter;
  readonly send: (payload: Uint8Array, to?: readonly string[]) => void;
  readonly onGate: (open: boolean) => void;
}

function openEngine({ own, keys, vault, parts, report, send, onGate }: EngineParts): BridgeEngine {
  return createBridgeEngine({
    clock: systemClock,
    random: (length) => randomFillSync(secretBytes(length)),
    meetingId: own.meetingId,
    registration: new Uint8Array(own.registration),
    joinId: own.joinId,
    identity: own.identity,
    connectorName: own.connectorName,
    version,
    vault: vaultPort(vault, own.meetingId),
    dials: own.dials,
    keys,
    send,
    onFact: (fact) => {
      if (fact.kind === 'legs-admitted') onGate(true);
      if (fact.kind === 'gate-closed') {
        onGate(false);
        parts.collectKeys();
      }
      parts.tell(fact);
      if (fact.kind === 'gate-closed') report.now();
    },
  });
}

interface JoinParts extends BridgeParts {
  readonly own: MeetingWorkerOptions;
  readonly engine: BridgeEngine;
  readonly room: MeetingRoom;
}

/** Joins, and tells the engine who is there and what they say. A lost connection closes the gate for good. */
function join({ own, engine, room, log, tell }: JoinParts): Promise<Meeting> {
  const present = new Set<string>();
  const changed = (): void => engine.presence([...present]);
  const events: MeetingEvents = {
    onParticipantJoined: ({ identity }) => {
      present.add(identity);
      changed();
    },
    onParticipantLeft: (identity) => {
      present.delete(identity);
      changed();
    },
    onTrack: () => undefined,
    onTrackEnded: (track) => room.onTrackEnded(track),
    onFrame: (track, frame, sequence, timestamp) => room.onFrame(track, frame, sequence, timestamp),
    onData: (from, topic, payload) => {
      if (topic === consentTopic) engine.receive(from, payload);
    },
    onClosed: (reason) => {
      log.warn({ reason }, 'meeting connection lost');
      void engine.close('meeting-lost').then(() => tell({ kind: 'meeting-left', reason }));
    },
  };
  const address = {
    url: own.url,
    token: own.token,
    ...(own.bindAddress === undefined ? {} : { bindAddress: own.bindAddress }),
  };
  return joinLiveKit(address, events, { clock: systemClock, log, encrypted: true, listening: false });
}
