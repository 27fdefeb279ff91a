import { ok, refuse, type Result } from '../../base/result.ts';
import { rtpPayloadStart } from '../rtp/packet.ts';
import { estimateIndex, ReplayWindow } from './packet-index.ts';
import type { SrtpReceiverState } from './state.ts';
import { rtcpHeaderLength, rtcpIndexLength, type SrtpTransform } from './transform.ts';

export type SrtpRefusal =
  | 'malformed'
  /** Came before, or is older than the window. */
  | 'replayed'
  | 'not-authentic'
  /** SRTCP without the E flag: we never agree to that. */
  | 'not-encrypted'
  | 'too-many-streams';

/** Streams of one sender under one key. An authentic packet alone makes one; they are never forgotten, or old packets would be new again. */
const mostStreams = 32;

/**
 * Opens the packets of one peer. Order of work: the replay window, the tag, and only then any change of state; so what
 * is not authentic leaves no trace (RFC 3711 §3.3).
 */
export class SrtpReceiver {
  readonly #transform: SrtpTransform;
  /** Before a change of keys: whether the counter goes on or begins anew, the first authentic packet tells. */
  readonly #before: ReadonlyMap<number, number>;
  readonly #rtcpIndexAt: (length: number) => number;
  readonly #rtp = new Map<number, ReplayWindow>();
  readonly #rtcp = new Map<number, ReplayWindow>();

  /** `rtcpTrailer`: what stands behind the index word, in bytes. */
  constructor(
    transform: SrtpTransform,
    options: {
      readonly rtcpTrailer: number;
      readonly state?: SrtpReceiverState | null;
      readonly before?: ReadonlyMap<number, number>;
    },
  ) {
    this.#transform = transform;
    this.#before = options.before ?? new Map();
    this.#rtcpIndexAt = (length) => length - options.rtcpTrailer - rtcpIndexLength;
    for (const stream of options.state?.rtp ?? []) this.#rtp.set(stream.ssrc, new ReplayWindow(stream));
    for (const stream of options.state?.rtcp ?? []) this.#rtcp.set(stream.ssrc, new ReplayWindow(stream));
  }

  get state(): SrtpReceiverState {
    const statesOf = (streams: ReadonlyMap<number, ReplayWindow>) =>
      [...streams].map(([ssrc, window]) => ({ ssrc, ...window.state }));
    return { rtp: statesOf(this.#rtp), rtcp: statesOf(this.#rtcp) };
  }

  /** The highest index of every stream, for the receiver that follows with other keys. */
  get highest(): ReadonlyMap<number, number> {
    return new Map([...this.#rtp].map(([ssrc, window]) => [ssrc, window.highest]));
  }

  /** The RTP packet, decrypted in place: a view into `datagram`, which is unchanged where the packet is refused. */
  unprotectRtp(datagram: Uint8Array): Result<Uint8Array, SrtpRefusal> {
    const start = rtpPayloadStart(datagram);
    if (!start.ok) return refuse('malformed');
    const sequence = ((datagram[2] ?? 0) << 8) | (datagram[3] ?? 0);
    const ssrc = u32(datagram, 8);
    const window = this.#rtp.get(ssrc);
    if (window === undefined && this.#rtp.size >= mostStreams) return refuse('too-many-streams');
    const candidates =
      window === undefined ? this.#firstIndexes(ssrc, sequence) : [estimateIndex(window.highest, sequence)];
    for (const index of candidates) {
      if (window?.isFresh(index) === false || index < 0) return refuse('replayed');
      const length = this.#transform.unprotectRtp(datagram, start.value, { ssrc, index });
      if (length === null) continue;
      this.#windowOf(this.#rtp, ssrc).accept(index);
      return ok(datagram.subarray(0, length));
    }
    return refuse('not-authentic');
  }

  /** The same for a compound RTCP packet. */
  unprotectRtcp(datagram: Uint8Array): Result<Uint8Array, SrtpRefusal> {
    const indexAt = this.#rtcpIndexAt(datagram.length);
    if (indexAt < rtcpHeaderLength) return refuse('malformed');
    const word = u32(datagram, indexAt);
    if (word < 0x80000000) return refuse('not-encrypted');
    const index = word - 0x80000000;
    const ssrc = u32(datagram, 4);
    const window = this.#rtcp.get(ssrc);
    if (window === undefined && this.#rtcp.size >= mostStreams) return refuse('too-many-streams');
    if (window?.isFresh(index) === false) return refuse('replayed');
    const length = this.#transform.unprotectRtcp(datagram, { ssrc, index });
    if (length === null) return refuse('not-authentic');
    this.#windowOf(this.#rtcp, ssrc).accept(index);
    return ok(datagram.subarray(0, length));
  }

  close(): void {
    this.#transform.close();
    this.#rtp.clear();
    this.#rtcp.clear();
  }

  #firstIndexes(ssrc: number, sequence: number): readonly number[] {
    const before = this.#before.get(ssrc);
    const goesOn = before === undefined ? sequence : estimateIndex(before, sequence);
    return goesOn === sequence || goesOn < 0 ? [sequence] : [sequence, goesOn];
  }

  #windowOf(streams: Map<number, ReplayWindow>, ssrc: number): ReplayWindow {
    const known = streams.get(ssrc);
    if (known !== undefined) return known;
    const made = new ReplayWindow();
    streams.set(ssrc, made);
    return made;
  }
}

function u32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0)) >>>
    0
  );
}
