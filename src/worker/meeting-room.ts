import type { Clock } from '../base/clock.ts';
import type { LegId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import type { KeyRing, TrackSealer } from '../e2ee/key-ring.ts';
import { isWide, sampleRate, wideRate, type Frame, type PcmRate } from '../media/audio/frame.ts';
import type { OpusCodec, OpusEncoder } from '../media/codec/opus.ts';
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
  readonly clock: Pick<Clock, 'monoMs'>;
  readonly gate: GatePort;
  readonly log: Log;
  onAlarm(what: string, detail: string): void;
}

/** One leg's own track in the meeting. */
interface Uplink {
  /** At the rate of the leg: narrowband and wideband legs are published as they are. */
  encoder: OpusEncoder;
  rate: PcmRate;
  readonly sealer: TrackSealer;
  track: LocalTrack | null;
  /** The first frame after a pause carries RTP's marker (RFC 3551 §4.1). */
  paused: boolean;
}

/** Of speech: more bits are not heard behind G.711 or G.722. */
const uplinkBitrate = 24_000;
const uplinkComplexity = 5;
/** 20 ms at Opus's RTP clock of 48 kHz. */
const frameTicks = 960;
const speakerDelayMs = 40;
/** More speakers than this are not decoded: a hostile server cannot make us allocate without end. */
const mostSpeakers = 64;

const uplinkEncoder = (opus: OpusCodec, rate: PcmRate): OpusEncoder =>
  opus.encoder({ rate, bitrate: uplinkBitrate, complexity: uplinkComplexity });

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
  /** At which speakers are decoded. */
  #rate: PcmRate = sampleRate;
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
      encoder: uplinkEncoder(opus, sampleRate),
      rate: sampleRate,
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
    if (uplink.track === null || !this.#tuned(uplink, isWide(pcm) ? wideRate : sampleRate)) return;
    const packet = uplink.encoder.encode(pcm);
    const frame = packet === null ? null : uplink.sealer.seal(packet);
    if (frame === null) return;
    uplink.track.send(frame, frameTicks, uplink.paused);
    uplink.paused = false;
  }

  mix(): void {
    this.#mixer.begin(this.#rate === wideRate);
    for (const [sid, { speaker }] of this.#speakers) {
      const frame = speaker.pull();
      if (frame !== null) this.#mixer.add(sid, frame);
    }
    for (const [legId, pcm] of this.#heard) this.#mixer.add(legId, pcm);
    this.#heard.clear();
  }

  roomFor(legId: LegId, rate: PcmRate = sampleRate): Frame | null {
    if (rate === wideRate) this.#widen();
    return this.#options.gate.mayHear(legId) ? this.#mixer.mixFor(legId, rate) : null;
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
    const speaker = this.#newSpeaker();
    if (speaker === null) {
      this.#alarm('speaker-not-heard', track);
      return null;
    }
    this.#speakers.set(track.sid, { track, speaker });
    return speaker;
  }

  /** Null where the WASM build has no more room: one speaker is missing to the phones, the worker lives on. */
  #newSpeaker(): Speaker | null {
    const { opus, clock } = this.#options;
    try {
      return new Speaker({ opus, clock, rate: this.#rate, delayMs: speakerDelayMs });
    } catch {
      return null;
    }
  }

  /** The first leg that hears at 16 kHz: from the next tick on, speakers are decoded so, as long as this room lives. */
  #widen(): void {
    if (this.#rate === wideRate) return;
    this.#rate = wideRate;
    for (const { speaker } of this.#speakers.values()) {
      try {
        speaker.retune(wideRate);
      } catch (error) {
        this.#options.log.warn(
          { reason: error instanceof Error ? error.message : '' },
          'speaker not widened',
        );
      }
    }
  }

  /** Whether the leg can be encoded at this rate: it may have changed its codec. */
  #tuned(uplink: Uplink, rate: PcmRate): boolean {
    if (uplink.rate === rate) return true;
    try {
      const encoder = uplinkEncoder(this.#options.opus, rate);
      uplink.encoder.close();
      Object.assign(uplink, { encoder, rate });
      return true;
    } catch {
      return false;
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
