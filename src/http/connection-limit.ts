import type { Server } from 'node:net';
import type { AddressRange } from '../base/address-range.ts';
import { rateSource } from './rate-limit.ts';

export interface ConnectionLimit {
  /** Connections at a time. */
  readonly all: number;
  /** Of one address (IPv6: of its /64), so that nobody alone takes all of them. */
  readonly perSource: number;
  /** Whose connections are many people's: reverse proxies, and this machine itself. */
  readonly exempt: readonly AddressRange[];
}

/** What is beyond the limit is ended before anything is read: an idle connection costs memory and a descriptor for a minute. */
export function limitConnections(server: Server, { all, perSource, exempt }: ConnectionLimit): void {
  server.maxConnections = all;
  const open = new Map<string, number>();
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    if (exempt.some((range) => range.contains(address))) return;
    const source = rateSource(address);
    const same = open.get(source) ?? 0;
    if (same >= perSource) {
      socket.destroy();
      return;
    }
    open.set(source, same + 1);
    socket.once('close', () => {
      const left = (open.get(source) ?? 1) - 1;
      if (left > 0) open.set(source, left);
      else open.delete(source);
    });
  });
}
