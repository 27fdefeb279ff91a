import { randomBytes } from 'node:crypto';
import type { Clock, Milliseconds } from '../../base/clock.ts';
import type { SendingLine } from '../../webrtc/peer.ts';
import { writeRtp } from '../../webrtc/rtp.ts';
import type { LocalTrack } from '../meeting.ts';

/** Of Opus, in every line that we offer. */
export const payloadType = 111;

/** RFC 7587 §4.1: Opus's RTP clock is 48 kHz whatever it codes. */
const samplesPerMs = 48;

/** The RTP side of one published track. */
export class OutgoingTrack implements LocalTrack {
  readonly sid: string;
  readonly name: string;
  readonly #ssrc: number;
  readonly #line: SendingLine;
  readonly #clock: Clock;
  // RFC 3550 §5.1: both start at random.
  #sequence = randomBytes(2).readUInt16BE();
  #timestamp = randomBytes(4).readUInt32BE();
  /** When the frame after the last one was due. */
  #dueMono: Milliseconds | null = null;

  constructor(options: {
    readonly sid: string;
    readonly name: string;
    readonly ssrc: number;
    readonly line: SendingLine;
    readonly clock: Clock;
  }) {
    this.sid = options.sid;
    this.name = options.name;
    this.#ssrc = options.ssrc;
    this.#line = options.line;
    this.#clock = options.clock;
  }

  send(frame: Uint8Array, samples: number, marker: boolean, ago = 0): boolean {
    const now = this.#clock.monoMs();
    const meant = now - ago / samplesPerMs;
    if (marker && this.#dueMono !== null && meant > this.#dueMono) {
      // RFC 3551 §4.1: the timestamp goes on through a pause, in whole frames; the sequence number does not.
      const missed = Math.floor(((meant - this.#dueMono) * samplesPerMs) / samples);
      this.#timestamp = (this.#timestamp + missed * samples) >>> 0;
    }
    this.#dueMono = meant + samples / samplesPerMs;
    const header = {
      marker,
      payloadType,
      sequence: this.#sequence,
      timestamp: this.#timestamp,
      ssrc: this.#ssrc,
    };
    // Time goes on whether or not the packet got away: the gap is a loss, not a shift.
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + samples) >>> 0;
    return this.#line.send(writeRtp(header, frame));
  }
}
