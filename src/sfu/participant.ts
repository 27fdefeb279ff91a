import {
  DisconnectReason,
  JoinResponse,
  LeaveRequest,
  LeaveRequest_Action,
  ParticipantInfo,
  ParticipantInfo_State,
  ParticipantPermission,
  SessionDescription,
  SignalTarget,
  TrackUnpublishedResponse,
  TrickleRequest,
} from '@livekit/protocol';
import type { Clock, Milliseconds } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { ok, type Result } from '../base/result.ts';
import { candidateInit, type Candidate } from '../webrtc/candidate.ts';
import type { PeerOptions, PeerState } from '../webrtc/peer.ts';
import type { Access } from './access.ts';
import { relayedData, type RelayedData } from './data.ts';
import { limits } from './limits.ts';
import { Publisher } from './publisher.ts';
import type { PublishedTrack } from './published-track.ts';
import { handleSignal, type OwnData, type SignalContext } from './requests.ts';
import type { Signal, SignalAnswer } from './signal.ts';
import { newSid } from './sid.ts';
import { Subscriber, type ChannelLabel } from './subscriber.ts';

/** The signalling connection of one participant. */
export interface SignalLink {
  send(message: SignalAnswer): void;
  /** Sends what is queued, then closes. */
  close(): void;
}

/** What a participant needs of the room that it is in. */
export interface ParticipantPlace {
  track(sid: string): PublishedTrack | null;
  onChanged(participant: Participant): void;
  onPublished(participant: Participant, track: PublishedTrack): void;
  onUnpublished(track: PublishedTrack): void;
  onData(participant: Participant, data: RelayedData): void;
  onPacket(track: PublishedTrack, packet: Buffer): void;
  onLeft(participant: Participant): void;
  refreshedToken(access: Access): Promise<string>;
}

export interface ParticipantOptions {
  readonly access: Access;
  readonly autoSubscribe: boolean;
  readonly link: SignalLink;
  readonly place: ParticipantPlace;
  readonly peer: { readonly bindAddress?: string; readonly udpPort?: number };
  readonly clock: Clock;
  readonly log: Log;
}

export class Participant {
  readonly sid = newSid('PA_');
  readonly identity: string;
  readonly autoSubscribe: boolean;
  readonly #access: Access;
  readonly #link: SignalLink;
  readonly #place: ParticipantPlace;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #publisher: Publisher;
  readonly #subscriberPeer: Omit<PeerOptions, 'role'>;
  readonly #joinedAtWall: Milliseconds;
  readonly #joinedAtMono: Milliseconds;
  #subscriber: Subscriber | null = null;
  #own: OwnData;
  #state = ParticipantInfo_State.JOINING;
  #reason = DisconnectReason.UNKNOWN_REASON;
  #version = 0;
  #gone = false;
  #heardAtMono: Milliseconds;
  #offeredAtMono: Milliseconds = 0;
  #tokenAtMono: Milliseconds | null = null;
  #signalAllowance: number = limits.signalBurst;

  constructor(options: ParticipantOptions) {
    const { access, clock } = options;
    this.identity = access.identity;
    this.autoSubscribe = options.autoSubscribe;
    this.#access = access;
    this.#own = { name: access.name, metadata: access.metadata, attributes: access.attributes };
    this.#link = options.link;
    this.#place = options.place;
    this.#clock = clock;
    this.#log = options.log;
    this.#joinedAtWall = clock.wallMs();
    this.#joinedAtMono = this.#heardAtMono = clock.monoMs();
    this.#publisher = new Publisher({
      owner: { sid: this.sid, identity: this.identity },
      peer: { ...options.peer, name: `${this.sid}-pub`, maxMessageSize: limits.dataMessageBytes },
      events: {
        onCandidate: (candidate) => this.#trickle(SignalTarget.PUBLISHER, candidate),
        onState: (state) => this.#onPeerState('publisher', state),
        onData: (label, message) => this.#onData(label, message),
        onPublished: (track) => this.#place.onPublished(this, track),
        onUnpublished: (track) => this.#onUnpublished(track),
        onPacket: (track, packet) => this.#place.onPacket(track, packet),
      },
      log: options.log,
    });
    this.#subscriberPeer = {
      ...options.peer,
      name: `${this.sid}-sub`,
      maxMessageSize: limits.dataMessageBytes,
    };
  }

  get tracks(): readonly PublishedTrack[] {
    return this.#publisher.tracks();
  }

  get canSubscribe(): boolean {
    return this.#access.canSubscribe;
  }

  info(): ParticipantInfo {
    const { canSubscribe, canPublish, canPublishData, canUpdateOwnMetadata } = this.#access;
    return new ParticipantInfo({
      sid: this.sid,
      identity: this.identity,
      name: this.#own.name,
      state: this.#state,
      metadata: this.#own.metadata,
      attributes: { ...this.#own.attributes },
      joinedAt: BigInt(Math.floor(this.#joinedAtWall / 1000)),
      joinedAtMs: BigInt(Math.floor(this.#joinedAtWall)),
      version: this.#version,
      permission: new ParticipantPermission({
        canSubscribe,
        canPublish,
        canPublishData,
        canUpdateMetadata: canUpdateOwnMetadata,
      }),
      isPublisher: this.tracks.length > 0,
      tracks: this.tracks.map((track) => track.info),
      disconnectReason: this.#reason,
    });
  }

  /** Sends the join response and opens the subscriber connection; the first offer follows with `negotiate`. */
  join(response: Partial<JoinResponse>): Result<void> {
    this.#state = ParticipantInfo_State.JOINED;
    const subscriber = Subscriber.open(
      this.#subscriberPeer,
      {
        onCandidate: (candidate) => this.#trickle(SignalTarget.SUBSCRIBER, candidate),
        onState: (state) => this.#onPeerState('subscriber', state),
        onOffer: (id, sdp) => {
          this.#offeredAtMono = this.#clock.monoMs();
          this.send({ case: 'offer', value: new SessionDescription({ type: 'offer', sdp, id }) });
        },
        onData: (label, message) => this.#onData(label, message),
      },
      this.#log,
    );
    if (!subscriber.ok) return subscriber;
    this.#subscriber = subscriber.value;
    const value = new JoinResponse({
      ...response,
      participant: this.info(),
      subscriberPrimary: true,
      fastPublish: this.#access.canPublish,
      pingInterval: limits.pingIntervalSeconds,
      pingTimeout: limits.pingTimeoutSeconds,
    });
    this.send({ case: 'join', value });
    return ok(undefined);
  }

  send(message: SignalAnswer): void {
    if (!this.#gone) this.#link.send(message);
  }

  /** Raises the version that tells receivers which of two infos is newer. */
  nextVersion(): void {
    this.#version++;
  }

  subscribe(track: PublishedTrack): void {
    if (this.canSubscribe && track.owner.sid !== this.sid) this.#subscriber?.subscribe(track);
  }

  unsubscribe(track: PublishedTrack): void {
    this.#subscriber?.unsubscribe(track.info.sid);
  }

  negotiate(): void {
    if (!this.#gone) this.#subscriber?.negotiate();
  }

  deliver(label: ChannelLabel, bytes: Uint8Array): void {
    if (this.#gone || this.#subscriber === null || this.#subscriber.sendData(label, bytes)) return;
    this.#log.warn({ participant: this.sid }, 'participant does not take its data');
    this.reconnect(DisconnectReason.CONNECTION_TIMEOUT);
  }

  onSignal(signal: Signal): void {
    if (this.#gone) return;
    this.#heardAtMono = this.#clock.monoMs();
    if (--this.#signalAllowance < 0) {
      this.#log.warn({ participant: this.sid }, 'participant signals too much');
      this.disconnect(DisconnectReason.STATE_MISMATCH);
      return;
    }
    handleSignal(signal, this.#context());
  }

  /** Once a second. */
  tick(): void {
    this.#signalAllowance = Math.min(limits.signalBurst, this.#signalAllowance + limits.signalsPerSecond);
    const now = this.#clock.monoMs();
    const joining = this.#state !== ParticipantInfo_State.ACTIVE && now - this.#joinedAtMono > limits.joinMs;
    const awaiting = this.#subscriber?.awaiting != null && now - this.#offeredAtMono > limits.answerMs;
    const silent = now - this.#heardAtMono > limits.silenceMs;
    if (joining || awaiting || silent) {
      this.#log.info({ participant: this.sid, joining, awaiting, silent }, 'participant timed out');
      this.disconnect(DisconnectReason.CONNECTION_TIMEOUT);
    } else if (this.#publisher.worn() || this.#subscriber?.worn() === true) {
      this.reconnect(DisconnectReason.STATE_MISMATCH);
    } else if (this.#tokenAtMono === null || now - this.#tokenAtMono > limits.tokenRefreshMs) {
      this.#tokenAtMono = now;
      void this.#place
        .refreshedToken(this.#access)
        .then((token) => this.send({ case: 'refreshToken', value: token }));
    }
  }

  /** Asks the client to come back with new PeerConnections: libdatachannel has no ICE restart. */
  reconnect(reason: DisconnectReason): void {
    this.#leave(reason, LeaveRequest_Action.RECONNECT);
  }

  disconnect(reason: DisconnectReason): void {
    this.#leave(reason, LeaveRequest_Action.DISCONNECT);
  }

  /** The socket is gone, or the client said goodbye. */
  end(reason: DisconnectReason): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#state = ParticipantInfo_State.DISCONNECTED;
    this.#reason = reason;
    this.#place.onLeft(this);
    this.#publisher.close();
    this.#subscriber?.close();
    this.#link.close();
  }

  #leave(reason: DisconnectReason, action: LeaveRequest_Action): void {
    const canReconnect = action === LeaveRequest_Action.RECONNECT;
    this.send({ case: 'leave', value: new LeaveRequest({ reason, action, canReconnect }) });
    this.end(reason);
  }

  #context(): SignalContext {
    return {
      access: this.#access,
      own: this.#own,
      publisher: this.#publisher,
      subscriber: this.#subscriber,
      clock: this.#clock,
      track: (sid) => this.#place.track(sid),
      send: (message) => this.send(message),
      subscribe: (track) => this.subscribe(track),
      change: (own) => {
        this.#own = own ?? this.#own;
        this.#place.onChanged(this);
      },
      refuse: (reason) => {
        this.#log.info({ participant: this.sid, reason }, 'participant refused');
        this.disconnect(DisconnectReason.STATE_MISMATCH);
      },
      end: () => this.end(DisconnectReason.CLIENT_INITIATED),
    };
  }

  #trickle(target: SignalTarget, candidate: Candidate): void {
    const value = new TrickleRequest({ candidateInit: candidateInit(candidate), target });
    this.send({ case: 'trickle', value });
  }

  #onUnpublished(track: PublishedTrack): void {
    this.send({
      case: 'trackUnpublished',
      value: new TrackUnpublishedResponse({ trackSid: track.info.sid }),
    });
    this.#place.onUnpublished(track);
    this.#place.onChanged(this);
  }

  #onPeerState(which: 'publisher' | 'subscriber', state: PeerState): void {
    if (this.#gone) return;
    this.#log.debug({ participant: this.sid, which, state }, 'peer state');
    if (state === 'connected' && which === 'subscriber' && this.#state === ParticipantInfo_State.JOINED) {
      this.#state = ParticipantInfo_State.ACTIVE;
      this.#place.onChanged(this);
    }
    if (state === 'failed' || state === 'closed') this.reconnect(DisconnectReason.MEDIA_FAILURE);
  }

  #onData(label: string, message: Buffer): void {
    if (this.#gone || !this.#access.canPublishData) return;
    const data = relayedData(this, label, message);
    if (data.ok) this.#place.onData(this, data.value);
    else this.#log.debug({ participant: this.sid, reason: data.reason }, 'data packet dropped');
  }
}
