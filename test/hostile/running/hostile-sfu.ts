import { connect } from 'node:net';
import {
  DataPacket,
  DataPacket_Kind,
  Encryption_Type,
  type ParticipantInfo,
  ParticipantUpdate,
  UserPacket,
} from '@livekit/protocol';
import { peekMessage, type Peeked } from '../../../src/consent/messages/jws.ts';
import { parsePacket } from '../../../src/consent/messages/packet.ts';
import { Participant } from '../../../src/sfu/participant.ts';
import { PublishedTrack } from '../../../src/sfu/published-track.ts';
import type { SignalAnswer } from '../../../src/sfu/signal.ts';
import type { RtpPacket } from '../../../src/webrtc/rtp.ts';
import { readLines, writeLine } from '../../demo/wire.ts';
import { behaviours, type Behaviour, type Guest, type Role } from './behaviours.ts';

/**
 * The embedded SFU with somebody bad at its controls. It stands on the three lines that everything crosses: data packets to a
 * client, signalling to a client, and RTP of a published track. What it does with them is the behaviour that the test has
 * named last; what it sees on them in the clear it counts.
 */
const topic = 'latchkey';

class Seat implements Guest {
  readonly participant: Participant;
  role: Role = 'unknown';

  constructor(participant: Participant) {
    this.participant = participant;
  }

  get identity(): string {
    return this.participant.identity;
  }

  receive(from: string, payload: Uint8Array): void {
    const bytes = Uint8Array.from(payload);
    const user = new UserPacket({ participantIdentity: from, payload: bytes, topic });
    const packet = new DataPacket({
      kind: DataPacket_Kind.RELIABLE,
      participantIdentity: from,
      value: { case: 'user', value: user },
    });
    deliver.call(this.participant, '_reliable', packet.toBinary());
  }
}

/* eslint-disable @typescript-eslint/unbound-method -- each is called with the object that it was taken from */
const { join, end, deliver, send } = Participant.prototype;
const { forward } = PublishedTrack.prototype;
/* eslint-enable @typescript-eslint/unbound-method */

const seats = new Map<string, Seat>();
const guests = (): readonly Seat[] => [...seats.values()];
const kept: { readonly from: string; readonly payload: Uint8Array; readonly type: string }[] = [];
const keptFrames = 150;
let frames: Buffer[] = [];
const counts = { bites: 0, plainFrames: 0, plainTracks: 0 };
const honest: Behaviour = {};
let behaviour: Behaviour = honest;

function messageOf(payload: Uint8Array): Peeked | null {
  const packet = parsePacket(payload);
  const peeked = packet.ok ? peekMessage(packet.value.jws) : packet;
  return peeked.ok ? peeked.value : null;
}

const roleBySaying: Readonly<Partial<Record<string, Role>>> = {
  'instance-start': 'host',
  hello: 'member',
  'bridge-hello': 'bridge',
};

Participant.prototype.join = function (response) {
  seats.set(this.identity, new Seat(this));
  return join.call(this, response);
};

Participant.prototype.end = function (reason) {
  if (seats.get(this.identity)?.participant === this) seats.delete(this.identity);
  end.call(this, reason);
};

Participant.prototype.deliver = function (label, bytes) {
  const packet = DataPacket.fromBinary(bytes);
  const to = seats.get(this.identity);
  const from = seats.get(packet.participantIdentity);
  const user = packet.value.case === 'user' ? packet.value.value : null;
  if (to === undefined || from === undefined || user?.topic !== topic) {
    deliver.call(this, label, bytes);
    return;
  }
  const { payload } = user;
  const message = messageOf(payload);
  const type = message?.type ?? '';
  if (from.role === 'unknown') from.role = roleBySaying[type] ?? 'unknown';
  kept.push({ from: from.identity, payload, type });
  const passed = behaviour.onPacket?.({ from, to, payload, message, guests: guests() });
  if (passed === undefined) {
    deliver.call(this, label, bytes);
    return;
  }
  counts.bites += 1;
  for (const one of passed) to.receive(from.identity, one);
};

/** As the behaviour has it: a copy, because the SFU gives one message to several. */
function retold(infos: readonly ParticipantInfo[], to: Participant): ParticipantInfo[] {
  const onInfo = behaviour.onInfo;
  // The connector's own client has not said anything yet when it is told who is there: whoever is unknown may be it.
  const role = seats.get(to.identity)?.role ?? 'unknown';
  if (onInfo === undefined || role === 'host' || role === 'member') return [...infos];
  return infos.map((info) => {
    const lie = info.clone();
    const about = seats.get(info.identity);
    if (about !== undefined && onInfo(lie, about, guests())) counts.bites += 1;
    return lie;
  });
}

Participant.prototype.send = function (message: SignalAnswer) {
  if (message.case === 'join') {
    const value = message.value.clone();
    value.otherParticipants = retold(message.value.otherParticipants, this);
    send.call(this, { case: 'join', value });
  } else if (message.case === 'update') {
    const value = new ParticipantUpdate({ participants: retold(message.value.participants, this) });
    send.call(this, { case: 'update', value });
  } else {
    send.call(this, message);
  }
};

/** LiveKit's encrypted frames end with the IV's length, 12, and the key's slot. */
const looksSealed = (payload: Buffer): boolean => payload.length > 30 && payload.at(-2) === 12;

PublishedTrack.prototype.forward = function (packet: RtpPacket, level) {
  if (!looksSealed(packet.payload)) counts.plainFrames += 1;
  if (this.info.encryption === Encryption_Type.NONE) counts.plainTracks += 1;
  const from = seats.get(this.owner.identity);
  if (from?.role === 'host' && frames.length < keptFrames) frames.push(Buffer.from(packet.payload));
  const payload = from === undefined ? undefined : behaviour.onFrame?.(from, packet.payload);
  if (payload !== undefined) counts.bites += 1;
  forward.call(this, payload === undefined ? packet : { ...packet, payload }, level);
};

/** Obeys the test on `port` of loopback; resolves when it does. */
export function takeOver(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  // The SFU's process ends with its parent, whatever the test's end does.
  socket.on('error', () => undefined);
  socket.unref();
  readLines(socket, (line) => {
    if (line.kind === 'behave') {
      behaviour = behaviours[String(line.name)]?.({ guests, kept, frames }) ?? honest;
      frames = [];
      counts.bites = 0;
    }
    writeLine(socket, { kind: 'did', ...counts });
  });
  return new Promise((resolve) => void socket.once('connect', () => resolve()));
}
