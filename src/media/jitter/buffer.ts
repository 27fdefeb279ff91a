import { sequenceDistance, timestampDistance } from '../rtp/packet.ts';
import { Arrivals } from './arrivals.ts';

/**
 * Puts the packets of one stream back in order and hands them out at the pace of the listener's ticks, as late as the
 * network's jitter makes it necessary. Pure: the only clock is the sequence of ticks.
 *
 *            push                        pull
 *   network ------> [ ordered packets ] ------> frame | concealed | silence
 *                         ^ cursor: the timestamp due next
 *
 * The first packet waits `initialTicks`. From then on the buffer watches how early packets come, and aims at one in a
 * hundred being too late: where there is more delay than that takes, `advice` says to play a little faster, where there
 * is less, a little slower, and in a pause the buffer moves by itself. So it also follows a sender whose clock runs
 * faster or slower than ours. Where nothing is there to play, the listener fills in and the stream waits: what comes
 * late then still is played. Memory is bounded by `maxPackets` and `maxLeadTicks`, whatever is pushed.
 */
export interface JitterOptions<Payload> {
  readonly initialTicks: number;
  /** The most delay between the earliest packets and their playing. */
  readonly mostTicks: number;
  /** How far ahead of the cursor a packet may lie; beyond it the sender has jumped, and so do we. */
  readonly maxLeadTicks: number;
  readonly concealTicks: number;
  /** The listener's tick. */
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
  /** Something was lost here: fill in. `next` follows right behind it, where it is there. */
  | { readonly kind: 'concealed'; readonly ticks: number; readonly next: Payload | null }
  /** Nothing is owed: before the start, in a pause, after the end. */
  | { readonly kind: 'silence'; readonly ticks: number };

export type Advice = 'faster' | 'slower' | null;

export interface JitterCounts {
  readonly played: number;
  readonly concealed: number;
  readonly duplicate: number;
  readonly late: number;
  readonly overflow: number;
  readonly resynced: number;
  /** Jumps over a backlog that could not be played off. */
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
/** So much may be pushed between two ticks before the rest counts as a backlog, and so much surplus is cut, not played off. */
const backlogFrames = 10;
/** In frames: a packet should come so much earlier than it must; and what more there is, up to that, is left alone. */
const guard = 0.25;
const slack = 0.75;

export class JitterBuffer<Payload> {
  readonly #options: JitterOptions<Payload>;
  readonly #counts = { played: 0, concealed: 0, duplicate: 0, late: 0, overflow: 0, resynced: 0, trimmed: 0 };
  readonly #arrivals: Arrivals;
  /** Ascending by `at`, without equals. */
  #entries: Entry<Payload>[] = [];
  #running = false;
  #cursor = 0;
  #hold = 0;
  /** The listener's ticks since the start; what was left over at the latest of them, and what was pulled since. */
  #clock = 0;
  #decoded = 0;
  #pulled = 0;
  #lastSequence: number | null = null;
  #concealedRun = 0;
  /** Of the concealed run, what the stream waited instead of going on. */
  #waited = 0;
  #lateRun = 0;
  #unheardTicks = 0;

  constructor(options: JitterOptions<Payload>) {
    this.#options = options;
    this.#arrivals = new Arrivals(options.frameTicks);
  }

  get counts(): JitterCounts {
    return this.#counts;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** How much earlier than it must, and than `guard`, the packet comes that is among the latest; null where that is not known. */
  get spare(): number | null {
    const { latest } = this.#arrivals;
    return latest === null || !this.#running ? null : latest - this.#offset;
  }

  /** What the listener should do with the next frame, to bring the delay to what the network needs. */
  get advice(): Advice {
    const { spare } = this;
    // While it waits for a packet, nobody knows yet whether that is late, which is delay, or lost, which is none.
    if (spare === null || this.#waited > 0) return null;
    const { frameTicks } = this.#options;
    if (spare > slack * frameTicks) return 'faster';
    return spare < 0 && this.#mayWait ? 'slower' : null;
  }

  /** The stream is another one: forget this one. */
  reset(): void {
    this.#entries = [];
    this.#running = false;
    this.#lastSequence = null;
    this.#lateRun = 0;
    this.#arrivals.reset();
  }

  /** `sinceTick`: how long ago the listener's latest tick was, in ticks of the stream. */
  push(packet: JitterPacket<Payload>, sinceTick = 0): Pushed {
    const ticks = this.#options.ticksOf(packet.payload);
    if (!(ticks > 0)) return 'refused';
    // Nobody pulls, because nobody listens or this process stood still: what is old by now will not be heard.
    if (this.#unheardTicks > backlogFrames * this.#options.frameTicks) this.reset();
    this.#unheardTicks += ticks;
    if (!this.#running) {
      if (this.#before(packet.sequence) && this.#late()) return 'late';
      this.#start(packet.timestamp);
    }
    let at = this.#unwrap(packet.timestamp);
    const { frameTicks } = this.#options;
    // A little later, and it would have come after the next tick: so clocks that drift are noticed before it costs a frame.
    const arrival = this.#clock + (sinceTick + guard * frameTicks >= frameTicks ? frameTicks : 0);
    if (this.#overtaken(at, ticks)) {
      this.#arrivals.add(at - arrival);
      if (this.#late()) return 'late';
      at = this.#resync(packet.timestamp);
    } else if (at - this.#cursor > this.#options.maxLeadTicks) {
      at = this.#resync(packet.timestamp);
    }
    this.#lateRun = 0;
    return this.#insert({ at, ticks, sequence: packet.sequence, payload: packet.payload }, arrival);
  }

  /**
   * What is due now. At most `wanted` ticks, except that a frame comes whole, and so does what stands in for one: a decoder may not be
   * able to make up any other length (Opus: multiples of 2.5 ms), nor recover a part.
   */
  pull(wanted: number): Pulled<Payload> {
    const pulled = this.#next(wanted);
    this.#pulled += pulled.ticks;
    return pulled;
  }

  #next(wanted: number): Pulled<Payload> {
    if (!this.#running) return { kind: 'silence', ticks: wanted };
    if (this.#hold > 0) {
      const ticks = Math.min(this.#hold, wanted);
      this.#hold -= ticks;
      return { kind: 'silence', ticks };
    }
    const head = this.#entries[0];
    if (head === undefined) return this.#wait(wanted);
    const gap = this.#gapBefore(head);
    if (gap <= 0) return this.#play(head);
    if (!this.#paused(head) && this.#concealedRun < this.#options.concealTicks) {
      const whole = Math.min(gap, this.#options.frameTicks);
      return this.#conceal(whole, gap <= head.ticks ? head.payload : null);
    }
    const ticks = Math.min(gap, wanted);
    this.#cursor += ticks;
    return { kind: 'silence', ticks };
  }

  /** The listener has had its frame; `decoded` ticks of what was pulled are left over for the next one. */
  tick(decoded: number): void {
    this.#unheardTicks = 0;
    this.#clock += this.#options.frameTicks;
    this.#decoded = decoded;
    this.#pulled = 0;
    this.#cutBacklog();
  }

  /** The stream's time that is played at the listener's time zero. */
  get #offset(): number {
    return this.#cursor - this.#hold - this.#decoded - this.#pulled - this.#clock;
  }

  /** Whether the delay may still grow. */
  get #mayWait(): boolean {
    return this.#arrivals.earliest - this.#offset < this.#options.mostTicks;
  }

  /** The next packet in sequence with a jump in time: the sender was silent on purpose, nothing was lost. */
  #paused(head: Entry<Payload>): boolean {
    return this.#lastSequence !== null && sequenceDistance(this.#lastSequence, head.sequence) === 1;
  }

  /** What is missing before the next packet, less what was filled in while it was waited for. */
  #gapBefore(head: Entry<Payload>): number {
    const gap = head.at - this.#cursor;
    if (gap <= 0) return gap;
    if (this.#waited > 0) {
      const filled = Math.min(gap, this.#waited);
      this.#waited -= filled;
      this.#cursor += filled;
      return gap - filled;
    }
    return this.#paused(head) ? this.#movedPause(gap) : gap;
  }

  /** A pause may be shorter or longer than it was, and nobody hears it. */
  #movedPause(gap: number): number {
    const { spare } = this;
    if (spare === null) return gap;
    const { frameTicks } = this.#options;
    if (Math.abs(spare) < guard * frameTicks) return gap;
    const by = Math.max(-frameTicks, Math.min(Math.floor(spare), gap));
    this.#cursor += by;
    return gap - by;
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
    const { latest } = this.#arrivals;
    const { initialTicks, mostTicks } = this.#options;
    this.#cursor = this.#unwrap(timestamp);
    this.#hold = initialTicks;
    if (latest !== null) {
      // As before the pause, where the sender's time has gone on through it as ours has. What the network held up meanwhile is late and
      // played at once; how much delay the stream needs has not changed by that.
      const hold = this.#cursor - this.#clock - latest;
      if (Math.abs(hold) <= mostTicks) this.#hold = Math.max(0, hold);
      else this.#arrivals.reset();
    }
    this.#running = true;
    this.#decoded = 0;
    this.#pulled = 0;
    this.#lastSequence = null;
    this.#concealedRun = 0;
    this.#waited = 0;
  }

  #resync(timestamp: number): number {
    this.#counts.resynced += 1;
    this.#entries = [];
    this.#arrivals.reset();
    this.#start(timestamp);
    return this.#cursor;
  }

  #unwrap(timestamp: number): number {
    return this.#cursor + timestampDistance(this.#cursor, timestamp);
  }

  /** Its turn is over. Before anything was played, an earlier packet simply becomes the first. */
  #overtaken(at: number, ticks: number): boolean {
    if (at + ticks > this.#cursor) return false;
    const back = this.#cursor - at;
    if (this.#hold <= 0 || this.#lastSequence !== null || back >= this.#options.initialTicks) return true;
    this.#hold = Math.max(0, this.#hold - back);
    this.#cursor = at;
    return false;
  }

  #insert(entry: Entry<Payload>, arrival: number): Pushed {
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
    if (place === entries.length) entries.push(entry);
    else entries.splice(place, 0, entry);
    this.#arrivals.add(entry.at - arrival);
    return 'stored';
  }

  #play(head: Entry<Payload>): Pulled<Payload> {
    // Mostly there is no other.
    if (this.#entries.length === 1) this.#entries.pop();
    else this.#entries.shift();
    this.#cursor = head.at + head.ticks;
    this.#lastSequence = head.sequence;
    this.#concealedRun = 0;
    this.#waited = 0;
    this.#counts.played += 1;
    return { kind: 'frame', payload: head.payload, ticks: head.ticks };
  }

  /** Nothing is there: it is late, lost, or the stream has paused. While it may only be late, the stream waits. */
  #wait(wanted: number): Pulled<Payload> {
    if (this.#concealedRun >= this.#options.concealTicks || this.#lastSequence === null) {
      this.#running = false;
      return { kind: 'silence', ticks: wanted };
    }
    const whole = this.#options.frameTicks;
    if (this.#mayWait) {
      this.#waited += whole;
      this.#cursor -= whole;
    }
    return this.#conceal(whole, null);
  }

  #conceal(ticks: number, next: Payload | null): Pulled<Payload> {
    this.#cursor += ticks;
    this.#concealedRun += ticks;
    this.#counts.concealed += 1;
    return { kind: 'concealed', ticks, next };
  }

  /** After we stood still, or a burst that no jitter explains, playing faster would take too long. */
  #cutBacklog(): void {
    const { spare } = this;
    const { frameTicks } = this.#options;
    if (spare === null || spare < backlogFrames * frameTicks) return;
    this.#counts.trimmed += 1;
    this.#cursor += Math.floor(spare);
    while ((this.#entries[0]?.at ?? Infinity) + (this.#entries[0]?.ticks ?? 0) <= this.#cursor)
      this.#entries.shift();
    const head = this.#entries[0];
    if (head !== undefined && head.at < this.#cursor) this.#cursor = head.at;
    if (head !== undefined) this.#lastSequence = (head.sequence - 1) & 0xffff;
  }
}
