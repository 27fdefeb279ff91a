import type { Socket } from 'node:dgram';
import { createRequire } from 'node:module';
import { isIPv4 } from 'node:net';
import type { Milliseconds } from '../../base/clock.ts';
import type { MediaAddress } from '../leg-state.ts';

/**
 * UDP without Node in between, for sockets that are looked at once a tick anyway: recvmmsg(2) takes what has come since, sendto(2)
 * sends. Node's dgram wakes the process up for each packet, allocates 64 KiB to read it into and builds four objects around it, which is
 * several times what the packet costs the kernel. The kernel says when each packet came (SO_TIMESTAMPNS), so nothing is known less
 * exactly than by waking up for it, and a process that is late does not take its own lateness for the network's.
 *
 * Linux on 64-bit little-endian machines and IPv4; elsewhere there is dgram. Every address that the kernel gets lies in one arena, which
 * never moves.
 */
export interface DirectUdp {
  /** Null where this socket is better left to dgram. From here on dgram does not read from it; it stays the socket's owner's to close. */
  take(socket: Socket): DirectSocket | null;
  /** Sends what waits, of all sockets: at the end of each tick, and before one of them is closed or handed out. */
  flush(): void;
}

export type OnDatagram = (datagram: Buffer, from: MediaAddress, atMs: Milliseconds) => boolean;

export interface DirectSocket {
  /**
   * What has come, oldest first, at most 640 datagrams: the rest waits in the kernel's buffer, which is bounded. `nowMs`: by the
   * clock that says when it came, `atMs`. Datagrams and addresses may be kept. `onDatagram` says whether to go on: after `false` the socket is not
   * touched again, for its owner may have closed it, and its number may be another one's by now.
   */
  receive(onDatagram: OnDatagram, nowMs: Milliseconds): void;
  /**
   * Copies the packet, which goes out with fifteen others or at `flush`: whoever they go to is woken up once for all of them, where he is
   * on this machine, and the kernel's code is in the caches. A packet that cannot be sent is lost. False where the address is none
   * to send to.
   */
  send(packet: Uint8Array, to: MediaAddress): boolean;
}

/** One byte more than any packet that is looked at, so that a longer one is seen to be longer. */
const roomOfDatagram = 2_049;
/**
 * 640 datagrams a socket and tick: more than the kernel keeps for a socket, where a packet of speech takes 768 bytes of `roomOfSocket`, which it
 * doubles. So a flood is drained at each tick, and takes the caller's own packets with it only from some 25,000 a second on.
 */
const batch = 16;
const batches = 40;
/** SO_RCVBUF: the most that Linux allows by itself (net.core.rmem_max). */
const roomOfSocket = 212_992;

/** struct mmsghdr, iovec, sockaddr_in, and a control message with a timespec, on 64-bit Linux. */
const sizes = { header: 64, iovec: 16, name: 16, control: 32 } as const;
const stride = 2_056;
const at = {
  headers: 0,
  iovecs: batch * sizes.header,
  names: batch * (sizes.header + sizes.iovec),
  controls: batch * (sizes.header + sizes.iovec + sizes.name),
  now: 4_096,
  one: 4_112,
  room: 4_116,
  data: 8_192,
  /** Packets that wait to be sent, and where they go. */
  to: 8_192 + batch * stride,
  out: 8_192 + batch * (stride + sizes.name),
} as const;

/** Longer ago than anything that waits for a tick: a clock that was set. */
const longestAgoMs = 10_000;
const lookAgainMs = 5;

const solSocket = 1;
const soRcvBuf = 8;
const soTimestampNs = 35;
const dontWait = 0x40;
const ipv4 = 2;

type Native = (...args: readonly number[]) => number;

interface Calls {
  readonly recvmmsg: Native;
  readonly sendto: Native;
  readonly setsockopt: Native;
  readonly clockGettime: Native;
}

/** What the calls work on: one for all sockets of a process, which use it one after the other. */
class Arena {
  readonly bytes = Buffer.alloc(at.out + batch * stride);
  readonly words = new Uint32Array(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length / 4);
  readonly base: number;
  /** Headers that the kernel has written to since they were last renewed. */
  #used = batch;

  constructor(addressOf: (memory: Uint8Array) => number) {
    this.base = addressOf(this.bytes);
    this.words[at.one / 4] = 1;
    for (let i = 0; i < batch; i++) {
      const header = at.headers + i * sizes.header;
      const iovec = at.iovecs + i * sizes.iovec;
      this.#pointer(header, this.base + at.names + i * sizes.name);
      this.#pointer(header + 16, this.base + iovec);
      this.#pointer(header + 24, 1);
      this.#pointer(header + 32, this.base + at.controls + i * sizes.control);
      this.#pointer(iovec, this.base + at.data + i * stride);
      this.#pointer(iovec + 8, roomOfDatagram);
    }
  }

  /** What the kernel writes over where it writes a datagram: lengths of name and control message. */
  renew(): void {
    for (let i = 0; i < this.#used; i++) {
      const header = (at.headers + i * sizes.header) / 4;
      this.words[header + 2] = sizes.name;
      this.words[header + 10] = sizes.control;
      this.words[header + 11] = 0;
    }
    this.#used = 0;
  }

  /** The kernel has written so many. */
  use(count: number): void {
    this.#used = count;
  }

  word(offset: number): number {
    return this.words[offset / 4] ?? 0;
  }

  /** By hand where it is short: `subarray` would make an object more, of which there would be ten thousand a second. */
  copied(start: number, length: number): Buffer {
    const copy = Buffer.allocUnsafe(length);
    const { bytes } = this;
    for (let i = 0; i < length; i++) copy[i] = bytes[start + i] ?? 0;
    return copy;
  }

  #pointer(offset: number, value: number): void {
    this.bytes.writeBigUInt64LE(BigInt(value), offset);
  }
}

/** When datagrams came, by the clock of whoever asks: the kernel notes the time of day. */
class Timed {
  readonly #calls: Calls;
  readonly #arena: Arena;
  /** How far the time of day is ahead of that clock, and when that was looked at. */
  #aheadMs = 0;
  #lookedMs = -Infinity;

  constructor(calls: Calls, arena: Arena) {
    this.#calls = calls;
    this.#arena = arena;
  }

  /** Not at every socket, but several times a tick: the time of day may be set. */
  look(nowMs: Milliseconds): void {
    const sinceMs = nowMs - this.#lookedMs;
    if (sinceMs >= 0 && sinceMs < lookAgainMs) return;
    const arena = this.#arena;
    this.#calls.clockGettime(0, arena.base + at.now);
    this.#aheadMs = arena.word(at.now) * 1_000 + arena.word(at.now + 8) / 1e6 - nowMs;
    this.#lookedMs = nowMs;
  }

  /** Of the `i`th datagram: now, where the kernel did not say, or its clock was set meanwhile. */
  atMs(i: number, nowMs: Milliseconds): Milliseconds {
    const arena = this.#arena;
    const control = at.controls + i * sizes.control;
    const length = arena.word(at.headers + i * sizes.header + 40);
    if (length < sizes.control || arena.word(control + 12) !== soTimestampNs) return nowMs;
    const atMs = arena.word(control + 16) * 1_000 + arena.word(control + 24) / 1e6 - this.#aheadMs;
    return atMs < nowMs && atMs > nowMs - longestAgoMs ? atMs : nowMs;
  }
}

/** Packets on their way out, of all sockets of a process. */
class Outbox {
  readonly #calls: Calls;
  readonly #arena: Arena;
  readonly #fds = new Int32Array(batch);
  readonly #lengths = new Int32Array(batch);
  #waiting = 0;

  constructor(calls: Calls, arena: Arena) {
    this.#calls = calls;
    this.#arena = arena;
  }

  add(fd: number, packet: Uint8Array, to: Buffer): void {
    const place = this.#waiting;
    const { bytes } = this.#arena;
    bytes.set(to, at.to + place * sizes.name);
    bytes.set(packet, at.out + place * stride);
    this.#fds[place] = fd;
    this.#lengths[place] = packet.length;
    this.#waiting = place + 1;
    if (this.#waiting === batch) this.flush();
  }

  flush(): void {
    const { base } = this.#arena;
    for (let i = 0; i < this.#waiting; i++) {
      const [fd, length] = [this.#fds[i] ?? -1, this.#lengths[i] ?? 0];
      this.#calls.sendto(
        fd,
        base + at.out + i * stride,
        length,
        dontWait,
        base + at.to + i * sizes.name,
        sizes.name,
      );
    }
    this.#waiting = 0;
  }
}

/** Of all sockets of a process. */
interface Shared {
  readonly calls: Calls;
  readonly arena: Arena;
  readonly outbox: Outbox;
  readonly timed: Timed;
}

class Direct implements DirectSocket {
  readonly #calls: Calls;
  readonly #arena: Arena;
  readonly #outbox: Outbox;
  readonly #timed: Timed;
  readonly #fd: number;
  /** As the kernel writes it, and as we do: made anew only where another one speaks. */
  #name = { family: 0, ip: 0 };
  #from: MediaAddress = { address: '', port: 0 };
  #to: MediaAddress | null = null;
  #toName: Buffer | null = null;

  constructor({ calls, arena, outbox, timed }: Shared, fd: number) {
    this.#calls = calls;
    this.#arena = arena;
    this.#outbox = outbox;
    this.#timed = timed;
    this.#fd = fd;
  }

  receive(onDatagram: OnDatagram, nowMs: Milliseconds): void {
    for (let round = 0; round < batches; round++) {
      const arena = this.#arena;
      arena.renew();
      const count = this.#calls.recvmmsg(this.#fd, arena.base + at.headers, batch, dontWait, 0);
      if (count <= 0) return;
      arena.use(count);
      this.#timed.look(nowMs);
      if (count === 1) {
        // Nearly always: one packet a tick.
        onDatagram(this.#datagram(0), this.#sourceOf(at.names), this.#timed.atMs(0, nowMs));
        return;
      }
      // Copied out before anything is done with them: who is told of one may send, or look at another socket.
      const came = Array.from({ length: count }, (_, i) => ({
        datagram: this.#datagram(i),
        from: this.#sourceOf(at.names + i * sizes.name),
        atMs: this.#timed.atMs(i, nowMs),
      }));
      for (const { datagram, from, atMs } of came) if (!onDatagram(datagram, from, atMs)) return;
      if (count < batch) return;
    }
  }

  send(packet: Uint8Array, to: MediaAddress): boolean {
    if (to !== this.#to) {
      this.#to = to;
      this.#toName = nameOf(to);
    }
    if (this.#toName === null || packet.length > stride) return false;
    this.#outbox.add(this.#fd, packet, this.#toName);
    return true;
  }

  #datagram(i: number): Buffer {
    const length = this.#arena.word(at.headers + i * sizes.header + 56);
    return this.#arena.copied(at.data + i * stride, Math.min(length, roomOfDatagram));
  }

  #sourceOf(offset: number): MediaAddress {
    const [family, ip] = [this.#arena.word(offset), this.#arena.word(offset + 4)];
    if (family !== this.#name.family || ip !== this.#name.ip) {
      const { bytes } = this.#arena;
      this.#name = { family, ip };
      this.#from = {
        address: bytes.subarray(offset + 4, offset + 8).join('.'),
        port: bytes.readUInt16BE(offset + 2),
      };
    }
    return this.#from;
  }
}

/** struct sockaddr_in; null where the address is none. */
function nameOf({ address, port }: MediaAddress): Buffer | null {
  if (!isIPv4(address) || port <= 0 || port > 0xffff) return null;
  const name = Buffer.alloc(sizes.name);
  name.writeUInt16LE(ipv4, 0);
  name.writeUInt16BE(port, 2);
  name.set(address.split('.').map(Number), 4);
  return name;
}

interface Handle {
  readonly fd: number;
  recvStop(): number;
}

/** Node keeps a socket's handle to itself. Where it is not found as Node 24 has it, the socket is left to dgram. */
function handleOf(socket: Socket): Handle | null {
  for (const symbol of Object.getOwnPropertySymbols(socket)) {
    if (symbol.description !== 'state symbol') continue;
    const { handle } =
      (socket as unknown as Record<symbol, { handle?: Partial<Handle> | null }>)[symbol] ?? {};
    if (typeof handle?.fd === 'number' && handle.fd >= 0 && typeof handle.recvStop === 'function')
      return handle as Handle;
  }
  return null;
}

/** Null where this system has it not. */
export function directUdp(): DirectUdp | null {
  try {
    return createDirectUdp();
  } catch {
    return null;
  }
}

/** @throws Error where this system has it not */
function createDirectUdp(): DirectUdp {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch))
    throw new Error('not on this system');
  const koffi = createRequire(import.meta.url)('koffi') as {
    load(library: null): { func(signature: string): Native };
    address(memory: Uint8Array): bigint;
  };
  const own = koffi.load(null);
  const calls: Calls = {
    recvmmsg: own.func('int recvmmsg(int, uintptr_t, unsigned int, int, uintptr_t)'),
    sendto: own.func('intptr_t sendto(int, uintptr_t, size_t, int, uintptr_t, unsigned int)'),
    setsockopt: own.func('int setsockopt(int, int, int, uintptr_t, unsigned int)'),
    clockGettime: own.func('int clock_gettime(int, uintptr_t)'),
  };
  const arena = new Arena((memory) => Number(koffi.address(memory)));
  const outbox = new Outbox(calls, arena);
  const timed = new Timed(calls, arena);
  return {
    flush: () => outbox.flush(),
    take(socket) {
      const handle = isIPv4(socket.address().address) ? handleOf(socket) : null;
      if (handle === null) return null;
      if (calls.setsockopt(handle.fd, solSocket, soTimestampNs, arena.base + at.one, 4) !== 0) return null;
      handle.recvStop();
      arena.words[at.room / 4] = roomOfSocket;
      calls.setsockopt(handle.fd, solSocket, soRcvBuf, arena.base + at.room, 4);
      return new Direct({ calls, arena, outbox, timed }, handle.fd);
    },
  };
}
