import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import { bareHost } from '../message/grammar.ts';
import { paramOf } from '../message/grammar.ts';
import { transportOf, type SipUri } from '../message/uri.ts';
import type { Peer, TransportName } from '../transport/flow.ts';

export interface Hop {
  readonly transport: TransportName;
  readonly peer: Peer;
}

export type HopRefusal = 'requested protocol/transport not available' | 'unable to resolve next hop';

/** RFC 3263, for literal addresses at once and for names by A and AAAA. `done` is called once. */
export function resolveHop(uri: SipUri, done: (hop: Hop | HopRefusal) => void): void {
  const transport = transportOf(uri);
  if (transport !== 'udp' && transport !== 'tcp') {
    done('requested protocol/transport not available');
    return;
  }
  // RFC 3261 §19.1.1: maddr overrides the host.
  const host = bareHost(paramOf(uri.params, 'maddr') ?? uri.host);
  const port = uri.port ?? 5060;
  if (isIP(host) !== 0) {
    done({ transport, peer: { address: host, port } });
    return;
  }
  lookup(host, { order: 'verbatim' }, (error, address) => {
    done(error ? 'unable to resolve next hop' : { transport, peer: { address, port } });
  });
}
