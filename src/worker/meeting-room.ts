import type { Clock } from '../base/clock.ts';
import type { LegId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import type { KeyRing } from '../e2ee/key-ring.ts';
import type { Announcements } from '../media/audio/announcement.ts';
import { frameMs, sampleRate, wideRate, type Frame, type PcmRate } from '../media/audio/frame.ts';
import { meanSquare } from '../media/audio/speech-level.ts';
import type { OpusCodec } from '../media/codec/opus.ts';
import { Loudest } from '../media/loudest.ts';
import { RoomMixer } from '../media/room-mixer.ts';
import { Speaker } from '../media/speaker.ts';
import { fade, Voice } from '../media/voice.ts';
import type { Meeting, RemoteTrack } from '../meeting/meeting.ts';
import { CallerTrack } from './caller-track.ts';
import type { RoomAudio } from './leg-room.ts';
import { Outbox } from './outbox.ts';
import { Uplink } from './uplink.ts';

/** The gate as the audio path asks it, at every frame. */
export interface GatePort {
  /** Whether this leg may hear the room now; whether the room may hear it. */
  mayHear(legId: LegId): boolean;
  maySpeak(legId: LegId): boolean;
  /** Whether any audio may pass, of whomever. */
  readonly open: boolean;
}

export interface MeetingRoomOptions {
  readonly identity: string;
  readonly keys: KeyRing;
  readonly opus: OpusCodec;
  readonly clock: Pick<Clock, 'monoMs'>;
  readonly gate: GatePort;
  /** How callers who join and leave are announced; null: not at all. */
  readonly announcements: Announcements | null;
  readonly log: Log;
  onAlarm(what: string, detail: string): void;
}

/** Others subscribe to a new track first: what is sent before that nobody hears. 0.7 s. */
const joinedAfterFrames = 35;
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
  readonly #callers = new Map<LegId, CallerTrack>();
  /** Callers who have gone, while their going is announced: by a name of its own in the mix. */
  readonly #leaving = new Map<string, { readonly caller: CallerTrack; readonly done: () => void }>();
  /** What is said in this tick, by name of the track or the leg. */
  readonly #said = new Map<string, Frame>();
  /** The soft ends of voices that have left, for the tick that comes next. */
  readonly #ends = new Map<string, { readonly frame: Frame; readonly atMs: number }>();
  readonly #loudest = new Loudest(mostVoices);
  readonly #outbox = new Outbox();
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
    const { keys, identity } = this.#options;
    // This bridge has the key for what it says itself: sent back to it, callers' words would be heard again, whenever the server likes.
    if (track.identity === identity) {
      this.#alarm('own-frames', track);
      return;
    }
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

  /** What was heard under a grant that is over is kept for nobody who comes by another one. */
  gateClosed(): void {
    for (const { speaker } of this.#speakers.values()) speaker.close();
    this.#speakers.clear();
    this.#ends.clear();
  }

  onTrackEnded(track: RemoteTrack): void {
    const known = this.#speakers.get(track.sid);
    known?.speaker.close();
    this.#speakers.delete(track.sid);
    if (known !== undefined) this.#end(track.sid, known.voice.push(null));
    this.#alarmed.delete(track.sid);
  }

  /** Publishes the leg's track; its first frames are sent once the meeting has taken it. */
  async legJoined(legId: LegId): Promise<void> {
    if (this.#callers.has(legId) || this.#meeting === null) return;
    const { opus, keys, identity, announcements } = this.#options;
    const uplink = new Uplink(opus, keys.sealer(identity), this.#outbox);
    const caller = new CallerTrack(uplink);
    this.#callers.set(legId, caller);
    const track = await this.#meeting.publish(legId);
    if (this.#callers.get(legId) !== caller) {
      await this.#meeting.unpublish(track);
      return;
    }
    uplink.track = track;
    if (announcements !== null) caller.announce(announcements.joined, joinedAfterFrames);
  }

  /**
   * Takes back the leg's track, after its going is announced where its coming was and the gate is open: a gate that closes ends that
   * at once.
   */
  async legLeft(legId: LegId): Promise<void> {
    const caller = this.#callers.get(legId);
    this.#callers.delete(legId);
    if (caller === undefined) return;
    const { uplink } = caller;
    if (this.#options.gate.maySpeak(legId)) this.#end(legId, caller.ending());
    else uplink.forget();
    this.#outbox.flush();
    if (uplink.track !== null && caller.announced && this.#options.gate.open)
      await this.#announceLeft(legId, caller);
    uplink.close();
    if (uplink.track !== null) await this.#meeting?.unpublish(uplink.track);
  }

  /** Whether a caller's going is being announced, which takes ticks although he is in no room any more. */
  get sounding(): boolean {
    return this.#leaving.size > 0;
  }

  admitted(legId: LegId): boolean {
    const { gate } = this.#options;
    return gate.mayHear(legId) || gate.maySpeak(legId);
  }

  fromCaller(legId: LegId, pcm: Frame | null): void {
    const frame = this.#callers.get(legId)?.push(pcm, this.#options.gate.maySpeak(legId)) ?? null;
    if (frame !== null) this.#said.set(legId, frame);
  }

  mix(): void {
    const said = this.#said;
    for (const [sid, { speaker, voice }] of this.#speakers) {
      const frame = voice.push(speaker.pull());
      if (frame !== null) said.set(sid, frame);
    }
    this.#takeEnds();
    this.#announce();
    const before = this.#mixed;
    this.#mixed = this.#loudest.choose(said, meanSquare);
    this.#mixer.begin(this.#rate === wideRate);
    for (const name of this.#mixed) this.#add(name, said, before.has(name) ? null : 'comes');
    for (const name of before) if (!this.#mixed.has(name)) this.#add(name, said, 'leaves');
    said.clear();
    this.#outbox.flush();
  }

  roomFor(legId: LegId, rate: PcmRate = sampleRate): Frame | null {
    if (rate === wideRate) this.#widen();
    return this.#options.gate.mayHear(legId) ? this.#mixer.mixFor(legId, rate) : null;
  }

  isCommon(_: LegId, frame: Frame): boolean {
    return this.#mixer.isCommon(frame);
  }

  close(): void {
    this.#endFarewells();
    for (const { speaker } of this.#speakers.values()) speaker.close();
    for (const { uplink } of this.#callers.values()) uplink.close();
    this.#speakers.clear();
    this.#callers.clear();
    this.#ends.clear();
  }

  /** Who comes among the loudest, or leaves them, does so within one frame; who only begins to talk is not faded. */
  #add(name: string, said: ReadonlyMap<string, Frame>, change: 'comes' | 'leaves' | null): void {
    const frame = said.get(name);
    if (frame === undefined) return;
    if (change !== null && said.size > mostVoices) fade(frame, change === 'comes');
    this.#mixer.add(name, frame);
  }

  #end(name: string, frame: Frame | null): void {
    if (frame !== null) this.#ends.set(name, { frame, atMs: this.#options.clock.monoMs() });
  }

  /** What is older than a tick is of a time when nobody listened: it is not kept for those who come later. */
  #takeEnds(): void {
    const { gate, clock } = this.#options;
    for (const [name, { frame, atMs }] of this.#ends)
      if (gate.open && clock.monoMs() - atMs <= 2 * frameMs) this.#said.set(name, frame);
    this.#ends.clear();
  }

  #announceLeft(legId: LegId, caller: CallerTrack): Promise<void> {
    const { announcements } = this.#options;
    if (announcements === null) return Promise.resolve();
    caller.announce(this.#callers.size === 0 ? announcements.lastLeft : announcements.left);
    return new Promise((done) => this.#leaving.set(`${legId} left`, { caller, done }));
  }

  /** What is announced of those who are gone; and of nobody where the gate is not open, now or later. */
  #announce(): void {
    if (!this.#options.gate.open) {
      for (const caller of this.#callers.values()) caller.hush();
      this.#endFarewells();
      return;
    }
    for (const [name, { caller, done }] of this.#leaving) {
      const frame = caller.farewell();
      if (frame !== null) {
        this.#said.set(name, frame);
        continue;
      }
      this.#leaving.delete(name);
      done();
    }
  }

  #endFarewells(): void {
    for (const { done } of this.#leaving.values()) done();
    this.#leaving.clear();
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
