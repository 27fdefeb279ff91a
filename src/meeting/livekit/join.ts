import {
  DisconnectReason,
  LeaveRequest,
  LeaveRequest_Action,
  RequestResponse_Reason,
  SessionDescription,
  SignalTarget,
  TrickleRequest,
  UpdateTrackSettings,
  type JoinResponse,
  type RequestResponse,
} from '@livekit/protocol';
import type { Clock, Timer } from '../../base/clock.ts';
import { LatchkeyError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { candidateInit, parseCandidate, type Candidate } from '../../webrtc/candidate.ts';
import type { PeerEvents, PeerOptions, PeerState } from '../../webrtc/peer.ts';
import type {
  LocalTrack,
  Meeting,
  MeetingAddress,
  MeetingEvents,
  MeetingParticipant,
  RemoteTrack,
} from '../meeting.ts';
import { maxPayload, parseData, writeData } from './data.ts';
import { iceServers } from './ice-servers.ts';
import { Publisher } from './publisher.ts';
import { Receiver } from './receiver.ts';
import { Roster } from './roster.ts';
import { SignalLink, type ServerMessage } from './signal-link.ts';

export interface JoinOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Flags our tracks as end-to-end encrypted. The frames themselves are the caller's matter. */
  readonly encrypted: boolean;
  /** Whether frames are wanted from the start, as `Meeting.listen` says it later. Default: yes. */
  readonly listening?: boolean;
}

/**
 * Joins a LiveKit room. Resolves when audio and data can flow in both directions; rejects with `meeting-unreachable`.
 * `events` begin before that: everybody who is there already is reported by `onParticipantJoined` and `onTrack`.
 * There is no reconnecting: whatever breaks is reported by `onClosed`, and the owner decides (keys and consent
 * belong to one life of a connection).
 */
export function joinLiveKit(
  address: MeetingAddress,
  events: MeetingEvents,
  options: JoinOptions,
): Promise<Meeting> {
  return new Promise((resolve, reject) => {
    new LiveKitMeeting(address, events, options, { resolve, reject }).start();
  });
}

const joinMs = 20_000;
const maxMessageSize = 64 * 1024;
const maxDataBacklog = 4 * 1024 * 1024;

type Settle = { resolve(meeting: Meeting): void; reject(error: Error): void };

interface Connection {
  readonly publisher: Publisher;
  readonly receiver: Receiver;
  readonly roster: Roster;
}

class LiveKitMeeting implements Meeting {
  readonly #address: MeetingAddress;
  readonly #events: MeetingEvents;
  readonly #options: JoinOptions;
  readonly #settle: Settle;
  /** Of each sender, the highest sequence of a reliable packet: a server's caches may deliver one twice. */
  readonly #heard = new Map<string, number>();
  #identity = '';
  #link: SignalLink | null = null;
  #connection: Connection | null = null;
  #listening: boolean;
  #sequence = 0;
  #phase: 'joining' | 'joined' | 'closed' = 'joining';
  #deadline: Timer | null = null;

  constructor(address: MeetingAddress, events: MeetingEvents, options: JoinOptions, settle: Settle) {
    this.#address = address;
    this.#events = events;
    this.#options = options;
    this.#listening = options.listening ?? true;
    this.#settle = settle;
  }

  start(): void {
    const { clock } = this.#options;
    this.#deadline = clock.after(joinMs, () => this.#end('join-timeout'));
    const link = SignalLink.open(
      { url: this.#address.url, token: this.#address.token, clock },
      { onMessage: (message) => this.#onMessage(message), onClosed: (reason) => this.#end(reason) },
    );
    if (link.ok) this.#link = link.value;
    else this.#end(link.reason);
  }

  get identity(): string {
    return this.#identity;
  }

  participants(): readonly MeetingParticipant[] {
    return this.#connection?.roster.participants() ?? [];
  }

  async publish(name: string): Promise<LocalTrack> {
    if (this.#connection === null) throw unreachable('closed');
    return this.#connection.publisher.publish(name);
  }

  async unpublish(track: LocalTrack): Promise<void> {
    await this.#connection?.publisher.unpublish(track.sid);
  }

  listen(on: boolean): void {
    if (on === this.#listening) return;
    this.#listening = on;
    this.#wantFrames(this.#connection?.receiver.trackSids ?? [], on);
  }

  sendData(topic: string, payload: Uint8Array, to: readonly string[] = []): void {
    if (payload.length > maxPayload) throw new RangeError(`a data packet holds at most ${maxPayload} bytes`);
    const publisher = this.#connection?.publisher;
    if (publisher === undefined) return;
    const packet = writeData({ topic, payload, to, sequence: ++this.#sequence });
    const backlog = publisher.buffered('_reliable') > maxDataBacklog;
    // A lost packet on a reliable channel means that the channel is over: silence about it would be worse.
    if (backlog || !publisher.send('_reliable', packet)) this.#end('data-channel-failed');
  }

  close(): Promise<void> {
    const reason = DisconnectReason.CLIENT_INITIATED;
    this.#link?.send({
      case: 'leave',
      value: new LeaveRequest({ reason, action: LeaveRequest_Action.DISCONNECT }),
    });
    const joining = this.#phase === 'joining';
    this.#cleanUp();
    if (joining) this.#settle.reject(unreachable('closed'));
    return Promise.resolve();
  }

  #onMessage(message: ServerMessage): void {
    if (this.#phase === 'closed') return;
    if (message.case === 'join') {
      if (this.#connection === null) this.#onJoin(message.value);
      return;
    }
    if (message.case === 'leave') {
      this.#end(`server-${reasonName(message.value.reason)}`);
      return;
    }
    if (this.#connection !== null) this.#onRoomMessage(message, this.#connection);
  }

  #onRoomMessage(message: ServerMessage, connection: Connection): void {
    const { publisher, receiver, roster } = connection;
    switch (message.case) {
      case 'offer': {
        const answer = receiver.answer(message.value.sdp);
        if (!answer.ok) this.#end(`offer-${answer.reason}`);
        else this.#sendDescription('answer', message.value.id, answer.value);
        break;
      }
      case 'answer': {
        const accepted = publisher.acceptAnswer(message.value.id, message.value.sdp);
        if (!accepted.ok) this.#end(`answer-${accepted.reason}`);
        break;
      }
      case 'trickle': {
        const candidate = parseCandidate(message.value.candidateInit);
        if (candidate === null) break;
        if (message.value.target === SignalTarget.PUBLISHER) publisher.addCandidate(candidate);
        else receiver.addCandidate(candidate);
        break;
      }
      case 'update':
        roster.apply(message.value.participants);
        receiver.bind();
        break;
      case 'trackPublished':
        if (message.value.track !== undefined)
          publisher.onTrackPublished(message.value.cid, message.value.track);
        break;
      case 'requestResponse':
        this.#onRequestResponse(message.value, publisher);
        break;
      default: // what only video, resuming or the user interface of an app needs
        break;
    }
  }

  #onJoin(join: JoinResponse): void {
    const own = join.participant;
    if (own === undefined) {
      this.#end('server-malformed');
      return;
    }
    const connection = this.#connect(join, own.sid);
    if (connection === null) {
      this.#end('webrtc');
      return;
    }
    this.#identity = own.identity;
    this.#connection = connection;
    this.#link?.startPings(join.pingInterval, join.pingTimeout);
    connection.roster.apply(join.otherParticipants);
    connection.publisher.negotiate();
  }

  #onTrack(track: RemoteTrack): void {
    if (!this.#listening) this.#wantFrames([track.sid], false);
    this.#events.onTrack(track);
  }

  #wantFrames(trackSids: string[], wanted: boolean): void {
    if (trackSids.length === 0) return;
    const value = new UpdateTrackSettings({ trackSids, disabled: !wanted });
    this.#link?.send({ case: 'trackSetting', value });
  }

  #connect(join: JoinResponse, ownSid: string): Connection | null {
    const { bindAddress } = this.#address;
    const { clock, log, encrypted } = this.#options;
    const peer = (name: string): Omit<PeerOptions, 'role'> => ({
      name,
      maxMessageSize,
      iceServers: iceServers(join.iceServers),
      ...(bindAddress === undefined ? {} : { bindAddress }),
    });
    const roster = new Roster(ownSid, {
      onJoined: (participant) => this.#events.onParticipantJoined(participant),
      onLeft: (identity, sid) => {
        this.#heard.delete(sid);
        this.#connection?.receiver.bind(); // whose tracks end first
        this.#events.onParticipantLeft(identity);
      },
    });
    const receiver = Receiver.open({
      peer: peer('receiver'),
      peerEvents: this.#peerEvents(SignalTarget.SUBSCRIBER),
      listed: (sid) => roster.track(sid),
      events: {
        onTrack: (track) => this.#onTrack(track),
        onTrackEnded: (track) => this.#events.onTrackEnded(track),
        onFrame: (...frame) => this.#events.onFrame(...frame),
      },
      sifTrailer: Buffer.from(join.sifTrailer),
      log,
    });
    if (!receiver.ok) return null;
    const publisher = Publisher.open({
      peer: peer('publisher'),
      peerEvents: this.#peerEvents(SignalTarget.PUBLISHER),
      encrypted,
      clock,
      sendOffer: (id, sdp) => this.#sendDescription('offer', id, sdp),
      sendAddTrack: (value) => this.#link?.send({ case: 'addTrack', value }),
    });
    if (publisher.ok) return { publisher: publisher.value, receiver: receiver.value, roster };
    receiver.value.close();
    return null;
  }

  #peerEvents(target: SignalTarget): PeerEvents {
    return {
      onCandidate: (candidate) => this.#sendCandidate(target, candidate),
      onState: (state) => this.#onPeerState(state),
      onChannelOpen: () => this.#checkJoined(),
      onMessage: (label, message) => this.#onData(label, message),
    };
  }

  #onPeerState(state: PeerState): void {
    if (state === 'failed' || state === 'closed') this.#end('media-failed');
    else this.#checkJoined();
  }

  #checkJoined(): void {
    if (this.#phase !== 'joining' || this.#connection === null) return;
    const { publisher, receiver } = this.#connection;
    if (!receiver.connected || !receiver.channelOpen('_reliable') || !publisher.channelOpen('_reliable'))
      return;
    this.#phase = 'joined';
    this.#deadline?.cancel();
    this.#settle.resolve(this);
  }

  #onData(label: string, message: Buffer): void {
    if (this.#phase === 'closed' || label !== '_reliable') return;
    const data = parseData(message);
    if (data === null) return;
    // Only senders that the roster lists are remembered, so that made-up ones cannot fill the memory.
    if (data.sequence > 0 && this.#connection?.roster.sidOf(data.from) === data.fromSid) {
      if (data.sequence <= (this.#heard.get(data.fromSid) ?? 0)) return;
      this.#heard.set(data.fromSid, data.sequence);
    }
    this.#events.onData(data.from, data.topic, data.payload);
  }

  #onRequestResponse(response: RequestResponse, publisher: Publisher): void {
    const { request } = response;
    if (request.case !== 'addTrack') return;
    const reason =
      response.reason === RequestResponse_Reason.LIMIT_EXCEEDED ? 'limit-exceeded' : 'not-allowed';
    publisher.onTrackRefused(request.value.cid, reason);
  }

  #sendDescription(type: 'offer' | 'answer', id: number, sdp: string): void {
    this.#link?.send({ case: type, value: new SessionDescription({ type, sdp, id }) });
  }

  #sendCandidate(target: SignalTarget, candidate: Candidate): void {
    const value = new TrickleRequest({ candidateInit: candidateInit(candidate), target });
    this.#link?.send({ case: 'trickle', value });
  }

  #end(reason: string): void {
    if (this.#phase === 'closed') return;
    const joining = this.#phase === 'joining';
    this.#options.log.info({ reason }, 'meeting connection ended');
    this.#cleanUp();
    if (joining) this.#settle.reject(unreachable(reason));
    else this.#events.onClosed(reason);
  }

  #cleanUp(): void {
    this.#phase = 'closed';
    this.#deadline?.cancel();
    this.#link?.close();
    if (this.#connection !== null) {
      this.#options.log.debug(this.#connection.receiver.counters, 'meeting connection received');
      this.#connection.publisher.close();
      this.#connection.receiver.close();
    }
    this.#connection = null;
    this.#heard.clear();
  }
}

function unreachable(reason: string): LatchkeyError {
  return new LatchkeyError('meeting-unreachable', `the meeting server could not be joined (${reason})`);
}

function reasonName(reason: DisconnectReason): string {
  return ((DisconnectReason[reason] as string | undefined) ?? 'unknown').toLowerCase().replaceAll('_', '-');
}
