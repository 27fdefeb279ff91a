import { samplesPerFrame, sampleRate, type Frame } from './audio/frame.ts';
import { opusTicks } from './codec/opus-packet.ts';
import type { OpusDecoder } from './codec/opus.ts';
import { JitterBuffer, type JitterCounts } from './jitter-buffer.ts';

/** Ticks of Opus's RTP clock in one sample of ours (RFC 7587 §4.1: always 48 kHz). */
const ticksPerSample = 48_000 / sampleRate;
const frameTicks = samplesPerFrame * ticksPerSample;

/**
 * One speaker of the meeting as the phone legs hear him: decrypted Opus packets in, 20 ms frames at 8 kHz out, decoded
 * once however many legs listen. Lost packets are concealed by the decoder for up to 100 ms, then it is silence.
 */
export class Speaker {
  readonly #decoder: OpusDecoder;
  readonly #buffer: JitterBuffer<Uint8Array>;
  readonly #frame: Frame = new Int16Array(samplesPerFrame);
  /** Decoded and not yet played: a packet may stand for more or less than 20 ms. */
  #surplus: Int16Array = new Int16Array(0);

  constructor(options: { readonly decoder: OpusDecoder; readonly delayMs: number }) {
    this.#decoder = options.decoder;
    this.#buffer = new JitterBuffer({
      delayTicks: options.delayMs * 48,
      maxLeadTicks: 48_000,
      concealTicks: 100 * 48,
      frameTicks,
      maxPackets: 64,
      ticksOf: opusTicks,
    });
  }

  get counts(): JitterCounts {
    return this.#buffer.counts;
  }

  /** The packet is kept: hand in one that nobody reuses. */
  push(packet: Uint8Array, sequence: number, timestamp: number): void {
    this.#buffer.push({ sequence, timestamp, payload: packet });
  }

  /** The next 20 ms, valid until the next call; null where there is nothing to hear. */
  pull(): Frame | null {
    let filled = this.#takeSurplus(0);
    let heard = filled > 0;
    while (filled < samplesPerFrame) {
      const pulled = this.#buffer.pull((samplesPerFrame - filled) * ticksPerSample);
      const samples = Math.max(1, Math.round(pulled.ticks / ticksPerSample));
      const pcm =
        pulled.kind === 'frame'
          ? (this.#decoder.decode(pulled.payload) ?? this.#decoder.conceal(samples))
          : pulled.kind === 'concealed'
            ? this.#decoder.conceal(samples)
            : null;
      if (pcm === null) {
        const end = Math.min(samplesPerFrame, filled + samples);
        this.#frame.fill(0, filled, end);
        filled = end;
        continue;
      }
      heard = true;
      this.#surplus = pcm.slice();
      filled += this.#takeSurplus(filled);
    }
    return heard ? this.#frame : null;
  }

  close(): void {
    this.#decoder.close();
  }

  /** Moves what is decoded into the frame from `at` on; how many samples it took. */
  #takeSurplus(at: number): number {
    const taken = Math.min(this.#surplus.length, samplesPerFrame - at);
    this.#frame.set(this.#surplus.subarray(0, taken), at);
    this.#surplus = this.#surplus.subarray(taken);
    return taken;
  }
}
