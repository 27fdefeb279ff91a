import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { LatchkeyError } from '../../base/errors.ts';
import { newMessageId } from '../identifiers.ts';
import { limits } from '../limits.ts';
import { parseCommand, type Command } from './command.ts';
import { createFrameReader, writeFrame } from './frame.ts';

/** One connected and authenticated application. */
export interface App {
  readonly id: number;
  readonly verbs: ReadonlySet<string>;
  isOpen(): boolean;
  /** `fields` behind the message id; see drachtio's protocol in docs/sip.md. */
  tell(fields: string, sip?: Buffer): void;
}

export interface AppLink {
  readonly port: number;
  /** Round robin among the apps that routed the method; null where there is none. */
  appFor(method: string): App | null;
  close(): Promise<void>;
}

export interface AppLinkOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly clock: Clock;
  /** What `authenticate` is answered with: HOSTPORTS, comma-separated. */
  readonly hostPorts: () => string;
  /** Only of authenticated apps, and never authenticate, route, remove-route or ping. */
  onCommand(app: App, msgId: string, command: Command & { kind: 'sip' | 'proxy' }): void;
  onGone(app: App): void;
}

/** drachtio-srf turns its pings on from v0.8.2, so the version has to look like one of drachtio-server's. */
const version = 'v0.9.10-latchkey';

interface Client extends App {
  readonly verbs: Set<string>;
  authenticated: boolean;
}

export async function openAppLink(options: AppLinkOptions): Promise<AppLink> {
  const clients = new Map<Client, Socket>();
  const turns = new Map<string, number>();
  let nextId = 1;
  const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    if (clients.size >= limits.appClients) return void socket.destroy();
    const client = createClient(nextId, socket);
    nextId += 1;
    clients.set(client, socket);
    serveClient({ options, client, socket, onClosed: () => clients.delete(client) });
    return undefined;
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const where = `${options.host}:${options.port}`;
      const named = new LatchkeyError(
        'port-busy',
        `${where} is in use by another program; change sip.drachtio.port`,
      );
      reject(error.code === 'EADDRINUSE' ? named : error);
    });
    server.listen(options.port, options.host, resolve);
  });
  const bound = server.address();

  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : options.port,
    appFor(method) {
      const verb = method.toLowerCase();
      const willing = [...clients.keys()].filter((c) => c.verbs.has(verb) && c.isOpen());
      const turn = (turns.get(verb) ?? 0) % Math.max(willing.length, 1);
      if (willing.length > 0) turns.set(verb, turn + 1);
      return willing[turn] ?? null;
    },
    async close() {
      const closed = new Promise<void>((done) => {
        server.close(() => done());
      });
      for (const socket of clients.values()) socket.destroy();
      await closed;
    },
  };
}

function createClient(id: number, socket: Socket): Client {
  // What one turn of the event loop has to say, a burst of packets above all, leaves in one system call.
  let corked = false;
  const cork = (): void => {
    if (corked) return;
    corked = true;
    socket.cork();
    // eslint-disable-next-line no-restricted-globals -- the end of this turn of the event loop, not a time
    setImmediate(() => {
      corked = false;
      socket.uncork();
    });
  };
  return {
    id,
    verbs: new Set(),
    authenticated: false,
    isOpen: () => socket.writable,
    tell(fields, sip) {
      if (!socket.writable) return;
      // An app that does not read is as good as gone, and must not fill our memory.
      if (socket.writableLength > limits.appBacklogBytes) return void socket.destroy();
      cork();
      socket.write(writeFrame(`${newMessageId()}|${fields}`, sip));
    },
  };
}

interface Serving {
  readonly options: AppLinkOptions;
  readonly client: Client;
  readonly socket: Socket;
  readonly onClosed: () => void;
}

function serveClient({ options, client, socket, onClosed }: Serving): void {
  const reader = createFrameReader();
  const patience = options.clock.after(limits.appAuthenticateMs, () => {
    if (!client.authenticated) socket.destroy();
  });
  socket.on('data', (chunk: Buffer) => {
    const frames = reader.push(chunk);
    for (const frame of frames ?? []) if (!socket.destroyed) onFrame(options, { client, socket }, frame);
    if (frames === null) socket.destroy();
  });
  socket.on('error', () => undefined); // `close` follows.
  socket.on('close', () => {
    patience.cancel();
    onClosed();
    if (client.authenticated) options.onGone(client);
  });
}

function onFrame(options: AppLinkOptions, from: { client: Client; socket: Socket }, frame: Buffer): void {
  const { client, socket } = from;
  const addressed = parseCommand(frame);
  if (addressed === null) return void socket.destroy();
  const { msgId } = addressed;
  const answer = (fields: string): void => client.tell(`response|${msgId}|${fields}`);
  if (!addressed.command.ok) {
    if (client.authenticated) answer(`NOK|${addressed.command.reason}`);
    else socket.destroy();
    return;
  }
  const command = addressed.command.value;
  if (command.kind === 'authenticate') {
    client.authenticated = sameSecret(command.secret, options.secret);
    if (client.authenticated) {
      answer(`OK|${options.hostPorts()}|${version}|${options.hostPorts()}`);
      return;
    }
    answer('NO|incorrect secret');
    return void socket.end();
  }
  // A real drachtio-server takes other commands before `authenticate`; this one does not.
  if (!client.authenticated) return void socket.destroy();
  switch (command.kind) {
    case 'ping':
      answer('OK|pong');
      return;
    case 'route':
      client.verbs.add(command.verb);
      answer('OK');
      return;
    case 'remove-route':
      client.verbs.delete(command.verb);
      answer('OK');
      return;
    default:
      options.onCommand(client, msgId, command);
  }
}

function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text, 'latin1').digest();
  return timingSafeEqual(digest(given), digest(Buffer.from(expected, 'utf8').toString('latin1')));
}
