import { samplesPerFrame, type Frame } from '../audio/frame.ts';
import { Concealment } from '../concealment.ts';
import { JitterBuffer, type JitterCounts, type JitterPacket, type Pushed } from '../jitter-buffer.ts';
import { decodeG711, type G711Law } from './g711.ts';

/** One packet's payload as it waits: packets of any length are welcome, 10 ms as well as 60. */
interface G711Payload {
  readonly law: G711Law;
  readonly code: Uint8Array;
}

const ticksPerMs = 8;
/** Room for 40 ms of jitter, and for the tick that is up to 20 ms away. */
const delayTicks = 60 * ticksPerMs;

/** A leg's incoming audio: packets in, in any order; 20 ms of samples out, each tick. */
export class G711Stream {
  readonly #jitter = new JitterBuffer<G711Payload>({
    delayTicks,
    maxLeadTicks: 400 * ticksPerMs,
    concealTicks: 80 * ticksPerMs,
    frameTicks: samplesPerFrame,
    maxPackets: 64,
    ticksOf: (payload) => payload.code.length,
  });
  readonly #concealment = new Concealment();
  readonly #frame: Frame = new Int16Array(samplesPerFrame);
  /** What a packet longer than a frame left over. */
  #rest: Int16Array = new Int16Array(0);
  #concealedFrames = 0;

  get counts(): JitterCounts & { readonly concealedFrames: number } {
    return { ...this.#jitter.counts, concealedFrames: this.#concealedFrames };
  }

  push(packet: JitterPacket<G711Payload>): Pushed {
    return this.#jitter.push(packet);
  }

  reset(): void {
    this.#jitter.reset();
    this.#concealment.reset();
    this.#rest = new Int16Array(0);
  }

  /** The next 20 ms, or null where there is nothing to hear. */
  pull(): Frame | null {
    const frame = this.#frame;
    const rest = this.#rest.subarray(0, samplesPerFrame);
    frame.set(rest);
    this.#rest = this.#rest.subarray(rest.length);
    let filled = rest.length;
    let heard = filled > 0;
    let concealed = false;
    while (filled < samplesPerFrame) {
      const pulled = this.#jitter.pull(samplesPerFrame - filled);
      const part = frame.subarray(filled, filled + pulled.ticks);
      filled += part.length;
      if (pulled.kind === 'frame') this.#decode(pulled.payload, part);
      else if (pulled.kind === 'concealed') this.#concealment.conceal(part);
      else this.#silence(part);
      heard ||= pulled.kind !== 'silence';
      concealed ||= pulled.kind === 'concealed';
    }
    if (concealed) this.#concealedFrames += 1;
    return heard ? frame : null;
  }

  #decode(payload: G711Payload, part: Int16Array): void {
    const pcm = payload.code.length === part.length ? part : new Int16Array(payload.code.length);
    decodeG711(payload.law, payload.code, pcm);
    this.#concealment.good(pcm);
    if (pcm === part) return;
    part.set(pcm.subarray(0, part.length));
    this.#rest = pcm.subarray(part.length);
  }

  #silence(part: Int16Array): void {
    part.fill(0);
    this.#concealment.good(part);
  }
}
