import { createSocket, type Socket } from 'node:dgram';
import { connect, type Socket as TcpSocket } from 'node:net';
import { createFramer } from '../../src/sip-server/transport/framer.ts';
import { waitUntil } from './sip-until.ts';

/** A SIP peer of raw sockets: it sends what a test writes, and keeps what comes, in order. */
export interface SipPeer {
  readonly host: string;
  readonly port: number;
  readonly received: string[];
  /** To the target, or over UDP to another of its ports. */
  send(text: string | Buffer, port?: number): void;
  /** The first message behind `after` that the expression matches. */
  next(pattern: RegExp, what: string, after?: number): Promise<string>;
  count(pattern: RegExp): number;
  stop(): Promise<void>;
}

export async function udpPeer(
  target: { readonly host: string; readonly port: number },
  host = '127.0.0.1',
): Promise<SipPeer> {
  const socket: Socket = createSocket('udp4');
  await new Promise<void>((done) => socket.bind(0, host, done));
  const received: string[] = [];
  socket.on('message', (bytes) => received.push(bytes.toString()));
  return {
    host,
    port: socket.address().port,
    ...inbox(received),
    send: (text, port = target.port) => socket.send(text, port, target.host),
    stop: () => new Promise((done) => socket.close(done)),
  };
}

export async function tcpPeer(target: {
  readonly host: string;
  readonly port: number;
}): Promise<SipPeer & { isClosed(): boolean }> {
  const socket: TcpSocket = connect(target.port, target.host);
  await new Promise<void>((done, fail) => {
    socket.once('connect', done);
    socket.once('error', fail);
  });
  const received: string[] = [];
  const framer = createFramer();
  let closed = false;
  socket.on('data', (chunk) => received.push(...framer.push(chunk).messages.map(String)));
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
  });
  return {
    host: socket.localAddress ?? '',
    port: socket.localPort ?? 0,
    ...inbox(received),
    send: (text) => socket.write(text),
    isClosed: () => closed,
    stop: () =>
      new Promise((done) => {
        if (closed) {
          done();
          return;
        }
        socket.once('close', () => done());
        socket.destroy();
      }),
  };
}

function inbox(received: string[]): Pick<SipPeer, 'received' | 'next' | 'count'> {
  return {
    received,
    async next(pattern, what, after = 0) {
      await waitUntil(() => received.slice(after).some((m) => pattern.test(m)), what);
      return received.slice(after).find((m) => pattern.test(m))!;
    },
    count: (pattern) => received.filter((m) => pattern.test(m)).length,
  };
}

/** A header's value in a message; empty where there is none. */
export function headerOf(message: string, name: string): string {
  return new RegExp(`^${name}: *(.*)\r$`, 'im').exec(message)?.[1] ?? '';
}

export function tagIn(address: string): string {
  return /;tag=([^;>\s]+)/.exec(address)?.[1] ?? '';
}
