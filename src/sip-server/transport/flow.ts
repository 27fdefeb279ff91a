/** Where a peer is. Addresses are bare: IPv6 without brackets. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

export type TransportName = 'udp' | 'tcp' | 'tls';

/** One place to send to, as RFC 3263 finds it. */
export interface Hop {
  readonly transport: TransportName;
  readonly peer: Peer;
  /** The SIP domain or address that was asked for: over TLS the peer's certificate must be for it (RFC 5922 §7.4). */
  readonly domain: string;
}

/** A way to one peer and back: an address pair over UDP, a connection over TCP and TLS. */
export interface Flow {
  readonly transport: TransportName;
  /** RFC 3261 §17: no retransmissions by us over it. */
  readonly reliable: boolean;
  /** Ours, as the peer can reach it. */
  readonly local: Peer;
  /** The packet's source, never what a header claims. */
  readonly remote: Peer;
  /** We offer the peer to send its own requests over this connection (RFC 5923 §4): it knows who we are by our certificate. */
  readonly alias: boolean;
  isOpen(): boolean;
  /** `onFailed` at most once, not synchronously. */
  send(bytes: Buffer, onFailed: () => void): void;
  /** The peer asks for its requests to come over this connection, where its Via says that it listens (RFC 5923). */
  takeAlias(port: number): void;
  /** Ends a connection once what was sent has left, reading nothing more; a datagram flow has nothing to end. */
  end(): void;
}
