import { randomFillSync, randomInt } from 'node:crypto';
import { secretBytes } from '../base/bytes.ts';
import type { ParentLink } from '../base/child.ts';
import { systemClock } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import type { LegId } from '../base/ids.ts';
import { createLog, type Log } from '../base/log.ts';
import { version } from '../base/version.ts';
import { createBridgeEngine, type BridgeEngine } from '../consent/bridge-engine.ts';
import { testSeals } from '../consent/messages/seal-self-test.ts';
import { KeyRing } from '../e2ee/key-ring.ts';
import { opusOnDemand } from '../media/codec/opus-loader.ts';
import { loadPrompts } from '../media/prompts/library.ts';
import { joinLiveKit } from '../meeting/livekit/join.ts';
import type { Meeting, MeetingEvents } from '../meeting/meeting.ts';
import { connectVault } from '../vault/client.ts';
import { keyCollector } from './collect.ts';
import { LegHost } from './leg-host.ts';
import { MeetingRoom } from './meeting-room.ts';
import type { MeetingFact, MeetingWorkerOptions, ToWorker, WorkerOptions } from './protocol.ts';
import { vaultPort } from './vault-port.ts';

/** Topic of consent messages on the meeting's data channel. */
const consentTopic = 'latchkey';
/** File descriptor of this worker's own pipe to the vault (worker/protocol.ts). */
const vaultPipe = 4;

/**
 * The worker of one meeting. It joins as a visible participant without a key; the engine asks for one when callers
 * wait; what opens the gate is the engine's verified and ledgered grant alone. Closing order: the engine (gate shut,
 * keys destroyed, recorded), legs, the meeting, the vault's pipe.
 */
export async function startMeeting(
  options: WorkerOptions,
  parent: ParentLink,
): Promise<{ info: object; stop(): Promise<void> }> {
  if (options.meeting === undefined)
    throw new LatchkeyError('child-failed', 'a meeting worker needs a meeting');
  const { meeting: own } = options;
  const log = createLog('meeting', options.logLevel);
  const tell = (fact: MeetingFact): void => parent.send(fact);
  const vault = await connectVault(vaultPipe, systemClock, {
    onLost: () => void engine?.close('ledger-failed'),
    onOperator: () => engine?.operatorSpoke(),
  });
  await testSeals((length) => randomFillSync(secretBytes(length)));
  const keys = new KeyRing();
  const collectKeys = keyCollector(systemClock);
  const opusOf = opusOnDemand(log);
  const opus = opusOf();
  let engine: BridgeEngine | null = null;
  let meeting: Meeting | null = null;
  const room = new MeetingRoom({
    identity: own.identity,
    keys,
    opus,
    clock: systemClock,
    gate: {
      mayHear: (legId) => engine?.mayHear(legId) ?? false,
      maySpeak: (legId) => engine?.maySpeak(legId) ?? false,
    },
    log,
    onAlarm: (what, detail) => tell({ kind: 'alarm', what, detail }),
  });
  const legs = new LegHost({
    rtp: options.rtp,
    prompts: await loadPrompts(options.promptsDir, options.language),
    clock: systemClock,
    randomInt: (n) => randomInt(n),
    opus: opusOf,
    log,
    parent,
    room,
    onLeg: (legId, present) => void moveLeg({ engine, room, log }, legId, present),
  });
  engine = createBridgeEngine({
    clock: systemClock,
    random: (length) => randomFillSync(secretBytes(length)),
    meetingId: own.meetingId,
    registration: new Uint8Array(own.registration),
    joinId: own.joinId,
    identity: own.identity,
    connectorName: own.connectorName,
    version,
    vault: vaultPort(vault, own.meetingId),
    keys,
    send: (payload, to) => meeting?.sendData(consentTopic, payload, to),
    onFact: (fact) => {
      if (fact.kind === 'gate-closed') collectKeys();
      tell(fact);
    },
  });
  meeting = await join({ own, engine, room, log, tell });
  room.attach(meeting);
  engine.presence(meeting.participants().map((p) => p.identity));
  await engine.start();
  tell({ kind: 'meeting-joined' });
  const bridge = engine;
  parent.onMessage((raw, handle) => {
    const message = raw as ToWorker;
    if (legs.handle(message, handle)) return;
    if (message.kind === 'callers-waiting') bridge.callersWaiting(message.callers);
    if (message.kind === 'caller-gone') bridge.callerGone(message.legId);
  });
  const joined = meeting;
  return {
    info: {},
    async stop() {
      await bridge.close('last-leg-left');
      legs.close();
      room.close();
      keys.destroy();
      await joined.close();
      vault.close();
    },
  };
}

interface JoinParts {
  readonly own: MeetingWorkerOptions;
  readonly engine: BridgeEngine;
  readonly room: MeetingRoom;
  readonly log: Log;
  readonly tell: (fact: MeetingFact) => void;
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
  return joinLiveKit(address, events, { clock: systemClock, log, encrypted: true });
}

/** A leg has come or is going: the engine records it, the room publishes or takes back its track. */
async function moveLeg(
  {
    engine,
    room,
    log,
  }: { readonly engine: BridgeEngine | null; readonly room: MeetingRoom; readonly log: Log },
  legId: LegId,
  present: boolean,
): Promise<void> {
  try {
    if (present) {
      await engine?.legJoined(legId);
      await room.legJoined(legId);
    } else {
      await room.legLeft(legId);
      await engine?.legLeft(legId);
    }
  } catch (error) {
    log.warn({ leg: legId, reason: error instanceof Error ? error.message : 'unknown' }, 'leg track');
  }
}
