import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Clock } from '../../base/clock.ts';

/**
 * Which of this machine's addresses a peer can reach us at, where the socket listens on all of them: the one whose
 * network holds the peer, else the first that is not loopback.
 */
export interface LocalAddresses {
  towards(peer: string): string;
}

const refreshMs = 10_000;

export function createLocalAddresses(clock: Clock, interfaces = networkInterfaces): LocalAddresses {
  let known: { address: string; internal: boolean; network: BlockList; v6: boolean }[] = [];
  let readAt = -Infinity;
  const refresh = (): void => {
    if (clock.monoMs() - readAt < refreshMs) return;
    readAt = clock.monoMs();
    known = Object.values(interfaces()).flatMap((list) =>
      (list ?? []).map((entry) => {
        const v6 = entry.family === 'IPv6';
        const network = new BlockList();
        const bits = Number(entry.cidr?.split('/')[1] ?? (v6 ? 128 : 32));
        network.addSubnet(entry.address, bits, v6 ? 'ipv6' : 'ipv4');
        return { address: entry.address, internal: entry.internal, network, v6 };
      }),
    );
  };
  return {
    towards(peer) {
      refresh();
      const v6 = isIPv6(peer);
      const family = known.filter((k) => k.v6 === v6);
      const near = family.find((k) => k.network.check(peer, v6 ? 'ipv6' : 'ipv4'));
      const chosen = near ?? family.find((k) => !k.internal) ?? family[0];
      return chosen?.address ?? (v6 ? '::1' : '127.0.0.1');
    },
  };
}

export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
