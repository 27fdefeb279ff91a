/**
 * Refuses frames that were opened before. LiveKit's frame format leaves this to SRTP and so to the meeting server,
 * which we do not trust: it could play a member's words again within one key.
 *
 * There is no counter in the format, but every IV in use carries one, and the GCM tag covers the IV:
 *
 *   bytes        0-3             4-7              8-11
 *   LiveKit      SSRC            RTP timestamp    timestamp - (frames sent mod 0xffff)
 *   our sealer   64 random bits of the track      frames sent
 *
 * So bytes 0-3 name a stream of the sender, and within it bytes 4-7, then 8-11, only rise (both compared as serial
 * numbers, RFC 1982: a timestamp wraps after a day). The window keeps the `depth` highest positions it accepted. A
 * position that is among them, or below all of them once they are `depth`, is refused: within one key no frame opens
 * twice, however long ago it was, and memory stays bounded.
 *
 * What it does not catch: a frame that the server held back and delivers late for the first time while fewer than
 * `depth` later ones have arrived; the past of a stream that is heard for the first time; and a frame moved between two
 * tracks of one sender (the format does not name the track). A sender whose timestamps jump back is refused until they
 * have caught up, which is silence, not a replay.
 */
export class ReplayWindow {
  readonly #streams = new Map<number, Stream>();
  readonly #depth: number;
  readonly #maxStreams: number;

  constructor(options: { readonly depth?: number; readonly maxStreams?: number } = {}) {
    this.#depth = options.depth ?? 128;
    this.#maxStreams = options.maxStreams ?? 256;
  }

  /** Whether a frame of this IV may still be opened. Allocates nothing: the frame is not authenticated yet. */
  isFresh(iv: Buffer): boolean {
    const stream = this.#streams.get(iv.readUInt32BE(0));
    // Forgetting a stream would let its frames in again, so beyond the limit new ones are refused instead.
    if (stream === undefined) return this.#streams.size < this.#maxStreams;
    return stream.isFresh(iv.readUInt32BE(4), iv.readUInt32BE(8));
  }

  /** Called only when the tag of this IV's frame has verified. */
  accept(iv: Buffer): void {
    const name = iv.readUInt32BE(0);
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = new Stream(this.#depth);
      this.#streams.set(name, stream);
    }
    stream.accept(iv.readUInt32BE(4), iv.readUInt32BE(8));
  }
}

/** The highest accepted positions of one stream, in rising order. */
class Stream {
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  #count = 0;

  constructor(depth: number) {
    this.#high = new Uint32Array(depth);
    this.#low = new Uint32Array(depth);
  }

  isFresh(high: number, low: number): boolean {
    for (let i = this.#count - 1; i >= 0; i--) {
      const order = this.#compare(i, high, low);
      if (order < 0) return true;
      if (order === 0) return false;
    }
    return this.#count < this.#high.length;
  }

  accept(high: number, low: number): void {
    let at = this.#count;
    while (at > 0 && this.#compare(at - 1, high, low) > 0) at--;
    if (this.#count < this.#high.length) {
      this.#high.copyWithin(at + 1, at, this.#count);
      this.#low.copyWithin(at + 1, at, this.#count);
      this.#count++;
    } else {
      at--; // Fresh means above the lowest, so `at` is at least 1: the lowest makes room.
      this.#high.copyWithin(0, 1, at + 1);
      this.#low.copyWithin(0, 1, at + 1);
    }
    this.#high[at] = high;
    this.#low[at] = low;
  }

  /** Below 0 where the entry at `i` is older than (high, low). */
  #compare(i: number, high: number, low: number): number {
    const byHigh = ((this.#high[i] ?? 0) - high) | 0;
    return byHigh === 0 ? ((this.#low[i] ?? 0) - low) | 0 : byHigh;
  }
}
