import { connect, createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Announce } from '../../base/external-address.ts';
import type { Clock } from '../../base/clock.ts';
import { createConnection, type Connection } from './connection.ts';
import type { ConnectionBudget } from './connection-budget.ts';
import type { Flow, Hop, Peer } from './flow.ts';
import { isWildcard, type LocalAddresses } from './local-address.ts';
import type { TlsSide } from './tls.ts';

/** One TCP or TLS port that SIP listens on, and the connections that it accepted or opened. */
export interface StreamEndpoint {
  readonly host: string;
  readonly port: number;
  /** The open connection to that hop, or a new one. */
  flowTo(hop: Omit<Hop, 'transport'>): Flow;
  connections(): number;
  close(): Promise<void>;
}

export interface StreamOptions {
  readonly host: string;
  readonly port: number;
  /** Null: TCP. */
  readonly tls: TlsSide | null;
  readonly requireClientCert: boolean;
  readonly clock: Clock;
  readonly addresses: LocalAddresses;
  readonly announce: Announce;
  readonly budget: ConnectionBudget;
  /** Whether connections of that address are taken at all. */
  readonly admits: (address: string) => boolean;
  readonly onRefused: () => void;
  readonly onMessage: (bytes: Buffer, flow: Flow) => void;
  readonly onSent: (bytes: Buffer, flow: Flow) => void;
}

/** Over TLS a connection is to somebody, and not only to some place. */
type Key = string;
const keyOf = (peer: Peer, domain: string | null): Key => `${peer.address} ${peer.port} ${domain ?? ''}`;

export async function openStream(options: StreamOptions): Promise<StreamEndpoint> {
  const { tls, announce } = options;
  const connections = new Set<Connection>();
  const byPeer = new Map<Key, Connection>();
  const server =
    tls?.createServer(options.requireClientCert) ?? createServer({ noDelay: true, keepAlive: true });
  await listen(server, options);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : options.port;

  interface Adopted {
    readonly remote: Peer;
    /** Null: the peer opened it. */
    readonly domain: string | null;
    /** The names that the peer's certificate proves, where it opened the connection. */
    readonly proven?: () => readonly string[];
  }
  const adopt = (socket: Socket, { remote, domain, proven }: Adopted): Connection => {
    const names = (given: string | null): string | null => (tls === null ? null : given);
    const keys: Key[] = [keyOf(remote, names(domain))];
    const inner =
      socket.localAddress ??
      (isWildcard(options.host) ? options.addresses.towards(remote.address) : options.host);
    const connection = createConnection({
      socket,
      remote,
      transport: tls === null ? 'tcp' : 'tls',
      // The port that we listen on, not the ephemeral one of a connection that we opened.
      local: { address: announce(inner, remote.address), port },
      opening: domain === null ? null : tls === null ? 'connect' : 'secureConnect',
      alias: tls !== null && domain !== null,
      clock: options.clock,
      onMessage: options.onMessage,
      onSent: options.onSent,
      onAlias(aliasPort) {
        // RFC 5923 §8: only for the names that its certificate proves, which TCP alone has none of.
        for (const name of proven?.() ?? []) {
          const key = keyOf({ address: remote.address, port: aliasPort }, name);
          if (keys.length > maxAliases || byPeer.get(key)?.flow.isOpen()) continue;
          keys.push(key);
          byPeer.set(key, connection);
        }
      },
      onClosed() {
        connections.delete(connection);
        for (const key of keys) if (byPeer.get(key) === connection) byPeer.delete(key);
      },
    });
    connections.add(connection);
    for (const key of keys) byPeer.set(key, connection);
    return connection;
  };
  const incoming = (socket: Socket): Peer | null => {
    const remote = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    const release =
      remote.port === 0 || !options.admits(remote.address) ? null : options.budget.take(remote.address);
    if (release === null) {
      options.onRefused();
      socket.destroy();
      return null;
    }
    socket.once('close', release);
    return remote;
  };
  if (tls === null) {
    server.on('connection', (socket: Socket) => {
      const remote = incoming(socket);
      if (remote !== null) adopt(socket, { remote, domain: null });
    });
  } else {
    // Counted from the first byte on, served once the handshake is over.
    server.on('connection', (socket: Socket) => void incoming(socket));
    server.on('secureConnection', (socket: TLSSocket) => {
      const remote = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
      if (remote.port === 0 || !tls.admits(socket)) {
        options.onRefused();
        socket.destroy();
      } else adopt(socket, { remote, domain: null, proven: () => tls.provenNames(socket) });
    });
  }
  return {
    host: options.host,
    port,
    flowTo({ peer, domain }) {
      const known = byPeer.get(keyOf(peer, tls === null ? null : domain));
      if (known?.flow.isOpen()) return known.flow;
      const from = isWildcard(options.host) ? {} : { localAddress: options.host };
      const to = { host: peer.address, port: peer.port, ...from, noDelay: true, keepAlive: true };
      const socket = tls === null ? connect(to) : tls.connect(to, domain);
      return adopt(socket, { remote: peer, domain }).flow;
    },
    connections: () => connections.size,
    async close() {
      const closed = new Promise<void>((done) => {
        server.close(() => done());
      });
      for (const connection of [...connections]) connection.destroy();
      tls?.forget(server);
      await closed;
    },
  };
}

const maxAliases = 8;

function listen(server: Server, { host, port }: StreamOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // An IPv6 socket is for IPv6 only: IPv4 has its own entry in sip.listen, on the same port where it likes.
    server.listen({ host, port, exclusive: true, ipv6Only: isIPv6(host) }, () => {
      server.removeListener('error', reject);
      server.on('error', () => undefined); // A failed accept ends that connection only.
      resolve();
    });
  });
}
