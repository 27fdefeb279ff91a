import { timestampDistance } from '../rtp/packet.ts';
import { digitOfEvent, parseTelephoneEvent } from './event.ts';

/**
 * One leg's stream of RFC 4733 events to digits, each exactly once. A digit is reported at the first packet of it that
 * arrives, whichever that is: with the marker bit or without, or only one of the three end packets.
 *
 * All packets of one event carry the RTP timestamp of its start (§2.5.1.2), so a digit is new where the timestamp is
 * newer. An event longer than 65535 units goes on as a further segment that starts where the one before ended
 * (§2.5.1.3): same digit.
 */
export class DtmfDetector {
  #last: { readonly timestamp: number; readonly event: number; duration: number; ended: boolean } | null =
    null;

  readonly #reorderWindow: number;

  /** `clockRate`: of the events' timestamps. `lastTimestamp`: of the last event in the process that the leg comes from. */
  constructor(clockRate = 8_000, lastTimestamp: number | null = null) {
    this.#reorderWindow = reorderSeconds * clockRate;
    if (lastTimestamp !== null)
      this.#last = { timestamp: lastTimestamp, event: -1, duration: 0, ended: true };
  }

  get lastTimestamp(): number | null {
    return this.#last?.timestamp ?? null;
  }

  /** A key is held down: the audio that comes with it is the key's tone. */
  get pressed(): boolean {
    return this.#last !== null && !this.#last.ended;
  }

  /** The key's end packets were lost: the caller of this class has heard no event for too long. */
  release(): void {
    if (this.#last !== null) this.#last.ended = true;
  }

  /** A new stream has timestamps of its own. */
  reset(): void {
    this.#last = null;
  }

  /** The digit, where this packet is the first of one. */
  push(timestamp: number, payload: Uint8Array): string | null {
    const parsed = parseTelephoneEvent(payload);
    if (!parsed.ok) return null;
    const { event, end, duration, volume } = parsed.value;
    const digit = digitOfEvent(event);
    // Q.24 annex A, quoted in RFC 4733 §2.3.3: a tone below -55 dBm0 is not a digit.
    if (digit === null || volume > faintestVolume) return null;

    const last = this.#last;
    if (last !== null) {
      const ahead = timestampDistance(last.timestamp, timestamp);
      if (ahead === 0) {
        last.ended ||= end;
        last.duration = Math.max(last.duration, duration);
        return null;
      }
      if (ahead < 0 && ahead > -this.#reorderWindow) return null;
      if (ahead === longestSegment && event === last.event && last.duration >= longestSegment) {
        this.#last = { timestamp, event, duration, ended: end };
        return null;
      }
    }
    this.#last = { timestamp, event, duration, ended: end };
    return digit;
  }
}

const faintestVolume = 55;
const longestSegment = 0xffff;
/** What is older than that is not a packet that was overtaken, but a sender that began anew. */
const reorderSeconds = 10;
