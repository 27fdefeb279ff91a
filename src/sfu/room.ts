import type { JoinResponse } from '@livekit/protocol';
import {
  Codec,
  DisconnectReason,
  ParticipantUpdate,
  Room as RoomInfo,
  ServerInfo,
  ServerInfo_Edition,
  SpeakersChanged,
} from '@livekit/protocol';
import type { Clock, Milliseconds } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import type { Access } from './access.ts';
import type { RelayedData } from './data.ts';
import { limits } from './limits.ts';
import { Participant, type ParticipantPlace, type SignalLink } from './participant.ts';
import type { PublishedTrack } from './published-track.ts';
import { newSid } from './sid.ts';
import { nextSpeakerState, speakerInfo, type SpeakerState } from './speakers.ts';

export interface RoomOptions {
  readonly name: string;
  readonly sifTrailer: Uint8Array<ArrayBuffer>;
  readonly peer: { readonly bindAddress?: string; readonly udpPort?: number };
  readonly clock: Clock;
  readonly log: Log;
  onPacket(track: PublishedTrack, packet: Buffer): void;
  refreshedToken(access: Access): Promise<string>;
}

/** The signal protocol version that we speak, and the server version whose habits clients may expect of us. */
const protocolVersion = 16;
const serverVersion = '1.9.0';

/** Who is in, who hears whom, and who is told what. */
export class Room {
  readonly name: string;
  readonly #sid = newSid('RM_');
  readonly #options: RoomOptions;
  readonly #createdAtWall: Milliseconds;
  readonly #participants = new Map<string, Participant>();
  readonly #speakers = new Map<string, SpeakerState>();

  constructor(options: RoomOptions) {
    this.name = options.name;
    this.#options = options;
    this.#createdAtWall = options.clock.wallMs();
  }

  get size(): number {
    return this.#participants.size;
  }

  /** Lets a client in. One of the same identity that is still there is put out: it is an older life of this one. */
  enter(client: {
    readonly access: Access;
    readonly autoSubscribe: boolean;
    readonly link: SignalLink;
  }): Result<Participant, 'room-full' | 'webrtc'> {
    for (const other of this.#participants.values()) {
      if (other.identity === client.access.identity) other.disconnect(DisconnectReason.DUPLICATE_IDENTITY);
    }
    if (this.#participants.size >= limits.participantsPerRoom) return refuse('room-full');
    const { peer, clock, log } = this.#options;
    const participant = new Participant({ ...client, place: this.#place(), peer, clock, log });
    const others = [...this.#participants.values()];
    const joined = participant.join(this.#joinResponse(others));
    if (!joined.ok) return refuse('webrtc');
    this.#participants.set(participant.sid, participant);
    log.info({ participant: participant.sid, participants: this.size }, 'participant joined');
    this.#tell(participant);
    for (const other of others) for (const track of other.tracks) this.#offer(participant, track);
    participant.negotiate();
    return ok(participant);
  }

  tick(): void {
    for (const participant of this.#participants.values()) participant.tick();
  }

  speak(): void {
    const speakers = [];
    for (const { sid, tracks } of this.#participants.values()) {
      const loudest = tracks.reduce((level, track) => Math.min(level, track.takeLoudest()), 127);
      const { state, changed } = nextSpeakerState(this.#speakers.get(sid), loudest);
      this.#speakers.set(sid, state);
      if (changed) speakers.push(speakerInfo(sid, state));
    }
    if (speakers.length === 0) return;
    const value = new SpeakersChanged({ speakers });
    for (const participant of this.#participants.values())
      participant.send({ case: 'speakersChanged', value });
  }

  close(reason: DisconnectReason): void {
    for (const participant of [...this.#participants.values()]) participant.disconnect(reason);
  }

  #joinResponse(others: readonly Participant[]): Partial<JoinResponse> {
    return {
      room: new RoomInfo({
        sid: this.#sid,
        name: this.name,
        creationTime: BigInt(Math.floor(this.#createdAtWall / 1000)),
        creationTimeMs: BigInt(Math.floor(this.#createdAtWall)),
        numParticipants: this.size + 1,
        numPublishers: others.filter((p) => p.tracks.length > 0).length,
        maxParticipants: limits.participantsPerRoom,
        enabledCodecs: [new Codec({ mime: 'audio/opus' })],
      }),
      otherParticipants: others.map((p) => p.info()),
      serverVersion,
      serverInfo: new ServerInfo({
        edition: ServerInfo_Edition.Standard,
        version: serverVersion,
        protocol: protocolVersion,
        nodeId: 'latchkey',
      }),
      enabledPublishCodecs: [new Codec({ mime: 'audio/opus' })],
      sifTrailer: this.#options.sifTrailer,
    };
  }

  #place(): ParticipantPlace {
    return {
      track: (sid) => this.#track(sid),
      onChanged: (participant) => this.#tell(participant, participant),
      onPublished: (participant, track) => {
        this.#tell(participant, participant);
        for (const other of this.#others(participant)) {
          this.#offer(other, track);
          other.negotiate();
        }
      },
      onUnpublished: (track) => this.#withdraw([track]),
      onData: (participant, data) => this.#relay(participant, data),
      onPacket: (track, packet) => this.#options.onPacket(track, packet),
      onLeft: (participant) => this.#onLeft(participant),
      refreshedToken: (access) => this.#options.refreshedToken(access),
    };
  }

  #track(sid: string): PublishedTrack | null {
    for (const { tracks } of this.#participants.values()) {
      const track = tracks.find((t) => t.info.sid === sid);
      if (track !== undefined) return track;
    }
    return null;
  }

  #others(participant: Participant): Participant[] {
    return [...this.#participants.values()].filter((other) => other !== participant);
  }

  #offer(to: Participant, track: PublishedTrack): void {
    if (to.autoSubscribe) to.subscribe(track);
  }

  #withdraw(tracks: readonly PublishedTrack[]): void {
    for (const participant of this.#participants.values()) {
      for (const track of tracks) participant.unsubscribe(track);
      participant.negotiate();
    }
  }

  /** Tells everybody else how `participant` is now, and `also` where itself is to know. */
  #tell(participant: Participant, also?: Participant): void {
    participant.nextVersion();
    const value = new ParticipantUpdate({ participants: [participant.info()] });
    for (const other of this.#others(participant)) other.send({ case: 'update', value });
    also?.send({ case: 'update', value });
  }

  #relay(from: Participant, data: RelayedData): void {
    for (const other of this.#others(from)) {
      if (data.to.size === 0 || data.to.has(other.identity)) other.deliver(data.label, data.bytes);
    }
  }

  #onLeft(participant: Participant): void {
    if (!this.#participants.delete(participant.sid)) return;
    this.#speakers.delete(participant.sid);
    this.#options.log.info({ participant: participant.sid, participants: this.size }, 'participant left');
    this.#tell(participant);
    this.#withdraw(participant.tracks);
  }
}
