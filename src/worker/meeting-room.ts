import type { LegId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import type { KeyRing, TrackSealer } from '../e2ee/key-ring.ts';
import type { Frame } from '../media/audio/frame.ts';
import type { OpusCodec, OpusDecoder, OpusEncoder } from '../media/codec/opus.ts';
import { RoomMixer } from '../media/room-mixer.ts';
import { Speaker } from '../media/speaker.ts';
import type { LocalTrack, Meeting, RemoteTrack } from '../meeting/meeting.ts';
import type { RoomAudio } from './leg-room.ts';

/** The gate as the audio path asks it, at every frame. */
export interface GatePort {
  /** Whether this leg may hear the room now; whether the room may hear it. */
  mayHear(legId: LegId): boolean;
  maySpeak(legId: LegId): boolean;
}

export interface MeetingRoomOptions {
  readonly identity: string;
  readonly keys: KeyRing;
  readonly opus: OpusCodec;
  readonly gate: GatePort;
  readonly log: Log;
  onAlarm(what: string, detail: string): void;
}

/** One leg's own track in the meeting. */
interface Uplink {
  readonly encoder: OpusEncoder;
  readonly sealer: TrackSealer;
  track: LocalTrack | null;
  /** The first frame after a pause carries RTP's marker (RFC 3551 §4.1). */
  paused: boolean;
}

/** 8 kHz narrowband speech: more bits are not heard behind G.711. */
const uplinkBitrate = 24_000;
const uplinkComplexity = 5;
/** 20 ms at Opus's RTP clock of 48 kHz. */
const frameTicks = 960;
const speakerDelayMs = 40;
/** More speakers than this are not decoded: a hostile server cannot make us allocate without end. */
const mostSpeakers = 64;

/**
 * The audio of one meeting inside its worker: the meeting's speakers decoded once, every admitted leg mixed with them,
 * and each leg published as a track of its own. The gate is asked for every frame in both directions, whatever the
 * cryptor holds; the cryptor opens nothing without a key, whatever the gate says.
 */
export class MeetingRoom implements RoomAudio {
  readonly #options: MeetingRoomOptions;
  readonly #mixer = new RoomMixer();
  readonly #speakers = new Map<string, { readonly track: RemoteTrack; readonly speaker: Speaker }>();
  readonly #uplinks = new Map<LegId, Uplink>();
  /** What callers said in this tick. */
  readonly #heard = new Map<LegId, Frame>();
  readonly #alarmed = new Set<string>();
  #meeting: Meeting | null = null;

  constructor(options: MeetingRoomOptions) {
    this.#options = options;
  }

  attach(meeting: Meeting): void {
    this.#meeting = meeting;
  }

  /** One RTP payload from the meeting, as it is on the wire. */
  onFrame(track: RemoteTrack, frame: Buffer, sequence: number, timestamp: number): void {
    const { keys } = this.#options;
    if (!track.flaggedEncrypted) {
      this.#alarm('plaintext-track', track);
      return;
    }
    const opened = keys.open(track.identity, frame);
    if (!opened.ok) {
      if (opened.reason === 'malformed') this.#alarm('plaintext-frame', track);
      return;
    }
    // A buffer of its own: the jitter buffer keeps it.
    this.#speakerOf(track)?.push(opened.value, sequence, timestamp);
  }

  onTrackEnded(track: RemoteTrack): void {
    this.#speakers.get(track.sid)?.speaker.close();
    this.#speakers.delete(track.sid);
    this.#alarmed.delete(track.sid);
  }

  /** Publishes the leg's track; its first frames are sent once the meeting has taken it. */
  async legJoined(legId: LegId): Promise<void> {
    if (this.#uplinks.has(legId) || this.#meeting === null) return;
    const { opus, keys, identity } = this.#options;
    const uplink: Uplink = {
      encoder: opus.encoder({ rate: 8_000, bitrate: uplinkBitrate, complexity: uplinkComplexity }),
      sealer: keys.sealer(identity),
      track: null,
      paused: true,
    };
    this.#uplinks.set(legId, uplink);
    const track = await this.#meeting.publish(legId);
    if (this.#uplinks.get(legId) === uplink) uplink.track = track;
    else await this.#meeting.unpublish(track);
  }

  async legLeft(legId: LegId): Promise<void> {
    const uplink = this.#uplinks.get(legId);
    this.#uplinks.delete(legId);
    uplink?.encoder.close();
    if (uplink?.track != null) await this.#meeting?.unpublish(uplink.track);
  }

  admitted(legId: LegId): boolean {
    const { gate } = this.#options;
    return gate.mayHear(legId) || gate.maySpeak(legId);
  }

  fromCaller(legId: LegId, pcm: Frame | null): void {
    const uplink = this.#uplinks.get(legId);
    if (uplink === undefined) return;
    if (pcm === null || !this.#options.gate.maySpeak(legId)) {
      uplink.paused = true;
      return;
    }
    this.#heard.set(legId, pcm);
    if (uplink.track === null) return;
    const packet = uplink.encoder.encode(pcm);
    const frame = packet === null ? null : uplink.sealer.seal(packet);
    if (frame === null) return;
    uplink.track.send(frame, frameTicks, uplink.paused);
    uplink.paused = false;
  }

  mix(): void {
    this.#mixer.begin();
    for (const [sid, { speaker }] of this.#speakers) {
      const frame = speaker.pull();
      if (frame !== null) this.#mixer.add(sid, frame);
    }
    for (const [legId, pcm] of this.#heard) this.#mixer.add(legId, pcm);
    this.#heard.clear();
  }

  roomFor(legId: LegId): Frame | null {
    return this.#options.gate.mayHear(legId) ? this.#mixer.mixFor(legId) : null;
  }

  close(): void {
    for (const { speaker } of this.#speakers.values()) speaker.close();
    for (const { encoder } of this.#uplinks.values()) encoder.close();
    this.#speakers.clear();
    this.#uplinks.clear();
  }

  #speakerOf(track: RemoteTrack): Speaker | null {
    const known = this.#speakers.get(track.sid);
    if (known !== undefined) return known.speaker;
    if (this.#speakers.size >= mostSpeakers) return null;
    const decoder = this.#decoder();
    if (decoder === null) {
      this.#alarm('speaker-not-heard', track);
      return null;
    }
    const speaker = new Speaker({ decoder, delayMs: speakerDelayMs });
    this.#speakers.set(track.sid, { track, speaker });
    return speaker;
  }

  /** Null where the WASM build has no more room: one speaker is missing to the phones, the worker lives on. */
  #decoder(): OpusDecoder | null {
    try {
      return this.#options.opus.decoder(8_000);
    } catch {
      return null;
    }
  }

  /** Once a track: a room that is end-to-end encrypted has something in the clear. It is never played. */
  #alarm(what: string, track: RemoteTrack): void {
    if (this.#alarmed.has(track.sid) || this.#alarmed.size >= mostSpeakers) return;
    this.#alarmed.add(track.sid);
    this.#options.log.warn({ what, track: track.sid }, 'not played');
    this.#options.onAlarm(what, track.identity);
  }
}
