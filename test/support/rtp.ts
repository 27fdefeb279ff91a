import { createSocket, type Socket } from 'node:dgram';
import type { LegMedia, MediaAddress } from '../../src/media/leg-state.ts';
import { decodeMulaw, encodeMulaw } from '../demo/g711.ts';

/**
 * A telephone's media for tests: PCMU and RFC 4733 digits out, everything that comes in kept with its time. It shares no
 * code with the connector.
 */
export interface ReceivedPacket {
  readonly atMs: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly marker: boolean;
  readonly payloadType: number;
  readonly payload: Buffer;
  readonly pcm: Int16Array;
}

const frameSamples = 160;
const frameMs = 20;
export const dtmfPayloadType = 101;

/** What signalling agrees with such a telephone: nothing is held, nothing encrypted. */
export function phoneMedia(remote: MediaAddress): LegMedia {
  return {
    codec: { name: 'PCMU', payloadType: 0, clockRate: 8_000, channels: 1, fmtp: null },
    events: { payloadType: dtmfPayloadType, clockRate: 8_000 },
    srtp: null,
    rtcp: { mux: false, remote: { address: remote.address, port: remote.port + 1 } },
    remote,
    send: true,
    receive: true,
  };
}

export class Phone {
  readonly received: ReceivedPacket[] = [];
  readonly #socket: Socket;
  #remote: { readonly address: string; readonly port: number } | null = null;
  #ssrc = 0x1a7c4e11;
  #sequence = 65_530;
  #timestamp = 4_294_960_000;
  #at = 0;
  #speak: (at: number) => Int16Array | null = () => new Int16Array(frameSamples);
  #events: Buffer[] = [];
  #timer: NodeJS.Timeout | null = null;
  #startedMs = 0;
  #ticks = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (packet) => this.#receive(packet));
  }

  static async open(): Promise<Phone> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new Phone(socket);
  }

  get address(): { readonly address: string; readonly port: number } {
    return { address: '127.0.0.1', port: this.#socket.address().port };
  }

  /** Sends a packet every 20 ms from now on, on a grid. */
  talkTo(remote: { readonly address: string; readonly port: number }): void {
    this.#remote = remote;
    if (this.#timer !== null) return;
    this.#startedMs = performance.now();
    const next = (): void => {
      this.#tick();
      this.#ticks += 1;
      const due = this.#startedMs + this.#ticks * frameMs;
      this.#timer = setTimeout(next, Math.max(0, due - performance.now()));
    };
    next();
  }

  /** What is said: 160 samples from sample `at` on, or null to send nothing. */
  say(speak: (at: number) => Int16Array | null): void {
    this.#speak = speak;
  }

  /** Presses keys one after the other: five event packets, three with the end bit, then two frames of nothing. */
  press(digits: string): void {
    for (const digit of digits) {
      const event = '0123456789*#ABCD'.indexOf(digit);
      for (let n = 1; n <= 8; n++) {
        const packet = Buffer.alloc(4);
        packet[0] = event;
        packet[1] = 10 | (n > 5 ? 0x80 : 0);
        packet.writeUInt16BE(Math.min(n, 6) * frameSamples, 2);
        this.#events.push(packet);
      }
      this.#events.push(Buffer.alloc(0), Buffer.alloc(0));
    }
  }

  /** Raw bytes, for hostile packets. */
  sendRaw(bytes: Uint8Array, remote = this.#remote): void {
    if (remote !== null) this.#socket.send(bytes, remote.port, remote.address);
  }

  /** Everything received since packet `from`, in one piece. */
  heard(from = 0): Int16Array {
    return Int16Array.from(this.received.slice(from).flatMap(({ pcm }) => [...pcm]));
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#socket.close();
  }

  #eventTimestamp = 0;

  #tick(): void {
    const timestamp = this.#timestamp;
    this.#timestamp = (timestamp + frameSamples) >>> 0;
    const spoken = this.#speak(this.#at);
    this.#at += frameSamples;
    const event = this.#events.shift();
    if (event?.length === 4) {
      const first = event.readUInt16BE(2) === frameSamples;
      if (first) this.#eventTimestamp = timestamp;
      this.#send(dtmfPayloadType, first, this.#eventTimestamp, event);
      return;
    }
    if (event !== undefined || spoken === null) return;
    this.#send(0, false, timestamp, Buffer.from(Uint8Array.from(spoken, encodeMulaw)));
  }

  #send(payloadType: number, marker: boolean, timestamp: number, payload: Buffer): void {
    const header = Buffer.alloc(12);
    header[0] = 0x80;
    header[1] = payloadType | (marker ? 0x80 : 0);
    header.writeUInt16BE(this.#sequence, 2);
    header.writeUInt32BE(timestamp, 4);
    header.writeUInt32BE(this.#ssrc, 8);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.sendRaw(Buffer.concat([header, payload]));
  }

  #receive(packet: Buffer): void {
    const payload = packet.subarray(12);
    this.received.push({
      atMs: performance.now(),
      sequence: packet.readUInt16BE(2),
      timestamp: packet.readUInt32BE(4),
      ssrc: packet.readUInt32BE(8),
      marker: ((packet[1] ?? 0) & 0x80) !== 0,
      payloadType: (packet[1] ?? 0) & 0x7f,
      payload,
      pcm: Int16Array.from(payload, decodeMulaw),
    });
  }
}

/** Resolves when `holds` does; looks every few milliseconds. */
export async function until(holds: () => boolean, what: string, timeoutMs = 10_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
