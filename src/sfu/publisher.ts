import {
  type AddTrackRequest,
  Encryption_Type,
  SimulcastCodecInfo,
  TrackInfo,
  TrackType,
} from '@livekit/protocol';
import type { Log } from '../base/log.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import type { Candidate } from '../webrtc/candidate.ts';
import { openPeer, type Peer, type PeerOptions, type PeerState } from '../webrtc/peer.ts';
import { audioLevel, parseRtp } from '../webrtc/rtp.ts';
import { mediaSections, type MediaSection } from '../webrtc/sdp.ts';
import { limits } from './limits.ts';
import { PublishedTrack } from './published-track.ts';
import { newSid } from './sid.ts';

/**
 * The PeerConnection on which a participant publishes: the client offers, we answer. A track becomes published when
 * both are there, its announcement (addTrack, with the client's own id, the cid) and an audio line that sends it.
 */
export interface PublisherEvents {
  onCandidate(candidate: Candidate): void;
  onState(state: PeerState): void;
  onData(label: string, message: Buffer): void;
  onPublished(track: PublishedTrack): void;
  onUnpublished(track: PublishedTrack): void;
  /** Every packet of a published track as it came out of SRTP, for the audit tap. */
  onPacket(track: PublishedTrack, packet: Buffer): void;
}

interface Line {
  /** Of everything that makes the line another one: a change of it needs a new answer. */
  shape: string;
  sending: boolean;
  msid: string | null;
  payloadType: number;
  levelId: number | null;
  /** What the line carries now, and the msid it had when that was published. */
  current: { readonly track: PublishedTrack; readonly msid: string | null } | null;
}

export class Publisher {
  readonly #owner: { readonly sid: string; readonly identity: string };
  readonly #peerOptions: Omit<PeerOptions, 'role'>;
  readonly #events: PublisherEvents;
  readonly #log: Log;
  readonly #announced = new Map<string, TrackInfo>();
  readonly #lines = new Map<string, Line>();
  #peer: Peer | null = null;

  constructor(options: {
    readonly owner: { readonly sid: string; readonly identity: string };
    readonly peer: Omit<PeerOptions, 'role'>;
    readonly events: PublisherEvents;
    readonly log: Log;
  }) {
    this.#owner = options.owner;
    this.#peerOptions = options.peer;
    this.#events = options.events;
    this.#log = options.log;
  }

  tracks(): PublishedTrack[] {
    return [...this.#lines.values()].flatMap((line) => line.current?.track ?? []);
  }

  /** Whether the peer has seen so many changes that it should be replaced. */
  worn(): boolean {
    return (this.#peer?.renegotiations ?? 0) > limits.renegotiations;
  }

  announce(request: AddTrackRequest): Result<TrackInfo, 'unsupported-type' | 'limit-exceeded'> {
    if (request.type !== TrackType.AUDIO) return refuse('unsupported-type');
    const known = this.#announced.get(request.cid);
    if (known !== undefined) return ok(known);
    if (this.#announced.size + this.tracks().length >= limits.tracksPerParticipant)
      return refuse('limit-exceeded');
    /* eslint-disable @typescript-eslint/no-deprecated -- current clients still read disableDtx and stereo */
    const info = new TrackInfo({
      sid: newSid('TR_'),
      type: TrackType.AUDIO,
      name: request.name.slice(0, limits.nameLength),
      source: request.source,
      muted: request.muted,
      mimeType: 'audio/opus',
      disableDtx: request.disableDtx,
      disableRed: true,
      stereo: request.stereo,
      encryption: request.encryption in Encryption_Type ? request.encryption : Encryption_Type.NONE,
      stream: request.stream.slice(0, limits.nameLength),
      audioFeatures: request.audioFeatures.slice(0, 16),
      codecs: [new SimulcastCodecInfo({ mimeType: 'audio/opus', cid: request.cid })],
    });
    /* eslint-enable @typescript-eslint/no-deprecated */
    this.#announced.set(request.cid, info);
    this.#match();
    return ok(info);
  }

  /** Our answer to the client's offer. */
  answer(sdp: string): Result<string> {
    const peer = this.#openPeer();
    if (!peer.ok) return peer;
    for (const section of mediaSections(sdp)) {
      if (section.kind !== 'audio') continue;
      const set = this.#setLine(peer.value, section);
      if (!set.ok) return set;
    }
    const answer = peer.value.answer(sdp);
    if (!answer.ok) return answer;
    for (const line of this.#lines.values()) {
      const { current } = line;
      if (current === null || (line.sending && line.msid === current.msid)) continue;
      line.current = null;
      this.#events.onUnpublished(current.track);
    }
    this.#match();
    return answer;
  }

  addCandidate(candidate: Candidate): void {
    this.#peer?.addCandidate(candidate);
  }

  /** The track where its mute state changed. */
  mute(sid: string, muted: boolean): PublishedTrack | null {
    for (const info of this.#announced.values()) if (info.sid === sid) info.muted = muted;
    const track = this.tracks().find((t) => t.info.sid === sid);
    if (track === undefined || track.info.muted === muted) return null;
    track.info.muted = muted;
    return track;
  }

  close(): void {
    this.#peer?.close();
    this.#announced.clear();
  }

  #openPeer(): Result<Peer> {
    if (this.#peer !== null) return ok(this.#peer);
    const opened = openPeer(
      { ...this.#peerOptions, role: 'answers' },
      {
        onCandidate: (candidate) => this.#events.onCandidate(candidate),
        onState: (state) => this.#events.onState(state),
        onChannelOpen: () => undefined,
        onMessage: (label, message) => this.#events.onData(label, message),
      },
    );
    if (opened.ok) this.#peer = opened.value;
    return opened;
  }

  #setLine(peer: Peer, section: MediaSection): Result<void> {
    const sending =
      section.port !== 0 &&
      section.opusType !== null &&
      (section.direction === 'sendonly' || section.direction === 'sendrecv');
    const msid = section.msid?.track ?? null;
    const shape = [sending, msid, section.opusType, section.levelId, ...section.ssrcs].join(' ');
    const known = this.#lines.get(section.mid);
    if (known?.shape === shape) return ok(undefined);
    if (known === undefined && this.#lines.size >= 2 * limits.tracksPerParticipant)
      return refuse('too-many-lines');
    const line: Line = known ?? { shape, sending, msid, payloadType: 0, levelId: null, current: null };
    // The line is set before libdatachannel sees the offer, so that the answer is ours and not an echo of the offer.
    const set = peer.setLine(
      {
        mid: section.mid,
        direction: sending ? 'receive' : 'inactive',
        payloadType: section.opusType ?? 111,
        levelId: section.levelId,
      },
      (packet) => this.#onPacket(line, packet),
    );
    if (!set.ok) return set;
    Object.assign(line, {
      shape,
      sending,
      msid,
      payloadType: section.opusType ?? 111,
      levelId: section.levelId,
    });
    this.#lines.set(section.mid, line);
    return ok(undefined);
  }

  #match(): void {
    for (const [mid, line] of this.#lines) {
      if (!line.sending || line.current !== null) continue;
      const cid = this.#cidOf(line);
      const info = cid === null ? undefined : this.#announced.get(cid);
      if (cid === null || info === undefined) continue;
      this.#announced.delete(cid);
      info.mid = mid;
      const track = new PublishedTrack(this.#owner, info);
      line.current = { track, msid: line.msid };
      this.#log.debug({ participant: this.#owner.sid, track: info.sid }, 'track published');
      this.#events.onPublished(track);
    }
  }

  /** Chromium's and our own cid is the msid of the line. Firefox makes an msid of its own: there the order decides. */
  #cidOf(line: Line): string | null {
    if (line.msid !== null && this.#announced.has(line.msid)) return line.msid;
    const taken = new Set([...this.#lines.values()].map((other) => other.msid));
    for (const cid of this.#announced.keys()) if (!taken.has(cid)) return cid;
    return null;
  }

  #onPacket(line: Line, packet: Buffer): void {
    if (line.current === null) return;
    const parsed = parseRtp(packet);
    if (!parsed.ok || parsed.value.payloadType !== line.payloadType) return;
    const { track } = line.current;
    this.#events.onPacket(track, packet);
    track.forward(parsed.value, line.levelId === null ? null : audioLevel(parsed.value, line.levelId));
  }
}
