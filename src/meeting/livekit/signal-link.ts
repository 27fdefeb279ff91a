import { Ping, SignalRequest, SignalResponse } from '@livekit/protocol';
import { WebSocket } from 'ws';
import { every, type Clock, type Timer } from '../../base/clock.ts';
import { ok, refuse, type Result } from '../../base/result.ts';

/**
 * LiveKit's signalling connection: one protobuf message in each WebSocket message. The token goes into a header, so
 * that it is in no URL that a proxy would log.
 */
export type ServerMessage = SignalResponse['message'];
export type ClientMessage = Extract<
  SignalRequest['message'],
  { case: 'offer' | 'answer' | 'trickle' | 'addTrack' | 'trackSetting' | 'leave' | 'pingReq' }
>;

export interface SignalLinkEvents {
  onMessage(message: ServerMessage): void;
  /** Once. Never after `close`. */
  onClosed(reason: string): void;
}

export interface SignalLinkOptions {
  readonly url: string;
  readonly token: string;
  readonly clock: Clock;
}

const maxMessageBytes = 1024 * 1024;
const maxBacklogBytes = 4 * 1024 * 1024;
const handshakeMs = 10_000;
/** Without moving between rooms (16) and packet trailers (17), which this client does not do. */
const protocolVersion = 15;

export class SignalLink {
  readonly #events: SignalLinkEvents;
  readonly #clock: Clock;
  readonly #socket: WebSocket;
  #pings: Timer | null = null;
  #heardAtMono: number;
  #over = false;

  static open(options: SignalLinkOptions, events: SignalLinkEvents): Result<SignalLink, 'address'> {
    const url = signalUrl(options.url);
    if (url === null) return refuse('address');
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${options.token}` },
      handshakeTimeout: handshakeMs,
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
      followRedirects: false,
    });
    return ok(new SignalLink(socket, options.clock, events));
  }

  private constructor(socket: WebSocket, clock: Clock, events: SignalLinkEvents) {
    this.#socket = socket;
    this.#clock = clock;
    this.#events = events;
    this.#heardAtMono = clock.monoMs();
    socket.on('message', (data, binary) => this.#onMessage(data as Buffer, binary));
    socket.on('unexpected-response', (_request, response) => {
      this.#end(`http-${response.statusCode ?? 0}`);
      response.destroy();
    });
    socket.on('error', () => this.#end('unreachable'));
    socket.on('close', () => this.#end('signal-closed'));
  }

  send(message: ClientMessage): void {
    if (this.#over || this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#socket.bufferedAmount > maxBacklogBytes) this.#end('server-does-not-read');
    else this.#socket.send(new SignalRequest({ message }).toBinary());
  }

  /** As the join response asks for it; a server that does not answer is given up. */
  startPings(intervalSeconds: number, timeoutSeconds: number): void {
    const interval = clamp(intervalSeconds, 1, 60) * 1000;
    const timeout = clamp(timeoutSeconds, 5, 300) * 1000;
    this.#pings?.cancel();
    this.#pings = every(this.#clock, interval, () => {
      if (this.#clock.monoMs() - this.#heardAtMono > Math.max(timeout, interval)) this.#end('ping-timeout');
      else this.#sendPing();
    });
  }

  close(): void {
    this.#over = true;
    this.#pings?.cancel();
    // Closing before the connection is made aborts it, which is what is wanted.
    this.#socket.close(1000);
  }

  #sendPing(): void {
    const timestamp = BigInt(Math.floor(this.#clock.wallMs()));
    this.send({ case: 'pingReq', value: new Ping({ timestamp, rtt: 0n }) });
  }

  #onMessage(data: Buffer, binary: boolean): void {
    if (this.#over) return;
    this.#heardAtMono = this.#clock.monoMs();
    const message = binary ? parseServerMessage(data) : null;
    if (message === null) this.#end('server-malformed');
    else this.#events.onMessage(message);
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#pings?.cancel();
    this.#socket.terminate();
    this.#events.onClosed(reason);
  }
}

/** Null for what is not a signalling message. Kinds that we do not know parse, with an undefined case. */
export function parseServerMessage(data: Uint8Array): ServerMessage | null {
  try {
    return SignalResponse.fromBinary(data).message;
  } catch {
    return null;
  }
}

function signalUrl(base: string): string | null {
  const url = URL.parse(base.endsWith('/') ? 'rtc' : `${base}/rtc`, base);
  if (url === null || (url.protocol !== 'ws:' && url.protocol !== 'wss:')) return null;
  url.search = new URLSearchParams({
    auto_subscribe: '1',
    sdk: 'node',
    version: '1.0.0',
    protocol: String(protocolVersion),
    adaptive_stream: '0',
    subscriber_allow_pause: '0',
  }).toString();
  return url.href;
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
