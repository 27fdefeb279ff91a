import { isIPv6 } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { LatchkeyError } from '../../base/errors.ts';
import { bracketHost } from '../message/grammar.ts';
import type { SipEndpoint } from '../options.ts';
import type { Flow, Peer, TransportName } from './flow.ts';
import { createLocalAddresses, isWildcard, type LocalAddresses } from './local-address.ts';
import { openTcp, type TcpEndpoint } from './tcp.ts';
import { openUdp, type UdpEndpoint } from './udp.ts';

/** Every socket of the SIP side. */
export interface Transport {
  readonly endpoints: readonly SipEndpoint[];
  /** Null where nothing that we listen on can reach it: wrong transport or address family. */
  flowTo(transport: TransportName, peer: Peer): Flow | null;
  /** Whether that address is one of ours: a request to it would come back. */
  isOwn(peer: Peer): boolean;
  connections(): number;
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly listen: readonly SipEndpoint[];
  readonly clock: Clock;
  onMessage(bytes: Buffer, flow: Flow): void;
}

type Opened = ({ kind: 'udp' } & UdpEndpoint) | ({ kind: 'tcp' } & TcpEndpoint);

export async function openTransport(options: TransportOptions): Promise<Transport> {
  const addresses = createLocalAddresses(options.clock);
  const opened = await openAll(options, addresses);
  const endpoints = opened.map(({ kind, host, port }): SipEndpoint => ({ transport: kind, host, port }));

  const flowTo = (transport: TransportName, peer: Peer): Flow | null => {
    const usable = opened.filter((e) => e.kind === transport && isIPv6(e.host) === isIPv6(peer.address));
    return (usable.find((e) => suits(e.host, peer.address)) ?? usable[0])?.flowTo(peer) ?? null;
  };
  const isOwn = (peer: Peer): boolean =>
    opened.some(
      (e) =>
        e.port === peer.port &&
        (e.host === peer.address || (isWildcard(e.host) && addresses.towards(peer.address) === peer.address)),
    );
  return {
    endpoints,
    flowTo,
    isOwn,
    connections: () => opened.reduce((n, e) => n + (e.kind === 'tcp' ? e.connections() : 0), 0),
    async close() {
      await Promise.all(opened.map((e) => e.close()));
    },
  };
}

/** A socket on loopback cannot reach the network, and the network should not see a loopback source. */
function suits(host: string, peer: string): boolean {
  const loopback = (address: string): boolean => address.startsWith('127.') || address === '::1';
  return isWildcard(host) || loopback(host) === loopback(peer);
}

async function openAll(options: TransportOptions, addresses: LocalAddresses): Promise<Opened[]> {
  const opened: Opened[] = [];
  try {
    for (const endpoint of options.listen) {
      const twin = opened.find(
        (o) => endpoint.port === 0 && o.host === endpoint.host && o.kind !== endpoint.transport,
      );
      // TCP and UDP on a free port share its number: the first one picks, and the pair is tried again where it is
      // taken for the second.
      if (twin === undefined) opened.push(await openOne(options, endpoint, addresses));
      else
        opened.splice(opened.indexOf(twin), 1, ...(await openTwin({ options, endpoint, addresses }, twin)));
    }
    return opened;
  } catch (error) {
    await Promise.all(opened.map((o) => o.close()));
    throw error;
  }
}

interface TwinOptions {
  readonly options: TransportOptions;
  readonly endpoint: SipEndpoint;
  readonly addresses: LocalAddresses;
}

async function openTwin(
  { options, endpoint, addresses }: TwinOptions,
  first: Opened,
): Promise<[Opened, Opened]> {
  let one = first;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return [one, await openOne(options, { ...endpoint, port: one.port }, addresses)];
    } catch (error) {
      if (attempt === 20) throw error;
      const taken = one;
      one = await openOne(options, { transport: one.kind, host: one.host, port: 0 }, addresses);
      await taken.close();
    }
  }
}

async function openOne(
  options: TransportOptions,
  endpoint: SipEndpoint,
  addresses: LocalAddresses,
): Promise<Opened> {
  const { host, port } = endpoint;
  const onMessage = options.onMessage.bind(options);
  try {
    return endpoint.transport === 'udp'
      ? { kind: 'udp', ...(await openUdp({ host, port, addresses, onDatagram: onMessage })) }
      : { kind: 'tcp', ...(await openTcp({ host, port, addresses, clock: options.clock, onMessage })) };
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
