import { isIP } from 'node:net';
import type { Clock, Milliseconds } from '../../base/clock.ts';
import { bareHost, paramOf } from '../message/grammar.ts';
import { isSecureUri, type SipUri } from '../message/uri.ts';
import type { Hop, TransportName } from '../transport/flow.ts';
import type { DnsClient, Found } from './dns-client.ts';
import { orderSrv } from './srv-order.ts';

/** drachtio-server's own texts, at which drachtio-srf's users look. */
export type HopRefusal = 'requested protocol/transport not available' | 'unable to resolve next hop';
export type Located = readonly Hop[] | HopRefusal;

/** Where a SIP URI leads: RFC 3263 §4, all places in the order in which they are to be tried. */
export interface Locator {
  /** `done` is called once; at once where nothing has to be looked up. Never an empty list. */
  locate(uri: SipUri, done: (located: Located) => void): void;
  /** It did not answer: for a while, others of the same name go first (§4.3). */
  failed(hop: Hop): void;
}

export interface LocatorOptions {
  readonly dns: DnsClient;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Transports that this server has. */
  readonly transports: ReadonlySet<TransportName>;
}

const avoidMs: Milliseconds = 30_000;
const maxAvoided = 512;
/** One name may stand for hundreds of addresses. */
const maxHops = 16;
const maxRecords = 16;

export function createLocator(options: LocatorOptions): Locator {
  const { clock } = options;
  const avoided = new Map<string, number>();
  const isAvoided = (hop: Hop): boolean => {
    const until = avoided.get(keyOf(hop));
    return until !== undefined && clock.monoMs() < until;
  };
  /** What did not answer goes last and is not left out: it may be all that there is. */
  const arranged = (hops: readonly Hop[]): readonly Hop[] => {
    const places = new Map(hops.map((hop) => [keyOf(hop), hop]));
    const all = [...places.values()].slice(0, maxHops);
    return [...all.filter((hop) => !isAvoided(hop)), ...all.filter(isAvoided)];
  };
  return {
    locate(uri, done) {
      const asked = askedFor(uri, options.transports);
      if (asked === null) done('requested protocol/transport not available');
      else if (isIP(asked.host) !== 0) done(literal(asked));
      else {
        void places(asked, options).then(
          (hops) => done(hops.length === 0 ? 'unable to resolve next hop' : arranged(hops)),
          () => done('unable to resolve next hop'),
        );
      }
    },
    failed(hop) {
      avoided.delete(keyOf(hop));
      if (avoided.size >= maxAvoided) avoided.delete(avoided.keys().next().value ?? '');
      avoided.set(keyOf(hop), clock.monoMs() + avoidMs);
    },
  };
}

const keyOf = ({ transport, peer }: Hop): string => `${transport} ${peer.address} ${peer.port}`;

interface Asked {
  readonly host: string;
  readonly port: number | null;
  /** As the URI names it; null: the domain decides. */
  readonly named: TransportName | null;
  /** sips: every hop over TLS. */
  readonly secure: boolean;
  /** The domain whose certificate counts (RFC 5922 §7.3): of the URI, whatever DNS says of it. */
  readonly domain: string;
  /** Usable ones, by our preference. */
  readonly transports: readonly TransportName[];
}

/** Null: no transport of ours will do. */
function askedFor(uri: SipUri, ours: ReadonlySet<TransportName>): Asked | null {
  const text = paramOf(uri.params, 'transport')?.toLowerCase() ?? null;
  const secure = isSecureUri(uri);
  // RFC 5630: in a sips URI, `transport=tcp` is what lies below TLS.
  const named = secure && (text === 'tcp' || text === null) ? (text === null ? null : 'tls') : text;
  if (named !== null && named !== 'udp' && named !== 'tcp' && named !== 'tls') return null;
  if (secure && named === 'udp') return null;
  const transports = (['udp', 'tcp', 'tls'] as const).filter(
    (each) => ours.has(each) && (named === null || each === named) && (!secure || each === 'tls'),
  );
  if (transports.length === 0) return null;
  const domain = bareHost(uri.host);
  // RFC 3261 §19.1.1: maddr overrides the host; who has to be there it does not change.
  const host = bareHost(paramOf(uri.params, 'maddr') ?? uri.host);
  return { host, port: uri.port, named, secure, domain, transports };
}

/** RFC 3263 §4.1: with an address or a port and no transport named, UDP for sip and TLS for sips. */
function plainTransport({ named, secure, transports }: Asked): TransportName | null {
  const usual = named ?? (secure ? 'tls' : 'udp');
  return transports.includes(usual) ? usual : null;
}

const defaultPort = (transport: TransportName): number => (transport === 'tls' ? 5061 : 5060);

function literal(asked: Asked): Located {
  const transport = plainTransport(asked);
  if (transport === null) return 'requested protocol/transport not available';
  const peer = { address: asked.host, port: asked.port ?? defaultPort(transport) };
  return [{ transport, peer, domain: asked.domain }];
}

async function places(asked: Asked, options: LocatorOptions): Promise<readonly Hop[]> {
  if (asked.port !== null) {
    const transport = plainTransport(asked);
    return transport === null
      ? []
      : hostHops(asked, options, { transport, name: asked.host, port: asked.port });
  }
  const services = await servicesOf(asked, options);
  const hops: Hop[] = [];
  let decided = false;
  const answers = await Promise.all(services.map(({ name }) => options.dns.srv(name)));
  for (const [index, { transport }] of services.entries()) {
    const found = answers[index];
    if (found?.kind !== 'found') continue;
    decided = true;
    for (const { name: target, port } of orderSrv(found.records.slice(0, maxRecords), options.random)) {
      // RFC 2782: a target of "." says that the service is decidedly not available.
      if (target === '' || target === '.' || hops.length >= maxHops) continue;
      hops.push(...(await hostHops(asked, options, { transport, name: target, port })));
    }
  }
  if (decided) return hops;
  // §4.2: no SRV records at all: the addresses of the name itself.
  const transport = plainTransport(asked) ?? asked.transports[0];
  if (transport === undefined) return [];
  return hostHops(asked, options, { transport, name: asked.host, port: defaultPort(transport) });
}

interface Service {
  readonly transport: TransportName;
  /** Of the SRV records. */
  readonly name: string;
}

const naptrServices: Readonly<Record<string, TransportName>> = {
  'sip+d2u': 'udp',
  'sip+d2t': 'tcp',
  'sips+d2t': 'tls',
};
const srvPrefix: Readonly<Record<TransportName, string>> = {
  udp: '_sip._udp.',
  tcp: '_sip._tcp.',
  tls: '_sips._tcp.',
};

/** §4.1: by NAPTR where no transport is named, else, or without any, by the names that SRV records have by rule. */
async function servicesOf(asked: Asked, { dns }: LocatorOptions): Promise<readonly Service[]> {
  const found =
    asked.named === null ? await dns.naptr(asked.host) : ({ kind: 'none' } satisfies Found<never>);
  const byNaptr =
    found.kind === 'found'
      ? found.records
          .slice(0, maxRecords)
          .toSorted((a, b) => a.order - b.order || a.preference - b.preference)
          .flatMap(({ flags, service, replacement }): Service[] => {
            const transport = naptrServices[service.toLowerCase()];
            const usable = transport !== undefined && asked.transports.includes(transport);
            return usable && flags.toLowerCase() === 's' ? [{ transport, name: replacement }] : [];
          })
      : [];
  if (byNaptr.length > 0) return byNaptr;
  // A sip URI without a transport is not asked for over TLS: `_sips` is the service of sips URIs.
  const transports = asked.transports.filter(
    (each) => each !== 'tls' || asked.secure || asked.named === 'tls',
  );
  return transports.map((transport) => ({ transport, name: `${srvPrefix[transport]}${asked.host}` }));
}

interface Host {
  readonly transport: TransportName;
  readonly name: string;
  readonly port: number;
}

/** IPv6 first, as RFC 6724 prefers it; what our sockets cannot reach is passed over when it comes to sending. */
async function hostHops(asked: Asked, { dns }: LocatorOptions, host: Host): Promise<readonly Hop[]> {
  const { transport, name, port } = host;
  if (isIP(name) !== 0) return [{ transport, peer: { address: name, port }, domain: asked.domain }];
  const [v6, v4] = await Promise.all([dns.aaaa(name), dns.a(name)]);
  return [v6, v4].flatMap((found) =>
    found.kind === 'found'
      ? found.records.map(({ address }) => ({ transport, peer: { address, port }, domain: asked.domain }))
      : [],
  );
}
