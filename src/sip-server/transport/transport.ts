import { isIPv6 } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { LatchkeyError } from '../../base/errors.ts';
import { announcer, type Announce, type ExternalAddress } from '../../base/external-address.ts';
import type { Log } from '../../base/log.ts';
import { bracketHost } from '../message/grammar.ts';
import type { SipEndpoint, TlsSettings } from '../options.ts';
import { createConnectionBudget, type ConnectionBudget } from './connection-budget.ts';
import type { Flow, Hop, Peer } from './flow.ts';
import { createLocalAddresses, isWildcard, type LocalAddresses } from './local-address.ts';
import { openStream, type StreamEndpoint } from './stream-endpoint.ts';
import { createTlsSide, type TlsSide } from './tls.ts';
import { openUdp, type UdpEndpoint } from './udp.ts';

/** Every socket of the SIP side. */
export interface Transport {
  readonly endpoints: readonly SipEndpoint[];
  /** Null where nothing that we listen on can reach it: wrong transport or address family. */
  flowTo(hop: Hop): Flow | null;
  /** Whether that address is one of ours: a request to it would come back. */
  isOwn(peer: Peer): boolean;
  connections(): number;
  /** Certificates are read again from their files. */
  reread(): void;
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly listen: readonly SipEndpoint[];
  /** Null: no tls entry is in `listen`. */
  readonly tls: TlsSettings | null;
  /** Null: peers are told the addresses that the sockets have. */
  readonly external: ExternalAddress | null;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether connections of that address are taken at all. */
  admits(address: string): boolean;
  onRefused(): void;
  onMessage(bytes: Buffer, flow: Flow): void;
  /** What we sent, keep-alives apart. */
  onSent(bytes: Buffer, flow: Flow): void;
}

type Opened = ({ kind: 'udp' } & UdpEndpoint) | ({ kind: 'tcp' | 'tls' } & StreamEndpoint);

interface Shared {
  readonly options: TransportOptions;
  readonly addresses: LocalAddresses;
  readonly announce: Announce;
  readonly budget: ConnectionBudget;
  readonly tls: TlsSide | null;
}

/** @throws LatchkeyError `port-busy` or `tls-files` */
export async function openTransport(options: TransportOptions): Promise<Transport> {
  const addresses = createLocalAddresses(options.clock);
  const { clock, log } = options;
  const tls = options.tls === null ? null : createTlsSide({ settings: options.tls, clock, log });
  const announce = announcer(options.external);
  const opened = await openAll({
    ...{ options, addresses, announce, tls },
    budget: createConnectionBudget(),
  }).catch((error: unknown) => {
    tls?.stop();
    throw error;
  });
  const endpoints = opened.map(({ kind, host, port }, index): SipEndpoint => {
    const { requireClientCert } = options.listen[index] ?? {};
    return { transport: kind, host, port, ...(requireClientCert === undefined ? {} : { requireClientCert }) };
  });

  const flowTo = ({ transport, peer, domain }: Hop): Flow | null => {
    const usable = opened.filter((e) => e.kind === transport && isIPv6(e.host) === isIPv6(peer.address));
    const chosen = usable.find((e) => suits(e.host, peer.address)) ?? usable[0];
    if (chosen === undefined) return null;
    return chosen.kind === 'udp' ? chosen.flowTo(peer) : chosen.flowTo({ peer, domain });
  };
  const isOwn = ({ address, port }: Peer): boolean =>
    opened.some((e) => {
      if (e.port !== port) return false;
      const here = e.host === address || (isWildcard(e.host) && addresses.towards(address) === address);
      return here || (address === options.external?.address && isIPv6(e.host) === isIPv6(address));
    });
  return {
    endpoints,
    flowTo,
    isOwn,
    connections: () => opened.reduce((n, e) => n + (e.kind === 'udp' ? 0 : e.connections()), 0),
    reread: () => tls?.reread(),
    async close() {
      tls?.stop();
      await Promise.all(opened.map((e) => e.close()));
    },
  };
}

/** A socket on loopback cannot reach the network, and the network should not see a loopback source. */
function suits(host: string, peer: string): boolean {
  const loopback = (address: string): boolean => address.startsWith('127.') || address === '::1';
  return isWildcard(host) || loopback(host) === loopback(peer);
}

/** In the order of `listen`. */
async function openAll(shared: Shared): Promise<Opened[]> {
  const opened: Opened[] = [];
  try {
    for (const endpoint of shared.options.listen) {
      const twin = opened.find((o) => isTwin(o, endpoint));
      // TCP and UDP on a free port share its number: the first one picks, and the pair is tried again where it is
      // taken for the second.
      if (twin === undefined) opened.push(await openOne(shared, endpoint));
      else {
        const [first, second] = await openTwin(shared, endpoint, twin);
        opened[opened.indexOf(twin)] = first;
        opened.push(second);
      }
    }
    return opened;
  } catch (error) {
    await Promise.all(opened.map((o) => o.close()));
    throw error;
  }
}

function isTwin(opened: Opened, { transport, host, port }: SipEndpoint): boolean {
  const plain = opened.kind !== 'tls' && transport !== 'tls' && opened.kind !== transport;
  return plain && port === 0 && opened.host === host;
}

async function openTwin(shared: Shared, endpoint: SipEndpoint, first: Opened): Promise<[Opened, Opened]> {
  let one = first;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return [one, await openOne(shared, { ...endpoint, port: one.port })];
    } catch (error) {
      if (attempt === 20) throw error;
      const taken = one;
      one = await openOne(shared, { transport: one.kind, host: one.host, port: 0 });
      await taken.close();
    }
  }
}

async function openOne(shared: Shared, endpoint: SipEndpoint): Promise<Opened> {
  const { options, addresses, announce, budget, tls } = shared;
  const { host, port, transport, requireClientCert = false } = endpoint;
  const onMessage = options.onMessage.bind(options);
  const onSent = options.onSent.bind(options);
  try {
    if (transport === 'udp')
      return {
        kind: 'udp',
        ...(await openUdp({ host, port, addresses, announce, onDatagram: onMessage, onSent })),
      };
    if (transport === 'tls' && tls === null)
      throw new LatchkeyError('config-invalid', 'sip.tls: missing, but sip.listen has a tls entry');
    const stream = await openStream({
      ...{ host, port, addresses, announce, budget, requireClientCert, onMessage, onSent },
      tls: transport === 'tls' ? tls : null,
      clock: options.clock,
      admits: (address) => options.admits(address),
      onRefused: () => options.onRefused(),
    });
    return { kind: transport, ...stream };
  } catch (error) {
    throw namedError(error, endpoint);
  }
}

function namedError(error: unknown, endpoint: SipEndpoint): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  const where = `${endpoint.transport}/${bracketHost(endpoint.host)}:${endpoint.port}`;
  if (code === 'EADDRINUSE') {
    return new LatchkeyError('port-busy', `${where} is in use by another program; change sip.listen`, {
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') {
    return new LatchkeyError('port-busy', `${where} cannot be opened (${code}); change sip.listen`, {
      cause: error,
    });
  }
  return error;
}
