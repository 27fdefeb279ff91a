import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Announce } from '../../base/external-address.ts';
import type { Flow, Peer } from './flow.ts';
import { isWildcard, type LocalAddresses } from './local-address.ts';

/** One UDP socket that SIP listens on. */
export interface UdpEndpoint {
  readonly host: string;
  readonly port: number;
  flowTo(peer: Peer): Flow;
  close(): Promise<void>;
}

export interface UdpOptions {
  readonly host: string;
  readonly port: number;
  readonly addresses: LocalAddresses;
  readonly announce: Announce;
  onDatagram(bytes: Buffer, flow: Flow): void;
  onSent(bytes: Buffer, flow: Flow): void;
}

/** What a call burst may queue while the process is busy; the kernel gives what it allows. */
const receiveBufferBytes = 4 * 1024 * 1024;

export async function openUdp(options: UdpOptions): Promise<UdpEndpoint> {
  const v6 = isIPv6(options.host);
  const socket = createSocket({
    type: v6 ? 'udp6' : 'udp4',
    ipv6Only: v6,
    // Destinations are always literal addresses: the name was resolved before.
    lookup: (address, _options, done) => done(null, address, v6 ? 6 : 4),
  });
  await bind(socket, options);
  // After the bind, an error concerns one send, and that send's callback reports it.
  socket.on('error', () => undefined);
  growBuffer(socket);
  const { port } = socket.address();
  let open = true;

  const flowTo = (remote: Peer): Flow => {
    const flow: Flow = {
      transport: 'udp',
      reliable: false,
      local: {
        address: options.announce(
          isWildcard(options.host) ? options.addresses.towards(remote.address) : options.host,
          remote.address,
        ),
        port,
      },
      remote,
      alias: false,
      isOpen: () => open,
      send(bytes, onFailed) {
        if (!open) return;
        options.onSent(bytes, flow);
        socket.send(bytes, remote.port, remote.address, (error) => {
          if (error) onFailed();
        });
      },
      takeAlias: () => undefined,
      end: () => undefined,
    };
    return flow;
  };
  socket.on('message', (bytes, source) => {
    // Port 0 cannot be answered; it is only ever forged.
    if (source.port > 0) options.onDatagram(bytes, flowTo({ address: source.address, port: source.port }));
  });
  const close = (): Promise<void> => {
    open = false;
    return new Promise((done) => {
      socket.close(done);
    });
  };
  return { host: options.host, port, flowTo, close };
}

function bind(socket: Socket, options: UdpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: options.host, port: options.port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve();
    });
  });
}

function growBuffer(socket: Socket): void {
  try {
    socket.setRecvBufferSize(receiveBufferBytes);
  } catch {
    // The kernel's own size it is.
  }
}
