import { sequenceDistance } from './packet.ts';

/** Received and lost packets of one stream, from its sequence numbers (RFC 3550 appendix A.3). */
export class ReceiveCount {
  #received = 0;
  #expected = 0;
  #lostBefore = 0;
  #receivedBefore = 0;
  #highest: number | null = null;

  get received(): number {
    return this.#receivedBefore + this.#received;
  }

  /** Duplicates count as received, so the difference may be negative: then nothing was lost. */
  get lost(): number {
    return this.#lostBefore + Math.max(0, this.#expected - this.#received);
  }

  /** Another stream begins; the totals go on. */
  restart(): void {
    this.#lostBefore = this.lost;
    this.#receivedBefore = this.received;
    this.#received = 0;
    this.#expected = 0;
    this.#highest = null;
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
    this.#expected += ahead;
    this.#highest = sequence;
  }
}
