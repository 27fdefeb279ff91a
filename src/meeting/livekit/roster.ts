import { Encryption_Type, ParticipantInfo_State, TrackType, type ParticipantInfo } from '@livekit/protocol';
import type { MeetingParticipant } from '../meeting.ts';

/**
 * Who the server says is there and what they publish. Its word names; it authorises nothing: the consent protocol
 * binds identities to keys by signatures. Bounded, because the server is not trusted.
 */
export interface RosterEvents {
  onJoined(participant: MeetingParticipant): void;
  /** `sid`: of the life that has ended. */
  onLeft(identity: string, sid: string): void;
}

export interface ListedTrack {
  readonly sid: string;
  readonly identity: string;
  readonly name: string;
  readonly encrypted: boolean;
}

interface Entry {
  readonly sid: string;
  readonly participant: MeetingParticipant;
  readonly version: number;
  readonly tracks: readonly ListedTrack[];
}

const maxParticipants = 1_000;
const maxTracks = 256;
const maxNameLength = 256;

export class Roster {
  readonly #ownSid: string;
  readonly #events: RosterEvents;
  /** By identity: of two lives of one participant, the newer one is here. */
  readonly #entries = new Map<string, Entry>();
  readonly #tracks = new Map<string, ListedTrack>();

  constructor(ownSid: string, events: RosterEvents) {
    this.#ownSid = ownSid;
    this.#events = events;
  }

  participants(): MeetingParticipant[] {
    return [...this.#entries.values()].map((entry) => entry.participant);
  }

  track(sid: string): ListedTrack | null {
    return this.#tracks.get(sid) ?? null;
  }

  sidOf(identity: string): string | null {
    return this.#entries.get(identity)?.sid ?? null;
  }

  apply(infos: readonly ParticipantInfo[]): void {
    for (const info of infos) {
      if (info.sid === this.#ownSid || info.identity === '') continue;
      if (info.identity.length > maxNameLength || info.sid.length > maxNameLength) continue;
      if (info.state === ParticipantInfo_State.DISCONNECTED) this.#remove(info);
      else this.#put(info);
    }
  }

  #put(info: ParticipantInfo): void {
    const known = this.#entries.get(info.identity);
    if (known === undefined && this.#entries.size >= maxParticipants) return;
    if (known?.sid === info.sid && info.version < known.version) return; // overtaken on its way
    const participant = { identity: info.identity, name: info.name.slice(0, maxNameLength) };
    if (known !== undefined) this.#forgetTracks(known);
    const entry = { sid: info.sid, participant, version: info.version, tracks: listedTracks(info) };
    this.#entries.set(info.identity, entry);
    for (const track of entry.tracks) this.#tracks.set(track.sid, track);
    if (known !== undefined && known.sid !== info.sid) this.#events.onLeft(info.identity, known.sid);
    if (known?.sid !== info.sid) this.#events.onJoined(participant);
  }

  #remove(info: ParticipantInfo): void {
    const known = this.#entries.get(info.identity);
    if (known === undefined || known.sid !== info.sid) return; // an older life of somebody who is back
    this.#entries.delete(info.identity);
    this.#forgetTracks(known);
    this.#events.onLeft(info.identity, known.sid);
  }

  #forgetTracks(entry: Entry): void {
    for (const track of entry.tracks)
      if (this.#tracks.get(track.sid) === track) this.#tracks.delete(track.sid);
  }
}

function listedTracks(info: ParticipantInfo): ListedTrack[] {
  return info.tracks
    .filter((track) => track.type === TrackType.AUDIO && track.sid.length <= maxNameLength)
    .slice(0, maxTracks)
    .map((track) => ({
      sid: track.sid,
      identity: info.identity,
      name: track.name.slice(0, maxNameLength),
      encrypted: track.encryption === Encryption_Type.GCM,
    }));
}
