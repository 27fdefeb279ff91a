import type { Log } from '../../base/log.ts';
import { ok, refuse, type Result } from '../../base/result.ts';
import type { Candidate } from '../../webrtc/candidate.ts';
import { openPeer, type Peer, type PeerEvents, type PeerOptions } from '../../webrtc/peer.ts';
import { parseRtp } from '../../webrtc/rtp.ts';
import { mediaSections, type MediaSection } from '../../webrtc/sdp.ts';
import type { MeetingEvents, RemoteTrack } from '../meeting.ts';
import type { ListedTrack } from './roster.ts';

/**
 * The PeerConnection on which we receive: the server offers, we answer. A track is announced when both are known, the
 * line that carries it and the server's description of it (from the roster); either may come first.
 */
export interface ReceiverOptions {
  readonly peer: Omit<PeerOptions, 'role'>;
  readonly peerEvents: PeerEvents;
  readonly listed: (trackSid: string) => ListedTrack | null;
  readonly events: Pick<MeetingEvents, 'onTrack' | 'onTrackEnded' | 'onFrame'>;
  /** Frames that end in these bytes are silence that the server made itself, not encrypted by anybody. */
  readonly sifTrailer: Buffer;
  readonly log: Log;
}

interface Line {
  shape: string;
  trackSid: string | null;
  payloadType: number;
  track: RemoteTrack | null;
}

const maxLines = 512;
/** Lines set on one connection before a new one is due: each leaves a native object behind (webrtc/peer.ts). */
const maxRenegotiations = 20_000;

export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #peer: Peer;
  readonly #lines = new Map<string, Line>();
  readonly counters = { frames: 0, malformed: 0, unexpected: 0, serverSilence: 0 };

  static open(options: ReceiverOptions): Result<Receiver> {
    const peer = openPeer({ ...options.peer, role: 'answers' }, options.peerEvents);
    return peer.ok ? ok(new Receiver(options, peer.value)) : peer;
  }

  private constructor(options: ReceiverOptions, peer: Peer) {
    this.#options = options;
    this.#peer = peer;
  }

  get connected(): boolean {
    return this.#peer.state() === 'connected';
  }

  channelOpen(label: string): boolean {
    return this.#peer.channelOpen(label);
  }

  /** Our answer to the server's offer. */
  answer(sdp: string): Result<string> {
    for (const section of mediaSections(sdp)) {
      if (section.kind !== 'audio') continue;
      const set = this.#setLine(section);
      if (!set.ok) return set;
    }
    const answer = this.#peer.answer(sdp);
    this.bind();
    return answer;
  }

  /** Of the tracks that are announced now. */
  get trackSids(): string[] {
    return [...this.#lines.values()].flatMap(({ track }) => (track === null ? [] : [track.sid]));
  }

  addCandidate(candidate: Candidate): void {
    this.#peer.addCandidate(candidate);
  }

  /** Announces and ends tracks as lines and roster now say. */
  bind(): void {
    for (const line of this.#lines.values()) {
      const listed = line.trackSid === null ? null : this.#options.listed(line.trackSid);
      const held = line.track;
      const same =
        held !== null &&
        listed !== null &&
        held.sid === listed.sid &&
        held.identity === listed.identity &&
        held.flaggedEncrypted === listed.encrypted;
      if (same) continue;
      line.track = null;
      if (held !== null) this.#options.events.onTrackEnded(held);
      if (listed === null) continue;
      const { sid, identity, name, encrypted } = listed;
      line.track = { sid, identity, name, flaggedEncrypted: encrypted };
      this.#options.events.onTrack(line.track);
    }
  }

  close(): void {
    this.#peer.close();
  }

  #setLine(section: MediaSection): Result<void> {
    const sends = section.direction === 'sendonly' || section.direction === 'sendrecv';
    const active = sends && section.port !== 0 && section.opusType !== null;
    const trackSid = active ? (section.msid?.track ?? null) : null;
    const payloadType = section.opusType ?? 111;
    const shape = [active, trackSid, payloadType, ...section.ssrcs].join(' ');
    const known = this.#lines.get(section.mid);
    if (known?.shape === shape) return ok(undefined);
    if (known === undefined && this.#lines.size >= maxLines) return refuse('too-many-lines');
    if (this.#peer.renegotiations > maxRenegotiations) return refuse('too-many-renegotiations');
    const line: Line = known ?? { shape, trackSid, payloadType, track: null };
    const set = this.#peer.setLine(
      { mid: section.mid, direction: active ? 'receive' : 'inactive', payloadType },
      (packet) => this.#onPacket(line, packet),
    );
    if (!set.ok) return set;
    Object.assign(line, { shape, trackSid, payloadType });
    this.#lines.set(section.mid, line);
    return ok(undefined);
  }

  #onPacket(line: Line, packet: Buffer): void {
    const parsed = parseRtp(packet);
    if (!parsed.ok) {
      this.counters.malformed++;
      return;
    }
    const { payload, payloadType, sequence, timestamp } = parsed.value;
    if (line.track === null || payloadType !== line.payloadType) {
      this.counters.unexpected++;
      return;
    }
    if (payload.length === 0) return; // a pause of the sender, or padding
    if (isServerSilence(payload, this.#options.sifTrailer)) {
      this.counters.serverSilence++;
      return;
    }
    this.counters.frames++;
    this.#options.events.onFrame(line.track, payload, sequence, timestamp);
  }
}

/** Whether the server made this frame itself (to end a talk cleanly when it mutes): LiveKit's clients play silence for it. */
export function isServerSilence(payload: Buffer, trailer: Buffer): boolean {
  const { length } = trailer;
  return length > 0 && payload.length >= length && payload.subarray(-length).equals(trailer);
}
