import { sequenceDistance, timestampDistance } from './rtp/packet.ts';

/**
 * Puts the packets of one stream back in order and hands them out at the pace of the listener's ticks, a fixed delay
 * after the first one came. Pure: the only clock is the sequence of pulls.
 *
 *            push                        pull
 *   network ------> [ ordered packets ] ------> frame | concealed | silence
 *                         ^ cursor: the timestamp due next
 *
 * `hold` ticks of silence stand between the first packet and its playing: that is the delay. A packet that comes after
 * its turn is late and dropped. When nothing came for `concealTicks` the stream counts as paused, and the next packet
 * starts it anew with the full delay. Memory is bounded by `maxPackets` and `maxLeadTicks`, whatever is pushed.
 */
export interface JitterOptions<Payload> {
  readonly delayTicks: number;
  /** How far ahead of the cursor a packet may lie; beyond it the sender has jumped, and so do we. */
  readonly maxLeadTicks: number;
  readonly concealTicks: number;
  /** The granularity at which surplus delay is cut: one frame. */
  readonly frameTicks: number;
  readonly maxPackets: number;
  /** How long a payload plays; 0 or less is refused. */
  readonly ticksOf: (payload: Payload) => number;
}

export interface JitterPacket<Payload> {
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Payload;
}

export type Pushed = 'stored' | 'duplicate' | 'late' | 'overflow' | 'refused';

export type Pulled<Payload> =
  | { readonly kind: 'frame'; readonly payload: Payload; readonly ticks: number }
  /** Something was lost here: fill in. */
  | { readonly kind: 'concealed'; readonly ticks: number }
  /** Nothing is owed: before the start, in a pause, after the end. */
  | { readonly kind: 'silence'; readonly ticks: number };

export interface JitterCounts {
  readonly played: number;
  readonly concealed: number;
  readonly duplicate: number;
  readonly late: number;
  readonly overflow: number;
  readonly resynced: number;
  /** Frames skipped to give back delay that was no longer needed. */
  readonly trimmed: number;
}

interface Entry<Payload> {
  /** Unwrapped: counts on where the 32-bit timestamp wraps. */
  readonly at: number;
  readonly ticks: number;
  readonly sequence: number;
  readonly payload: Payload;
}

/** A stream whose packets are all late has a new idea of time: follow it after this many in a row. */
const lateBeforeResync = 5;
/** So many packets in a row must all have been early before delay is given back: five seconds of 20 ms frames. */
const trimWindow = 250;
/** So much may be pushed between two pulls before the rest counts as a backlog. */
const unheardFrames = 10;

export class JitterBuffer<Payload> {
  readonly #options: JitterOptions<Payload>;
  readonly #counts = { played: 0, concealed: 0, duplicate: 0, late: 0, overflow: 0, resynced: 0, trimmed: 0 };
  /** Ascending by `at`, without equals. */
  #entries: Entry<Payload>[] = [];
  #running = false;
  #cursor = 0;
  #hold = 0;
  #lastSequence: number | null = null;
  #concealedRun = 0;
  #lateRun = 0;
  #unheardTicks = 0;
  #windowCount = 0;
  #windowMinLead = Infinity;

  constructor(options: JitterOptions<Payload>) {
    this.#options = options;
  }

  get counts(): JitterCounts {
    return this.#counts;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** The stream is another one: forget this one. */
  reset(): void {
    this.#entries = [];
    this.#running = false;
    this.#lastSequence = null;
    this.#concealedRun = 0;
    this.#lateRun = 0;
    this.#startWindow();
  }

  push(packet: JitterPacket<Payload>): Pushed {
    const ticks = this.#options.ticksOf(packet.payload);
    if (!(ticks > 0)) return 'refused';
    // Nobody pulls, because nobody listens or this process stood still: what is old by now will not be heard.
    if (this.#unheardTicks > unheardFrames * this.#options.frameTicks) this.reset();
    this.#unheardTicks += ticks;
    if (!this.#running) {
      if (this.#before(packet.sequence) && this.#late()) return 'late';
      this.#start(packet.timestamp);
    }
    let at = this.#unwrap(packet.timestamp);
    if (this.#overtaken(at, ticks)) {
      if (this.#late()) return 'late';
      at = this.#resync(packet.timestamp);
    } else if (at - this.#cursor > this.#options.maxLeadTicks) {
      at = this.#resync(packet.timestamp);
    }
    this.#lateRun = 0;
    return this.#insert({ at, ticks, sequence: packet.sequence, payload: packet.payload });
  }

  /** What is due now. At most `wanted` ticks, except that a frame comes whole. */
  pull(wanted: number): Pulled<Payload> {
    this.#unheardTicks = 0;
    if (!this.#running) return { kind: 'silence', ticks: wanted };
    if (this.#hold > 0) {
      const ticks = Math.min(this.#hold, wanted);
      this.#hold -= ticks;
      return { kind: 'silence', ticks };
    }
    const head = this.#entries[0];
    if (head === undefined) return this.#conceal(wanted);
    const gap = head.at - this.#cursor;
    if (gap <= 0) return this.#play(head);
    const ticks = Math.min(gap, wanted);
    // The next packet in sequence with a jump in time: the sender was silent on purpose, nothing was lost.
    const paused = this.#lastSequence !== null && sequenceDistance(this.#lastSequence, head.sequence) === 1;
    if (!paused && this.#concealedRun < this.#options.concealTicks) return this.#conceal(ticks);
    this.#cursor += ticks;
    return { kind: 'silence', ticks };
  }

  /** A straggler of what was played before the pause, not the stream's new start. */
  #before(sequence: number): boolean {
    if (this.#lastSequence === null) return false;
    const ahead = sequenceDistance(this.#lastSequence, sequence);
    return ahead <= 0 && ahead > -this.#options.maxPackets;
  }

  /** Counts a late packet. False where there have been so many in a row that it is us who are wrong. */
  #late(): boolean {
    this.#counts.late += 1;
    this.#lateRun += 1;
    return this.#lateRun < lateBeforeResync;
  }

  #start(timestamp: number): void {
    this.#running = true;
    this.#cursor = timestamp;
    this.#hold = this.#options.delayTicks;
    this.#lastSequence = null;
    this.#concealedRun = 0;
    this.#startWindow();
  }

  #resync(timestamp: number): number {
    this.#counts.resynced += 1;
    this.#entries = [];
    this.#start(timestamp);
    return this.#cursor;
  }

  #unwrap(timestamp: number): number {
    return this.#cursor + timestampDistance(this.#cursor, timestamp);
  }

  /** Its turn is over. Before anything was played, an earlier packet simply becomes the first. */
  #overtaken(at: number, ticks: number): boolean {
    if (at + ticks > this.#cursor) return false;
    const early = this.#hold > 0 && this.#cursor - at < this.#options.delayTicks;
    if (!early) return true;
    this.#hold = Math.max(0, this.#hold - (this.#cursor - at));
    this.#cursor = at;
    return false;
  }

  #insert(entry: Entry<Payload>): Pushed {
    const entries = this.#entries;
    let place = entries.length;
    while (place > 0 && (entries[place - 1]?.at ?? 0) >= entry.at) place -= 1;
    if (entries[place]?.at === entry.at) {
      this.#counts.duplicate += 1;
      return 'duplicate';
    }
    if (entries.length >= this.#options.maxPackets) {
      this.#counts.overflow += 1;
      return 'overflow';
    }
    entries.splice(place, 0, entry);
    this.#watchLead(entry.at - this.#cursor + this.#hold);
    return 'stored';
  }

  #play(head: Entry<Payload>): Pulled<Payload> {
    this.#entries.shift();
    this.#cursor = head.at + head.ticks;
    this.#lastSequence = head.sequence;
    this.#concealedRun = 0;
    this.#counts.played += 1;
    return { kind: 'frame', payload: head.payload, ticks: head.ticks };
  }

  #conceal(ticks: number): Pulled<Payload> {
    if (this.#concealedRun >= this.#options.concealTicks || this.#lastSequence === null) {
      this.#running = this.#entries.length > 0;
      return { kind: 'silence', ticks };
    }
    this.#cursor += ticks;
    this.#concealedRun += ticks;
    this.#counts.concealed += 1;
    return { kind: 'concealed', ticks };
  }

  #startWindow(): void {
    this.#windowCount = 0;
    this.#windowMinLead = Infinity;
  }

  /**
   * Delay that no packet of a whole window needed is given back in whole frames: after a burst that came late, or from
   * a sender whose clock is a little faster than ours.
   */
  #watchLead(lead: number): void {
    this.#windowMinLead = Math.min(this.#windowMinLead, lead);
    this.#windowCount += 1;
    if (this.#windowCount < trimWindow) return;
    if (this.#windowMinLead >= this.#options.delayTicks + this.#options.frameTicks) {
      const frames = Math.floor((this.#windowMinLead - this.#options.delayTicks) / this.#options.frameTicks);
      this.#counts.trimmed += frames;
      this.#cursor += frames * this.#options.frameTicks;
      while ((this.#entries[0]?.at ?? Infinity) < this.#cursor) this.#entries.shift();
    }
    this.#startWindow();
  }
}
