import { createSocket, type Socket } from 'node:dgram';
import { isIP, isIPv6 } from 'node:net';
import type { Clock, Milliseconds } from '../base/clock.ts';
import { LegReports, type FarSide, type OwnStream } from './leg-reports.ts';
import type { AgreedRtcp, MediaAddress } from './leg-state.ts';
import type { RandomInt } from './rtp/port.ts';
import type { PinnedSource } from './rtp/source.ts';
import type { SrtpSession } from './srtp/session.ts';

export interface LegRtcpOptions {
  readonly clock: Clock;
  readonly randomInt: RandomInt;
  /** Of RTP, bound: where RTCP has no port of its own it goes over this one (RFC 5761). */
  readonly socket: Socket;
  /** The leg's own, at the moment of asking. */
  readonly srtp: () => SrtpSession | null;
  readonly pinned: () => PinnedSource | null;
  readonly ssrc: () => number;
}

/** Longer than any report that is of use here. */
const longestDatagram = 2_048;

/**
 * A leg's RTCP: on the port above RTP's, or on the same (rtcp-mux). The second socket is not handed over with the leg: the
 * next process binds it anew, and a report that comes meanwhile is missed.
 */
export class LegRtcp {
  readonly #options: LegRtcpOptions;
  readonly #reports: LegReports;
  #own: Socket | null = null;
  #closed = false;
  #lastHeardMs: number;

  constructor(options: LegRtcpOptions) {
    const { clock, randomInt } = options;
    this.#options = options;
    this.#lastHeardMs = clock.monoMs();
    this.#reports = new LegReports({
      randomInt,
      monoMs: () => clock.monoMs(),
      wallMs: () => clock.wallMs(),
    });
  }

  get farSide(): FarSide | null {
    return this.#reports.farSide;
  }

  get lastHeardMs(): number {
    return this.#lastHeardMs;
  }

  /** Binds the port above RTP's where it is needed; where that is taken, we report and hear no reports. */
  agree({ mux }: AgreedRtcp): void {
    if (mux) this.#closeOwn();
    if (mux || this.#own !== null || this.#closed) return;
    const { address, port } = this.#options.socket.address();
    if (port >= 65_535) return;
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    this.#own = socket;
    socket.on('error', () => {
      if (this.#own === socket) this.#closeOwn();
    });
    socket.on('message', (datagram, from) => this.receive(datagram, from));
    socket.bind({ address, port: port + 1, exclusive: true });
  }

  /** The stream from the peer, or ours to it, is another one. */
  restart(): void {
    this.#reports.reset();
  }

  /** Whether `tick` would report. */
  isDueAt(nowMs: Milliseconds): boolean {
    return !this.#closed && this.#reports.isDueAt(nowMs);
  }

  /** Sends the report that is due. */
  tick(agreed: AgreedRtcp, own: OwnStream): void {
    const due = this.#reports.due(own);
    if (due === null || this.#closed) return;
    const { srtp, socket } = this.#options;
    const session = srtp();
    const length = session === null ? due.length : session.protectRtcp(due.packet, due.length);
    const to = this.#destination(agreed);
    if (length === 0 || to.port === 0 || isIP(to.address) === 0) return;
    // A copy: the system may still send it when the next one is written.
    const packet = Buffer.from(due.packet.subarray(0, length));
    (agreed.mux ? socket : (this.#own ?? socket)).send(packet, to.port, to.address, () => undefined);
  }

  /** A datagram of RTCP, on either port. Only the leg's own peer is believed: by its address, or by its key. */
  receive(datagram: Buffer, from: MediaAddress): void {
    const pinned = this.#options.pinned();
    if (datagram.length > longestDatagram || pinned?.address !== from.address) return;
    const session = this.#options.srtp();
    const nowMs = this.#options.clock.monoMs();
    const plain = session === null ? null : session.unprotectRtcp(datagram, nowMs);
    if (plain?.ok === false) return;
    if (this.#reports.receive(plain?.value ?? datagram, this.#options.ssrc())) this.#lastHeardMs = nowMs;
  }

  close(): void {
    this.#closed = true;
    this.#closeOwn();
  }

  /** Behind NAT, where RTP came from somewhere else than signalling said, RTCP is taken to be next to it. */
  #destination({ mux, remote }: AgreedRtcp): MediaAddress {
    const pinned = this.#options.pinned();
    if (pinned === null) return remote;
    if (mux) return pinned;
    return pinned.address === remote.address ? remote : { address: pinned.address, port: pinned.port + 1 };
  }

  #closeOwn(): void {
    this.#own?.close();
    this.#own = null;
  }
}
