import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { DisconnectReason, LeaveRequest, LeaveRequest_Action } from '@livekit/protocol';
import { WebSocketServer, type WebSocket } from 'ws';
import { every, type Clock, type Timer } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { refuse, type Result } from '../base/result.ts';
import {
  accessVerifier,
  tokenRefresher,
  type Access,
  type AccessRefusal,
  type VerifyAccess,
} from './access.ts';
import { limits } from './limits.ts';
import type { SfuOptions } from './options.ts';
import type { SignalLink } from './participant.ts';
import { Room } from './room.ts';
import { parseSignal, writeSignal } from './signal.ts';
import { openTap, type Tap } from './tap.ts';

/**
 * The SFU's HTTP face: `/rtc` (signalling over WebSocket, the dual-PeerConnection form that clients fall back to),
 * `/rtc/validate` (why a token was refused, for browsers, which cannot read the status of a failed WebSocket).
 * Addresses hold tokens (livekit-client puts its own there): no URL is ever logged.
 */
export class SfuServer {
  readonly #options: SfuOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #verify: VerifyAccess;
  readonly #rooms = new Map<string, Room>();
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #sifTrailer = Uint8Array.from(randomBytes(16));
  #tap: Tap | null = null;
  #timers: readonly Timer[] = [];

  constructor(options: SfuOptions, clock: Clock, log: Log) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.#verify = accessVerifier({ apiKey: options.apiKey, apiSecret: options.apiSecret, clock });
    this.#http = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 10_000 }, (request, response) => {
      void this.#onRequest(request, response);
    });
    this.#http.maxConnections = limits.connections;
    this.#http.on('upgrade', (request, socket, head) => void this.#onUpgrade(request, socket, head));
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: limits.signalBytes,
      perMessageDeflate: false,
    });
  }

  async start(): Promise<number> {
    const { host, port, tap, rtcBindAddress, rtcPort } = this.#options;
    if (tap !== undefined) this.#tap = openTap(tap);
    if (rtcPort !== 0) await mustBeFree(rtcBindAddress, rtcPort);
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', (error: NodeJS.ErrnoException) => {
        const busy = error.code === 'EADDRINUSE' || error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL';
        const text = `the SFU cannot listen on ${host} port ${port}`;
        reject(busy ? new LatchkeyError('port-busy', text) : error);
      });
      this.#http.listen(port, host, resolve);
    });
    this.#timers = [
      every(this.#clock, 1_000, () => this.#eachRoom((room) => this.#tick(room))),
      every(this.#clock, 300, () => this.#eachRoom((room) => room.speak())),
    ];
    const address = this.#http.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    this.#eachRoom((room) => room.close(DisconnectReason.SERVER_SHUTDOWN));
    this.#tap?.close();
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    this.#http.closeAllConnections();
    for (const socket of this.#sockets.clients) socket.terminate();
    await closed;
  }

  #eachRoom(action: (room: Room) => void): void {
    for (const room of [...this.#rooms.values()]) action(room);
  }

  #tick(room: Room): void {
    if (room.size === 0) this.#rooms.delete(room.name);
    else room.tick();
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const end = (status: number, body: string): void => {
      response.writeHead(status, {
        'content-type': 'text/plain; charset=utf-8',
        'access-control-allow-origin': '*',
        'access-control-allow-headers': '*',
        'cache-control': 'no-store',
      });
      response.end(body);
    };
    request.resume();
    const url = parseUrl(request);
    if (request.method === 'OPTIONS') {
      end(204, '');
      return;
    }
    if (request.method !== 'GET' || url === null) {
      end(405, 'method not allowed');
      return;
    }
    if (url.pathname === '/') {
      end(200, 'OK');
      return;
    }
    // /rtc/v1 (one PeerConnection for both directions) is not served; its 404 makes clients use /rtc.
    if (url.pathname !== '/rtc/validate') {
      end(404, 'not found');
      return;
    }
    const access = await this.#access(request, url);
    if (access.ok) end(200, 'success');
    else end(access.reason === 'not-allowed' ? 403 : 401, access.reason);
  }

  async #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => undefined);
    const reject = (status: string): void => {
      socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
    };
    const url = parseUrl(request);
    if (url?.pathname !== '/rtc') {
      reject('404 Not Found');
      return;
    }
    const access = await this.#access(request, url);
    if (!access.ok) {
      reject(access.reason === 'not-allowed' ? '403 Forbidden' : '401 Unauthorized');
      return;
    }
    if (!this.#rooms.has(access.value.room) && this.#rooms.size >= limits.rooms) {
      reject('503 Too Many Rooms');
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      this.#onClient(client, access.value, url.searchParams);
    });
  }

  async #access(request: IncomingMessage, url: URL): Promise<Result<Access, AccessRefusal>> {
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const token = bearer ?? url.searchParams.get('access_token');
    return token === null ? refuse('invalid-token') : this.#verify(token);
  }

  #onClient(socket: WebSocket, access: Access, query: URLSearchParams): void {
    const link = signalLink(socket);
    socket.on('error', () => undefined); // Followed by 'close', which ends the participant.
    if (query.get('reconnect') === '1') {
      // Resuming needs an ICE restart, which libdatachannel does not have: the client is asked to join anew.
      const reason = DisconnectReason.STATE_MISMATCH;
      const action = LeaveRequest_Action.RECONNECT;
      link.send({ case: 'leave', value: new LeaveRequest({ reason, action, canReconnect: true }) });
      link.close();
      return;
    }
    const entered = this.#room(access.room).enter({
      access,
      autoSubscribe: query.get('auto_subscribe') !== '0',
      link,
    });
    if (!entered.ok) {
      this.#log.warn({ reason: entered.reason }, 'participant not let in');
      const reason = DisconnectReason.JOIN_FAILURE;
      link.send({
        case: 'leave',
        value: new LeaveRequest({ reason, action: LeaveRequest_Action.DISCONNECT }),
      });
      link.close();
      return;
    }
    const participant = entered.value;
    socket.on('message', (data, binary) => {
      const signal = parseSignal(data, binary);
      if (signal.ok) participant.onSignal(signal.value);
      else if (signal.reason !== 'empty') participant.disconnect(DisconnectReason.STATE_MISMATCH);
    });
    socket.on('close', () => participant.end(DisconnectReason.SIGNAL_CLOSE));
  }

  #room(name: string): Room {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    const { rtcBindAddress, rtcPort } = this.#options;
    const anyAddress = rtcBindAddress === '0.0.0.0' || rtcBindAddress === '::';
    const room = new Room({
      name,
      sifTrailer: this.#sifTrailer,
      peer: { udpPort: rtcPort, ...(anyAddress ? {} : { bindAddress: rtcBindAddress }) },
      clock: this.#clock,
      log: this.#log,
      refreshedToken: tokenRefresher({ ...this.#options, clock: this.#clock }),
      onPacket: (track, packet) => this.#tap?.packet(track.owner.identity, track.info.sid, packet),
    });
    this.#rooms.set(name, room);
    return room;
  }
}

/** libdatachannel binds the shared UDP port with the first peer, too late to name the setting that is wrong. */
async function mustBeFree(address: string, port: number): Promise<void> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', () =>
      reject(new LatchkeyError('port-busy', `the SFU's UDP port ${port} cannot be used`)),
    );
    socket.bind({ address, port, exclusive: true }, resolve);
  });
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}

function signalLink(socket: WebSocket): SignalLink {
  return {
    send(message) {
      if (socket.readyState !== socket.OPEN) return;
      // A client that does not read is ended by the close that follows.
      if (socket.bufferedAmount > limits.signalBacklogBytes) socket.terminate();
      else socket.send(writeSignal(message));
    },
    close: () => socket.close(1000),
  };
}

function parseUrl(request: IncomingMessage): URL | null {
  return URL.parse(request.url ?? '', 'http://sfu.invalid');
}
