import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Clock, Timer } from '../../base/clock.ts';
import { limits } from '../limits.ts';
import type { Flow, Peer } from './flow.ts';
import { createFramer } from './framer.ts';
import { isWildcard, type LocalAddresses } from './local-address.ts';

/** One TCP port that SIP listens on, and the connections that it accepted or opened. */
export interface TcpEndpoint {
  readonly host: string;
  readonly port: number;
  /** The open connection to that peer, or a new one. */
  flowTo(peer: Peer): Flow;
  connections(): number;
  close(): Promise<void>;
}

export interface TcpOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly addresses: LocalAddresses;
  readonly onMessage: (bytes: Buffer, flow: Flow) => void;
}

export async function openTcp(options: TcpOptions): Promise<TcpEndpoint> {
  const connections = new Map<string, Connection>();
  const server = createServer({ noDelay: true, keepAlive: true });
  await listen(server, options);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : options.port;

  const localTowards = (address: string): string =>
    isWildcard(options.host) ? options.addresses.towards(address) : options.host;

  const adopt = (socket: Socket, remote: Peer): Connection => {
    const key = keyOf(remote);
    const connection = createConnection({
      socket,
      remote,
      // The port that we listen on, not the ephemeral one of a connection that we opened.
      local: { address: socket.localAddress ?? localTowards(remote.address), port },
      clock: options.clock,
      onMessage: options.onMessage,
      onClosed: () => {
        if (connections.get(key) === connection) connections.delete(key);
      },
    });
    connections.set(key, connection);
    return connection;
  };
  server.on('connection', (socket) => {
    const remote = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    if (remote.port === 0 || !admits(connections, remote.address)) socket.destroy();
    else adopt(socket, remote);
  });
  const flowTo = (peer: Peer): Flow => {
    const known = connections.get(keyOf(peer));
    if (known?.flow.isOpen()) return known.flow;
    const from = isWildcard(options.host) ? {} : { localAddress: options.host };
    const socket = connect({ host: peer.address, port: peer.port, ...from, noDelay: true, keepAlive: true });
    return adopt(socket, peer).flow;
  };
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((done) => {
      server.close(() => done());
    });
    for (const connection of [...connections.values()]) connection.destroy();
    await closed;
  };
  return { host: options.host, port, flowTo, connections: () => connections.size, close };
}

const keyOf = (peer: Peer): string => `${peer.address} ${peer.port}`;

function admits(connections: ReadonlyMap<string, Connection>, address: string): boolean {
  if (connections.size >= limits.tcpConnections) return false;
  let same = 0;
  for (const { flow } of connections.values()) if (flow.remote.address === address) same += 1;
  return same < limits.tcpConnectionsPerAddress;
}

function listen(server: Server, options: TcpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port, exclusive: true }, () => {
      server.removeListener('error', reject);
      server.on('error', () => undefined); // A failed accept ends that connection only.
      resolve();
    });
  });
}

interface Connection {
  readonly flow: Flow;
  destroy(): void;
}

interface ConnectionOptions {
  readonly socket: Socket;
  readonly remote: Peer;
  readonly local: Peer;
  readonly clock: Clock;
  onMessage(bytes: Buffer, flow: Flow): void;
  onClosed(): void;
}

function createConnection(options: ConnectionOptions): Connection {
  const { socket, clock } = options;
  const framer = createFramer();
  let open = true;
  let patience: Timer | null = null;
  /** One timer: short while a message is incomplete, long while nothing is. */
  const watch = (): void => {
    patience?.cancel();
    const ms = framer.pending() > 0 ? limits.tcpMessageMs : limits.tcpIdleMs;
    patience = clock.after(ms, () => socket.destroy());
  };
  const flow: Flow = {
    transport: 'tcp',
    reliable: true,
    local: options.local,
    remote: options.remote,
    isOpen: () => open,
    send(bytes, onFailed) {
      if (!open) return void clock.after(0, onFailed);
      if (socket.writableLength > limits.tcpBacklogBytes) socket.destroy();
      socket.write(bytes, (error) => {
        if (error) onFailed();
      });
    },
    end() {
      open = false;
      socket.end(() => socket.destroy());
    },
  };
  socket.on('data', (chunk: Buffer) => {
    if (!open) return;
    const before = framer.pending();
    const { messages, pings, broken } = framer.push(chunk);
    for (let i = 0; i < pings; i += 1) socket.write('\r\n');
    for (const message of messages) options.onMessage(message, flow);
    if (broken) {
      open = false;
      socket.end(() => socket.destroy());
    }
    // A message that trickles in keeps the time that its first byte set.
    if (before === 0 || messages.length > 0) watch();
  });
  socket.on('error', () => undefined); // `close` follows.
  socket.on('close', () => {
    open = false;
    patience?.cancel();
    options.onClosed();
  });
  watch();
  return { flow, destroy: () => void socket.destroy() };
}
