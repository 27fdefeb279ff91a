import type { RemoteInfo, Socket } from 'node:dgram';
import { isIP, isIPv4 } from 'node:net';
import type { Clock, Milliseconds } from '../../base/clock.ts';
import type { MediaAddress } from '../leg-state.ts';
import type { DirectSocket, DirectUdp, OnDatagram } from './direct-udp.ts';

export interface LegSocketOptions {
  /** Bound; its owner closes it. */
  readonly socket: Socket;
  /** Null: by dgram, as packets come. */
  readonly udp: DirectUdp | null;
  readonly clock: Pick<Clock, 'monoMs'>;
  /** The datagram may be kept. `atMs`: when it came. */
  readonly onDatagram: (datagram: Buffer, from: MediaAddress, atMs: Milliseconds) => void;
}

/** A leg's RTP socket: packets in and out, directly where that can be (`direct-udp.ts`), else by dgram. */
export class LegSocket {
  readonly #options: LegSocketOptions;
  #direct: DirectSocket | null = null;
  #open = false;
  #to: MediaAddress | null = null;
  #reached = false;

  readonly #listener = (datagram: Buffer, from: RemoteInfo): void =>
    this.#options.onDatagram(datagram, from, this.#options.clock.monoMs());

  readonly #came: OnDatagram = (datagram, from, atMs) => {
    this.#options.onDatagram(datagram, from, atMs);
    return this.#open;
  };

  constructor(options: LegSocketOptions) {
    this.#options = options;
  }

  /** Starts to listen. */
  start(): void {
    const { socket, udp } = this.#options;
    this.#open = true;
    this.#direct = udp?.take(socket) ?? null;
    if (this.#direct === null) socket.on('message', this.#listener);
    // Without a listener an error of the network would end the process; sends count their own.
    socket.on('error', this.#failed);
  }

  /** Once a tick: what has come since the last one is told now, where it has not been told as it came. */
  read(nowMs: Milliseconds): void {
    if (!this.#open || this.#direct === null) return;
    this.#direct.receive(this.#came, nowMs);
  }

  /** Whether packets can be sent there: names are never looked up. */
  reaches(to: MediaAddress): boolean {
    if (to === this.#to) return this.#reached;
    this.#to = to;
    this.#reached = to.port > 0 && (this.#direct === null ? isIP(to.address) !== 0 : isIPv4(to.address));
    return this.#reached;
  }

  /**
   * True where the packet's buffer is free again at once: it was copied, and goes with `DirectUdp.flush`. By dgram it stays in use until the
   * system has sent it.
   */
  send(packet: Uint8Array, to: MediaAddress): boolean {
    if (!this.#open) return true;
    if (this.#direct !== null) {
      this.#direct.send(packet, to);
      return true;
    }
    this.#options.socket.send(packet, 0, packet.length, to.port, to.address, this.#failed);
    return false;
  }

  /** Neither reads nor sends any more; the socket stays open. */
  stop(): void {
    if (this.#direct !== null) this.#options.udp?.flush();
    this.#open = false;
    this.#options.socket.off('message', this.#listener);
  }

  /** A packet that could not be sent is a lost packet: the far end conceals it, and the next tick tries again. */
  readonly #failed = (): void => undefined;
}
