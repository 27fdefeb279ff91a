import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../base/clock.ts';
import { limits } from '../limits.ts';
import type { Flow, Peer } from './flow.ts';
import { createFramer } from './framer.ts';

/** One TCP or TLS connection: messages are cut out of it, time-outs end it, keep-alives are answered and sent. */
export interface Connection {
  readonly flow: Flow;
  destroy(): void;
}

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly transport: 'tcp' | 'tls';
  readonly remote: Peer;
  readonly local: Peer;
  /** Where we open it: the socket's event by which the peer is there and, over TLS, is who it should be. */
  readonly opening: 'connect' | 'secureConnect' | null;
  readonly alias: boolean;
  readonly clock: Clock;
  onMessage(bytes: Buffer, flow: Flow): void;
  onSent(bytes: Buffer, flow: Flow): void;
  onAlias(port: number): void;
  onClosed(): void;
}

interface Waiting {
  readonly bytes: Buffer;
  readonly onFailed: () => void;
}

export function createConnection(options: ConnectionOptions): Connection {
  const { socket, clock } = options;
  const framer = createFramer();
  let open = true;
  /** What is sent before the peer is known; null: it is. */
  let waiting: Waiting[] | null = options.opening === null ? null : [];
  let patience: Timer | null = null;
  /** A connection that brought no message yet has no claim to stay. */
  let proved = options.opening !== null;
  const within = (ms: number): void => {
    patience?.cancel();
    patience = clock.after(ms, () => socket.destroy());
  };
  const write = ({ bytes, onFailed }: Waiting): void => {
    if (socket.writableLength > limits.backlogBytes) socket.destroy();
    options.onSent(bytes, flow);
    socket.write(bytes, (error) => {
      if (error) onFailed();
    });
  };
  const keepAlive = createKeepAlive(socket, clock);

  const flow: Flow = {
    transport: options.transport,
    reliable: true,
    local: options.local,
    remote: options.remote,
    alias: options.alias,
    isOpen: () => open,
    send(bytes, onFailed) {
      if (!open) return void clock.after(0, onFailed);
      if (waiting === null) write({ bytes, onFailed });
      else waiting.push({ bytes, onFailed });
      return undefined;
    },
    takeAlias: (port) => options.onAlias(port),
    end() {
      open = false;
      socket.end(() => socket.destroy());
    },
  };
  socket.on('data', (chunk: Buffer) => {
    if (!open) return;
    const before = framer.pending();
    const { messages, emptyLines, broken } = framer.push(chunk);
    keepAlive.heard(emptyLines, messages.length > 0);
    for (const message of messages) options.onMessage(message, flow);
    if (broken) flow.end();
    const begun = framer.pending() > 0;
    proved ||= messages.length > 0;
    // A message that trickles in keeps the time that its first byte set; pings do not prolong a first message's.
    if (messages.length > 0 || (before === 0 && begun)) within(begun ? limits.messageMs : limits.idleMs);
    else if (before === 0 && proved) within(limits.idleMs);
  });
  if (options.opening === null) within(limits.firstMessageMs);
  else {
    within(limits.connectMs);
    socket.once(options.opening, () => {
      const first = waiting ?? [];
      waiting = null;
      within(limits.idleMs);
      for (const each of first) write(each);
      keepAlive.start();
    });
  }
  socket.on('error', () => undefined); // `close` follows.
  socket.on('close', () => {
    open = false;
    patience?.cancel();
    keepAlive.stop();
    for (const { onFailed } of waiting ?? []) clock.after(0, onFailed);
    waiting = null;
    options.onClosed();
  });
  return { flow, destroy: () => void socket.destroy() };
}

/**
 * RFC 5626 §4.4.1: a ping is a double CRLF, its answer a single one. On connections that we opened we ask; once a peer has
 * answered, a missing answer ends the connection: before that, it may not know the mechanism (§4.4).
 */
function createKeepAlive(socket: Socket, clock: Clock) {
  let next: Timer | null = null;
  let asked = false;
  let answers = false;
  /** The first half of a ping. */
  let half = false;
  const ask = (): void => {
    next = clock.after(limits.pingMs, () => {
      asked = true;
      socket.write('\r\n\r\n');
      if (answers) next = clock.after(limits.pongMs, () => socket.destroy());
      else ask();
    });
  };
  return {
    start: ask,
    stop: () => next?.cancel(),
    heard(emptyLines: number, message: boolean): void {
      let lines = emptyLines;
      if (lines > 0 && asked) {
        lines -= 1;
        asked = false;
        answers = true;
        next?.cancel();
        ask();
      }
      const halves = lines + (half ? 1 : 0);
      half = !message && halves % 2 === 1;
      for (let i = 1; i < halves; i += 2) socket.write('\r\n');
    },
  };
}
