/** Where a peer is. Addresses are bare: IPv6 without brackets. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

export type TransportName = 'udp' | 'tcp';

/** A way to one peer and back: an address pair over UDP, a connection over TCP. */
export interface Flow {
  readonly transport: TransportName;
  /** RFC 3261 §17: no retransmissions by us over it. */
  readonly reliable: boolean;
  /** Ours, as the peer can reach it. */
  readonly local: Peer;
  /** The packet's source, never what a header claims. */
  readonly remote: Peer;
  isOpen(): boolean;
  /** `onFailed` at most once, not synchronously. */
  send(bytes: Buffer, onFailed: () => void): void;
  /** Ends a TCP connection once what was sent has left, reading nothing more; a datagram flow has nothing to end. */
  end(): void;
}
