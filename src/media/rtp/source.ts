import type { MediaAddress } from '../leg-state.ts';
import { sequenceDistance } from './packet.ts';

/**
 * Whose packets a leg believes. Phones behind NAT send from another address than their SDP says, so the source is
 * learned from the packets ("symmetric RTP", RFC 4961) and our audio goes back there. Learning is what an attacker who
 * sprays RTP at our ports wants to abuse, so:
 *
 * - a packet from the signalled address pins at once, and takes over from a source that was only learned;
 * - any other source must first send `probation` packets in sequence (compare RFC 3550 appendix A.1);
 * - once pinned, nothing else is heard, until signalling names a new address, or the pinned source has been silent for
 *   `relatchAfterMs` and the new one has the same IP address (a gateway that moved to another port);
 * - a new SSRC from the pinned address is a new stream of the same sender, after two packets in sequence.
 *
 * State is one pinned source and one candidate, however many packets from however many addresses come in.
 */
export interface PinnedSource {
  readonly address: string;
  readonly port: number;
  readonly ssrc: number;
}

export type SourceVerdict =
  | 'accepted'
  /** Accepted, and everything known of the stream before (timestamps, sequence, digits) is void. */
  | 'new-stream'
  | 'probation'
  | 'foreign';

/** What the source check needs of one packet. */
export interface SourcePacket {
  readonly from: MediaAddress;
  readonly ssrc: number;
  readonly sequence: number;
  readonly nowMs: number;
}

const probation = 4;
const probationOfNewSsrc = 2;
const relatchAfterMs = 3_000;

interface Candidate {
  readonly address: string;
  readonly port: number;
  readonly ssrc: number;
  sequence: number;
  inSequence: number;
}

export class RtpSource {
  #signalled: MediaAddress;
  #pinned: PinnedSource | null;
  #lastAcceptedMs: number;
  #candidate: Candidate | null = null;

  constructor(signalled: MediaAddress, pinned: PinnedSource | null, nowMs: number) {
    this.#signalled = signalled;
    this.#pinned = pinned;
    this.#lastAcceptedMs = nowMs;
  }

  get pinned(): PinnedSource | null {
    return this.#pinned;
  }

  /** Where our own packets go: back to the source, or to where signalling says until there is one. */
  get destination(): MediaAddress {
    return this.#pinned ?? this.#signalled;
  }

  /** Signalling named an address: a different one than before ends the pin. */
  resignal(remote: MediaAddress): void {
    if (remote.address === this.#signalled.address && remote.port === this.#signalled.port) return;
    this.#signalled = remote;
    this.#candidate = null;
    if (this.#pinned?.address !== remote.address || this.#pinned.port !== remote.port) this.#pinned = null;
  }

  check(packet: SourcePacket): SourceVerdict {
    const pinned = this.#pinned;
    if (pinned?.address === packet.from.address && pinned.port === packet.from.port) {
      if (pinned.ssrc !== packet.ssrc) return this.#probe(packet, probationOfNewSsrc);
      this.#lastAcceptedMs = packet.nowMs;
      return 'accepted';
    }
    const isSignalled = sameAddress(packet.from, this.#signalled);
    if (isSignalled && (pinned === null || !sameAddress(pinned, this.#signalled))) return this.#pin(packet);
    if (pinned === null) return this.#probe(packet, probation);
    const silent = packet.nowMs - this.#lastAcceptedMs >= relatchAfterMs;
    if (silent && packet.from.address === pinned.address) return this.#probe(packet, probation);
    return 'foreign';
  }

  #probe(packet: SourcePacket, needed: number): SourceVerdict {
    const candidate = this.#candidate;
    const continues =
      candidate?.ssrc === packet.ssrc &&
      sameAddress(candidate, packet.from) &&
      sequenceDistance(candidate.sequence, packet.sequence) === 1;
    if (!continues) {
      this.#candidate = { ...packet.from, ssrc: packet.ssrc, sequence: packet.sequence, inSequence: 1 };
      return 'probation';
    }
    candidate.sequence = packet.sequence;
    candidate.inSequence += 1;
    return candidate.inSequence >= needed ? this.#pin(packet) : 'probation';
  }

  #pin(packet: SourcePacket): SourceVerdict {
    this.#pinned = { address: packet.from.address, port: packet.from.port, ssrc: packet.ssrc };
    this.#lastAcceptedMs = packet.nowMs;
    this.#candidate = null;
    return 'new-stream';
  }
}

function sameAddress(a: MediaAddress, b: MediaAddress): boolean {
  return a.address === b.address && a.port === b.port;
}
