import { sequenceDistance } from './packet.ts';

/** What a report says of one stream (RFC 3550 §6.4.1). */
export interface ReceptionReport {
  readonly fractionLost: number;
  readonly lost: number;
  readonly highest: number;
  readonly jitter: number;
}

/** Received and lost packets of one stream, from its sequence numbers (RFC 3550 appendix A.3), and its jitter (A.8). */
export class ReceiveCount {
  #received = 0;
  #expected = 0;
  #lostBefore = 0;
  #receivedBefore = 0;
  #highest: number | null = null;
  #cycles = 0;
  #transit: number | null = null;
  #jitter = 0;
  #reported = { expected: 0, received: 0 };

  get received(): number {
    return this.#receivedBefore + this.#received;
  }

  /** Duplicates count as received, so the difference may be negative: then nothing was lost. */
  get lost(): number {
    return this.#lostBefore + Math.max(0, this.#expected - this.#received);
  }

  /** In RTP timestamp units. */
  get jitter(): number {
    return this.#jitter;
  }

  /** Another stream begins; the totals go on. */
  restart(): void {
    this.#lostBefore = this.lost;
    this.#receivedBefore = this.received;
    this.#received = 0;
    this.#expected = 0;
    this.#highest = null;
    this.#cycles = 0;
    this.#transit = null;
    this.#jitter = 0;
    this.#reported = { expected: 0, received: 0 };
  }

  count(sequence: number): void {
    const ahead = this.#highest === null ? 1 : sequenceDistance(this.#highest, sequence);
    // RFC 3550 A.1, MAX_DROPOUT: a jump that far is a sender that began anew, not a loss.
    if (Math.abs(ahead) >= 3_000) {
      this.restart();
      this.count(sequence);
      return;
    }
    this.#received += 1;
    if (ahead <= 0) return;
    if (this.#highest !== null && sequence < this.#highest) this.#cycles += 1;
    this.#expected += ahead;
    this.#highest = sequence;
  }

  /** `arrival`: in RTP timestamp units, of any beginning. Events, whose timestamps stand still, are left out. */
  time(timestamp: number, arrival: number): void {
    const transit = (Math.round(arrival) - timestamp) | 0;
    if (this.#transit !== null) {
      const difference = Math.abs((transit - this.#transit) | 0);
      this.#jitter += (difference - this.#jitter) / 16;
    }
    this.#transit = transit;
  }

  /** For the next report block; null before the first packet. The loss is that since the report before. */
  report(): ReceptionReport | null {
    if (this.#highest === null) return null;
    const expected = this.#expected - this.#reported.expected;
    const lost = expected - (this.#received - this.#reported.received);
    this.#reported = { expected: this.#expected, received: this.#received };
    return {
      fractionLost: lost <= 0 || expected === 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected)),
      lost: Math.max(-0x800000, Math.min(0x7fffff, this.#expected - this.#received)),
      highest: this.#cycles * 0x10000 + this.#highest,
      jitter: Math.floor(this.#jitter),
    };
  }
}
