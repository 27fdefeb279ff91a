import type { Milliseconds } from '../base/clock.ts';
import { frameLength, frameMs, type Frame, type PcmRate } from './audio/frame.ts';
import type { CodedAudio, LegDecoder } from './codec/leg-codec.ts';
import {
  JitterBuffer,
  type Advice,
  type JitterCounts,
  type JitterPacket,
  type Pushed,
} from './jitter/buffer.ts';
import { lengthened, shortened } from './jitter/time-scale.ts';

/**
 * Incoming audio of one sender: packets in, in any order and of any length; 20 ms of samples out, each tick.
 *
 *   push -> jitter buffer -> decode | conceal -> a little faster or slower -> pull
 */
export interface AudioStreamOptions {
  /** Owned by the stream: `close` closes it. */
  readonly decoder: LegDecoder;
  /** Before anything is known of the network. */
  readonly initialDelayMs: number;
}

const mostDelayMs = 300;
const concealMs = 80;
const maxLeadMs = 1_000;
const maxPackets = 64;
/** A change of speed every so many packets is not heard; where more than `hurryFrames` are to be made up, every packet. */
const speedEvery = 5;
const hurryFrames = 3;
/** Where a packet was not alike enough in itself for that, the one after the next is looked at again. */
const tryAgain = 2;

export interface StreamCounts extends JitterCounts {
  readonly concealedFrames: number;
  /** Pitch periods taken out and put in. */
  readonly shortened: number;
  readonly lengthened: number;
}

export class AudioStream {
  #decoder: LegDecoder;
  readonly #jitter: JitterBuffer<CodedAudio>;
  #frame: Frame;
  #ticksPerSample: number;
  readonly #ticksPerMs: number;
  #tickedMs: Milliseconds = 0;
  /** Decoded and not yet played: from `#from` to `#to` of it. */
  #store: Int16Array;
  #from = 0;
  #to = 0;
  #sinceScaled = 0;
  #scaled = { concealedFrames: 0, shortened: 0, lengthened: 0 };

  constructor({ decoder, initialDelayMs }: AudioStreamOptions) {
    this.#decoder = decoder;
    this.#frame = new Int16Array(frameLength(decoder.rate));
    this.#store = new Int16Array(2 * this.#frame.length);
    this.#ticksPerSample = decoder.clockRate / decoder.rate;
    const perMs = decoder.clockRate / 1_000;
    this.#ticksPerMs = perMs;
    this.#jitter = new JitterBuffer<CodedAudio>({
      initialTicks: initialDelayMs * perMs,
      mostTicks: mostDelayMs * perMs,
      maxLeadTicks: maxLeadMs * perMs,
      concealTicks: concealMs * perMs,
      frameTicks: frameMs * perMs,
      maxPackets,
      ticksOf: (audio) => this.#decoder.ticksOf(audio),
    });
  }

  get rate(): PcmRate {
    return this.#decoder.rate;
  }

  get counts(): StreamCounts {
    return { ...this.#jitter.counts, ...this.#scaled };
  }

  accepts(payloadType: number): boolean {
    return this.#decoder.accepts(payloadType);
  }

  /** The payload is kept: hand in one that nobody reuses. */
  push(packet: JitterPacket<CodedAudio>, nowMs: Milliseconds): Pushed {
    const sinceTick = Math.min(frameMs, Math.max(0, nowMs - this.#tickedMs)) * this.#ticksPerMs;
    return this.#jitter.push(packet, sinceTick);
  }

  /** Another stream begins. */
  reset(): void {
    this.#jitter.reset();
    this.#decoder.reset();
    this.#forgetRest();
  }

  /** The next 20 ms, valid until the next call; null where there is nothing to hear. */
  pull(nowMs: Milliseconds): Frame | null {
    this.#tickedMs = nowMs;
    const frame = this.#frame;
    const speed = this.#speed();
    let filled = this.#takeRest(0);
    let heard = filled > 0;
    let concealed = false;
    while (filled < frame.length) {
      const pulled = this.#jitter.pull((frame.length - filled) * this.#ticksPerSample);
      const samples = Math.max(1, Math.round(pulled.ticks / this.#ticksPerSample));
      if (pulled.kind === 'silence') {
        const end = Math.min(frame.length, filled + samples);
        frame.fill(0, filled, end);
        filled = end;
        continue;
      }
      heard = true;
      concealed ||= pulled.kind === 'concealed';
      const pcm =
        pulled.kind === 'frame'
          ? this.#atSpeed(this.#decoded(pulled.payload, samples), speed)
          : this.#decoder.conceal(samples, pulled.next);
      filled = this.#take(pcm, filled);
    }
    if (concealed) this.#scaled.concealedFrames += 1;
    this.#jitter.tick((this.#to - this.#from) * this.#ticksPerSample);
    return heard ? frame : null;
  }

  /** Another decoder of the same codec, with frames of another rate. The one before is closed. */
  retune(decoder: LegDecoder): void {
    this.#decoder.close();
    this.#decoder = decoder;
    this.#frame = new Int16Array(frameLength(decoder.rate));
    this.#ticksPerSample = decoder.clockRate / decoder.rate;
    this.#forgetRest();
  }

  close(): void {
    this.#decoder.close();
  }

  /** A packet that its codec refuses is a lost one. */
  #decoded(audio: CodedAudio, samples: number): Int16Array {
    const pcm = this.#decoder.decode(audio);
    return pcm.length > 0 ? pcm : this.#decoder.conceal(samples, null);
  }

  /** What is done with the packets of this tick. */
  #speed(): Advice {
    const { advice } = this.#jitter;
    const surplus = (this.#jitter.spare ?? 0) / this.#ticksPerSample;
    const hurry = advice === 'slower' || surplus > hurryFrames * this.#frame.length;
    return hurry || this.#sinceScaled >= speedEvery ? advice : null;
  }

  #atSpeed(pcm: Int16Array, speed: Advice): Int16Array {
    this.#sinceScaled += 1;
    if (speed === null) return pcm;
    const scaled = (speed === 'faster' ? shortened : lengthened)(pcm, this.#decoder.rate);
    if (scaled === pcm) {
      this.#sinceScaled = speedEvery - tryAgain;
      return pcm;
    }
    this.#sinceScaled = 0;
    this.#scaled[speed === 'faster' ? 'shortened' : 'lengthened'] += 1;
    return scaled;
  }

  /** Decoded samples into the frame from `at` on, and what it has no room for is kept; where the frame is filled up to. */
  #take(pcm: Int16Array, at: number): number {
    const room = this.#frame.length - at;
    if (pcm.length <= room) {
      this.#frame.set(pcm, at);
      return at + pcm.length;
    }
    if (pcm.length > this.#store.length) this.#store = new Int16Array(pcm.length);
    this.#store.set(pcm);
    this.#from = 0;
    this.#to = pcm.length;
    return at + this.#takeRest(at);
  }

  /** Moves what is kept into the frame from `at` on; how many samples it took. */
  #takeRest(at: number): number {
    const taken = Math.min(this.#to - this.#from, this.#frame.length - at);
    if (taken > 0) this.#frame.set(this.#store.subarray(this.#from, this.#from + taken), at);
    this.#from += taken;
    return taken;
  }

  #forgetRest(): void {
    this.#from = 0;
    this.#to = 0;
  }
}
