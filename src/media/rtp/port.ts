import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { isIP, isIPv6 } from 'node:net';
import { ok, refuse, type Result } from '../../base/result.ts';

/**
 * RTP ports: even ones of a range, in random order, so that a peer's stray packets rarely meet the next call on the
 * same port, and so that ports cannot be guessed from one another. The odd port above belongs to RTCP (RFC 3550 §11).
 */
export interface PortRange {
  readonly host: string;
  /** Of the other address family; left out: there is none. */
  readonly otherHost?: string;
  readonly portMin: number;
  readonly portMax: number;
}

/** `randomInt(n)`: 0 to n - 1. */
export type RandomInt = (n: number) => number;

export type BindRefusal = 'rtp-ports-exhausted' | 'rtp-host-invalid';

/** The range for a leg whose peer is at `remote`: IPv4 and IPv6 do not meet. */
export function rangeTowards(range: PortRange, remote: string): PortRange {
  const { otherHost } = range;
  const other = otherHost !== undefined && isIPv6(otherHost) === isIPv6(remote);
  return other && isIPv6(range.host) !== isIPv6(remote) ? { ...range, host: otherHost } : range;
}

export async function bindRtpSocket(
  range: PortRange,
  randomInt: RandomInt,
): Promise<Result<Socket, BindRefusal>> {
  if (isIP(range.host) === 0) return refuse('rtp-host-invalid');
  const first = range.portMin + (range.portMin % 2);
  const count = Math.floor((range.portMax - first) / 2) + 1;
  if (count <= 0) return refuse('rtp-ports-exhausted');
  const start = randomInt(count);
  // A random start, then on through the range: each port is tried once.
  for (let i = 0; i < count; i++) {
    const socket = await bind(range.host, first + 2 * ((start + i) % count));
    if (socket === 'no-such-host') return refuse('rtp-host-invalid');
    if (socket !== null) return ok(socket);
  }
  return refuse('rtp-ports-exhausted');
}

/** Addresses are checked to be literal before they are sent to, so there is nothing to look up and nothing to wait for. */
const literal: NonNullable<SocketOptions['lookup']> = (address, _options, done) => {
  done(null, address, isIPv6(address) ? 6 : 4);
};

function bind(host: string, port: number): Promise<Socket | 'no-such-host' | null> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', lookup: literal });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(error.code === 'EADDRNOTAVAIL' ? 'no-such-host' : null);
    });
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
