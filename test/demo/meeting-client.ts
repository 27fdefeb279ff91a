import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { KeyRing } from '../../src/e2ee/key-ring.ts';
import { loadOpus } from '../../src/media/codec/opus-loader.ts';
import type { OpusCodec } from '../../src/media/codec/opus.ts';
import { Speaker } from '../../src/media/speaker.ts';
import { joinLiveKit } from '../../src/meeting/livekit/join.ts';
import type { LocalTrack, Meeting, MeetingEvents, RemoteTrack } from '../../src/meeting/meeting.ts';
import type { Channel } from '../../src/web/host/session.ts';
import { addChord, frameMs, type Party } from './chord.ts';
import type { Listener } from './listener.ts';
import { writeWav } from './wav.ts';
import { nowMs } from './wire.ts';

const rate = 8000;
const frameSamples = (rate * frameMs) / 1000;
/** As browsers send it. (At 8 kHz Opus predicts steady sines so far ahead that one lost frame makes them howl.) */
const micRate = 48_000;
const micSamples = (micRate * frameMs) / 1000;
const humLevel = 0.08;
const topic = 'latchkey';

export interface ClientOptions {
  readonly party: Party;
  readonly identity: string;
  readonly url: string;
  readonly token: string;
  readonly listener: Listener;
  /** Everything that goes over the data channel, in both directions. */
  onPacket(payload: Uint8Array): void;
  onLost(reason: string): void;
}

/**
 * What a browser tab is to the pages, without the browser: a LiveKit client with per-sender frame keys that hums its
 * chord and listens to everybody else, each decoded and mixed as ears would get it.
 */
export class MeetingClient {
  readonly keys = new KeyRing();
  readonly #options: ClientOptions;
  readonly #opus: OpusCodec = loadOpus().codec;
  readonly #speakers = new Map<string, Speaker>();
  readonly #mixed: Int16Array[] = [];
  readonly #present = new Set<string>();
  readonly #onMessage: ((from: string, payload: Uint8Array) => void)[] = [];
  readonly #onPresence: ((identities: readonly string[]) => void)[] = [];
  #meeting: Meeting | null = null;
  #track: LocalTrack | null = null;
  #running = true;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  readonly channel: Channel = {
    send: (payload, to) => {
      this.#options.onPacket(payload);
      this.#meeting?.sendData(topic, payload, to);
    },
    onMessage: (listener) => void this.#onMessage.push(listener),
    onPresence: (listener) => void this.#onPresence.push(listener),
  };

  async join(): Promise<void> {
    const { url, token } = this.#options;
    const address = { url, token, bindAddress: '127.0.0.1' };
    const log = createLog(`demo-${this.#options.party}`, 'warn');
    this.#meeting = await joinLiveKit(address, this.#events(), { clock: systemClock, log, encrypted: true });
  }

  /** After the session listens: who was there already is told now. */
  async startAudio(): Promise<void> {
    this.#tellPresence();
    this.#track = (await this.#meeting?.publish('mic')) ?? null;
    const encoder = this.#opus.encoder({ rate: micRate, bitrate: 32_000, complexity: 5 });
    const sealer = this.keys.sealer(this.#options.identity);
    const began = nowMs();
    let tick = 0;
    const next = (): void => {
      if (!this.#running) return;
      const hum = new Int16Array(micSamples);
      addChord(hum, this.#options.party, micRate, tick * micSamples, humLevel);
      const opus = encoder.encode(hum);
      const frame = opus === null ? null : sealer.seal(opus);
      if (frame !== null) this.#track?.send(frame, micSamples, tick === 0);
      this.#listen();
      tick++;
      setTimeout(next, Math.max(0, began + tick * frameMs - nowMs()));
    };
    next();
  }

  async close(): Promise<void> {
    this.#running = false;
    await this.#meeting?.close();
  }

  saveHeard(folder: string): void {
    const samples = new Int16Array(this.#mixed.length * frameSamples);
    this.#mixed.forEach((frame, i) => samples.set(frame, i * frameSamples));
    writeWav(join(folder, `${this.#options.party}-heard.wav`), { rate, samples });
  }

  #listen(): void {
    const mix = new Int16Array(frameSamples);
    for (const speaker of this.#speakers.values()) {
      const frame = speaker.pull();
      for (let i = 0; frame !== null && i < frameSamples; i++) {
        mix[i] = Math.max(-32768, Math.min(32767, (mix[i] ?? 0) + (frame[i] ?? 0)));
      }
    }
    this.#mixed.push(mix);
    this.#options.listener.push(mix, nowMs());
  }

  #events(): MeetingEvents {
    return {
      onParticipantJoined: ({ identity }) => {
        this.#present.add(identity);
        this.#tellPresence();
      },
      onParticipantLeft: (identity) => {
        this.#present.delete(identity);
        this.#tellPresence();
      },
      onTrack: () => undefined,
      onTrackEnded: (track) => {
        this.#speakers.get(track.sid)?.close();
        this.#speakers.delete(track.sid);
      },
      onFrame: (track, frame, sequence, timestamp) => this.#onFrame({ track, frame, sequence, timestamp }),
      onData: (from, dataTopic, payload) => {
        if (dataTopic !== topic) return;
        this.#options.onPacket(payload);
        for (const listener of this.#onMessage) listener(from, payload);
      },
      onClosed: (reason) => this.#options.onLost(reason),
    };
  }

  #onFrame(packet: {
    readonly track: RemoteTrack;
    readonly frame: Buffer;
    readonly sequence: number;
    readonly timestamp: number;
  }): void {
    const { track, frame, sequence, timestamp } = packet;
    const opened = track.flaggedEncrypted ? this.keys.open(track.identity, frame) : null;
    if (opened?.ok !== true) return;
    let speaker = this.#speakers.get(track.sid);
    if (speaker === undefined) {
      speaker = new Speaker({ opus: this.#opus, rate, delayMs: 60, clock: systemClock });
      this.#speakers.set(track.sid, speaker);
    }
    speaker.push(opened.value, sequence, timestamp);
  }

  #tellPresence(): void {
    for (const listener of this.#onPresence) listener([...this.#present]);
  }
}
