import type { RtpFacts } from '../leg-state.ts';
import type { RtpPacket } from './packet.ts';

/** Running totals of the leg, of which the facts tell what is new. */
export interface RtpTotals {
  readonly lost: number;
  readonly late: number;
  readonly jitterMs: number;
}

const mostTypes = 8;
const none = { packets: 0, events: 0, sources: 0, refused: 0, unauthentic: 0 };

export class RtpTrace {
  #counts = { ...none };
  #first: number | null = null;
  #last: number | null = null;
  #ssrc: number | null = null;
  readonly #types = new Set<number>();
  #told = { lost: 0, late: 0 };

  packet({ sequence, ssrc, payloadType }: RtpPacket, isEvent: boolean): void {
    this.#counts.packets += 1;
    if (isEvent) this.#counts.events += 1;
    this.#first ??= sequence;
    this.#last = sequence;
    this.#ssrc = ssrc;
    if (this.#types.size < mostTypes) this.#types.add(payloadType);
  }

  count(what: 'sources' | 'refused' | 'unauthentic'): void {
    this.#counts[what] += 1;
  }

  /** The facts since the call before. */
  take({ lost, late, jitterMs }: RtpTotals): RtpFacts {
    const facts = {
      ...this.#counts,
      ...{ first: this.#first, last: this.#last, ssrc: this.#ssrc },
      payloadTypes: [...this.#types],
      lost: Math.max(0, lost - this.#told.lost),
      late: Math.max(0, late - this.#told.late),
      jitterMs,
    };
    this.#counts = { ...none };
    [this.#first, this.#last] = [null, null];
    this.#types.clear();
    this.#told = { lost, late };
    return facts;
  }
}
