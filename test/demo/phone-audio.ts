import { randomBytes, randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { decodeMulaw, encodeMulaw } from './g711.ts';
import { nowMs } from './wire.ts';

export const rate = 8000;
export const frameSamples = 160;
export const dtmfPayloadType = 101;
const frameMs = 20;
const digitFrames = 6;
const pauseFrames = 4;

/** A digit being sent as RFC 4733 events: one packet each 20 ms, three with the end bit, then a pause. */
interface Dialling {
  readonly event: number;
  readonly timestamp: number;
  packets: number;
}

export interface PhoneAudioOptions {
  readonly host: string;
  /** The next 160 samples to send; `at` counts samples from the start of the stream. */
  readonly speak: (at: number) => Int16Array;
  /** `code`: the same 160 samples as they came, in µ-law. */
  readonly onFrame: (frame: Int16Array, code: Buffer, at: number) => void;
}

/** The caller's RTP: PCMU both ways on one socket, RFC 4733 digits out, everything received kept in order of time. */
export class PhoneAudio {
  readonly #socket: Socket = createSocket('udp4');
  readonly #options: PhoneAudioOptions;
  readonly #ssrc = randomBytes(4).readUInt32BE();
  readonly #digits: Dialling[] = [];
  readonly #recorded = new Map<number, Int16Array>();
  #sequence = randomInt(0x10000);
  #timestamp = randomInt(0x10000000);
  #sent = 0;
  #remote: { readonly host: string; readonly port: number } | null = null;
  #firstTimestamp: number | null = null;
  #streams = new Set<number>();
  #running = false;

  constructor(options: PhoneAudioOptions) {
    this.#options = options;
  }

  /** Binds a free port and answers it. */
  async open(): Promise<number> {
    this.#socket.on('message', (packet) => this.#receive(packet));
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('error', reject);
      this.#socket.bind(0, this.#options.host, resolve);
    });
    return this.#socket.address().port;
  }

  start(remote: { readonly host: string; readonly port: number }): void {
    this.#remote = remote;
    this.#running = true;
    const began = nowMs();
    let tick = 0;
    const next = (): void => {
      if (!this.#running) return;
      this.#send();
      tick++;
      setTimeout(next, Math.max(0, began + tick * frameMs - nowMs()));
    };
    next();
  }

  dial(digits: string): void {
    for (const digit of digits) {
      this.#digits.push({ event: '0123456789*#'.indexOf(digit), timestamp: -1, packets: 0 });
    }
  }

  /** Whether all digits handed to `dial` have been sent. */
  get dialled(): boolean {
    return this.#digits.length === 0;
  }

  /** How many RTP streams (SSRCs) were received: one, if the hand-over between processes is not audible. */
  get streams(): number {
    return this.#streams.size;
  }

  close(): void {
    this.#running = false;
    this.#socket.close();
  }

  /** Everything received, placed by RTP timestamp, so that a gap is heard as silence of its length. */
  recording(): Int16Array {
    const last = Math.max(0, ...this.#recorded.keys());
    const samples = new Int16Array(last + frameSamples);
    for (const [at, frame] of this.#recorded) samples.set(frame, at);
    return samples;
  }

  #send(): void {
    const dialling = this.#digits[0];
    if (dialling === undefined) {
      const frame = this.#options.speak(this.#sent);
      this.#packet(0, this.#timestamp, this.#sent === 0, Buffer.from(frame.map(encodeMulaw)));
    } else {
      this.#dialOn(dialling);
    }
    this.#sent += frameSamples;
    this.#timestamp = (this.#timestamp + frameSamples) >>> 0;
  }

  /** RFC 4733 §2.5.1: the timestamp stays that of the start, the duration grows; the end is sent three times. */
  #dialOn(dialling: Dialling): void {
    const step = dialling.packets++;
    if (step >= digitFrames + pauseFrames) {
      this.#digits.shift();
      return;
    }
    if (step >= digitFrames) return;
    const timestamp = step === 0 ? this.#timestamp : dialling.timestamp;
    if (step === 0) Object.assign(dialling, { timestamp });
    const ended = step === digitFrames - 1;
    const payload = Buffer.alloc(4);
    payload.writeUInt8(dialling.event, 0);
    payload.writeUInt8((ended ? 0x80 : 0) | 10, 1);
    payload.writeUInt16BE((step + 1) * frameSamples, 2);
    for (let i = 0; i < (ended ? 3 : 1); i++) this.#packet(dtmfPayloadType, timestamp, step === 0, payload);
  }

  /** RFC 3550 §5.1 */
  #packet(payloadType: number, timestamp: number, marker: boolean, payload: Uint8Array): void {
    if (this.#remote === null) return;
    const header = Buffer.alloc(12);
    header.writeUInt8(0x80, 0);
    header.writeUInt8((marker ? 0x80 : 0) | payloadType, 1);
    header.writeUInt16BE(this.#sequence, 2);
    header.writeUInt32BE(timestamp, 4);
    header.writeUInt32BE(this.#ssrc, 8);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#socket.send(Buffer.concat([header, payload]), this.#remote.port, this.#remote.host);
  }

  #receive(packet: Buffer): void {
    if (packet.length < 12 + frameSamples || packet.readUInt8(0) !== 0x80) return;
    if ((packet.readUInt8(1) & 0x7f) !== 0) return;
    const timestamp = packet.readUInt32BE(4);
    this.#streams.add(packet.readUInt32BE(8));
    this.#firstTimestamp ??= timestamp;
    const code = packet.subarray(12, 12 + frameSamples);
    const frame = Int16Array.from(code, decodeMulaw);
    const at = (timestamp - this.#firstTimestamp) | 0;
    // A stream that starts anew elsewhere in time is still heard; it is only not part of the recording.
    if (at >= 0 && at < rate * 3600) this.#recorded.set(at, frame);
    this.#options.onFrame(frame, code, nowMs());
  }
}
