import type { Clock } from '../base/clock.ts';
import type { LegId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import type { KeyRing } from '../e2ee/key-ring.ts';
import { sampleRate, wideRate, type Frame, type PcmRate } from '../media/audio/frame.ts';
import { meanSquare } from '../media/audio/speech-level.ts';
import type { OpusCodec } from '../media/codec/opus.ts';
import { Loudest } from '../media/loudest.ts';
import { RoomMixer } from '../media/room-mixer.ts';
import { Speaker } from '../media/speaker.ts';
import { fade, Voice } from '../media/voice.ts';
import type { Meeting, RemoteTrack } from '../meeting/meeting.ts';
import type { RoomAudio } from './leg-room.ts';
import { Uplink } from './uplink.ts';

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

/** Before the network is known. */
const speakerDelayMs = 40;
/** More speakers than this are not decoded: a hostile server cannot make us allocate without end. */
const mostSpeakers = 64;

/** The loudest are mixed: more at once nobody understands, and a hundred open lines are a roar. */
const mostVoices = 8;

/**
 * The audio of one meeting inside its worker: the meeting's speakers decoded once, every admitted leg mixed with them,
 * and each leg published as a track of its own. The gate is asked for every frame in both directions, whatever the
 * cryptor holds; the cryptor opens nothing without a key, whatever the gate says.
 */
export class MeetingRoom implements RoomAudio {
  readonly #options: MeetingRoomOptions;
  readonly #mixer = new RoomMixer();
  readonly #speakers = new Map<string, { readonly speaker: Speaker; readonly voice: Voice }>();
  readonly #callers = new Map<LegId, { readonly uplink: Uplink; readonly voice: Voice }>();
  /** What is said in this tick, by name of the track or the leg. */
  readonly #said = new Map<string, Frame>();
  readonly #loudest = new Loudest(mostVoices);
  /** Who was mixed in the tick before. */
  #mixed: ReadonlySet<string> = new Set();
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
    if (this.#callers.has(legId) || this.#meeting === null) return;
    const { opus, keys, identity } = this.#options;
    const uplink = new Uplink(opus, keys.sealer(identity));
    this.#callers.set(legId, { uplink, voice: new Voice() });
    const track = await this.#meeting.publish(legId);
    if (this.#callers.get(legId)?.uplink === uplink) uplink.track = track;
    else await this.#meeting.unpublish(track);
  }

  async legLeft(legId: LegId): Promise<void> {
    const uplink = this.#callers.get(legId)?.uplink;
    this.#callers.delete(legId);
    uplink?.close();
    if (uplink !== undefined && uplink.track !== null) await this.#meeting?.unpublish(uplink.track);
  }

  admitted(legId: LegId): boolean {
    const { gate } = this.#options;
    return gate.mayHear(legId) || gate.maySpeak(legId);
  }

  fromCaller(legId: LegId, pcm: Frame | null): void {
    const caller = this.#callers.get(legId);
    if (caller === undefined) return;
    const { uplink, voice } = caller;
    if (!this.#options.gate.maySpeak(legId)) {
      voice.cut();
      uplink.cut();
      return;
    }
    const frame = voice.push(pcm);
    // The soft end of what was said is sent too, and after it nothing.
    uplink.push(frame, pcm === null || voice.talking);
    if (frame !== null) this.#said.set(legId, frame);
  }

  mix(): void {
    const said = this.#said;
    for (const [sid, { speaker, voice }] of this.#speakers) {
      const frame = voice.push(speaker.pull());
      if (frame !== null) said.set(sid, frame);
    }
    const before = this.#mixed;
    this.#mixed = this.#loudest.choose(new Map([...said].map(([name, frame]) => [name, meanSquare(frame)])));
    this.#mixer.begin(this.#rate === wideRate);
    for (const [name, frame] of said) {
      const now = this.#mixed.has(name);
      if (!now && !before.has(name)) continue;
      // Who comes among the loudest, or leaves them, does so within one frame; who only begins to talk is not faded.
      if (now !== before.has(name) && said.size > mostVoices) fade(frame, now);
      this.#mixer.add(name, frame);
    }
    said.clear();
  }

  roomFor(legId: LegId, rate: PcmRate = sampleRate): Frame | null {
    if (rate === wideRate) this.#widen();
    return this.#options.gate.mayHear(legId) ? this.#mixer.mixFor(legId, rate) : null;
  }

  close(): void {
    for (const { speaker } of this.#speakers.values()) speaker.close();
    for (const { uplink } of this.#callers.values()) uplink.close();
    this.#speakers.clear();
    this.#callers.clear();
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
    this.#speakers.set(track.sid, { speaker, voice: new Voice() });
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

  /** Once a track: a room that is end-to-end encrypted has something in the clear. It is never played. */
  #alarm(what: string, track: RemoteTrack): void {
    if (this.#alarmed.has(track.sid) || this.#alarmed.size >= mostSpeakers) return;
    this.#alarmed.add(track.sid);
    this.#options.log.warn({ what, track: track.sid }, 'not played');
    this.#options.onAlarm(what, track.identity);
  }
}
