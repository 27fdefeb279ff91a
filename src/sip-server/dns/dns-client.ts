import { promises as dns } from 'node:dns';

/** The questions of RFC 3263 to the domain name system. */
export interface DnsClient {
  naptr(name: string): Promise<Found<Naptr>>;
  srv(name: string): Promise<Found<Srv>>;
  a(name: string): Promise<Found<HostAddress>>;
  aaaa(name: string): Promise<Found<HostAddress>>;
}

/** RFC 3403 §4.1 */
export interface Naptr {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly replacement: string;
}

/** RFC 2782; `name` is `.` where the service is decidedly not available. */
export interface Srv {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly name: string;
}

export interface HostAddress {
  readonly address: string;
  /** Seconds. */
  readonly ttl: number;
}

/** `none`: there is no such name, or no such record of it. `failed`: nobody could say. */
export type Found<R> =
  | { readonly kind: 'found'; readonly records: readonly R[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed' };

const timeoutMs = 1_500;
const tries = 2;
/** Of what the system's own tables (hosts) say. */
const localTtl = 30;

/** `servers`: `address:port`, IPv6 in brackets; empty: the system's, and for addresses its tables too. */
export function createDnsClient(servers: readonly string[]): DnsClient {
  const resolver = new dns.Resolver({ timeout: timeoutMs, tries });
  if (servers.length > 0) resolver.setServers([...servers]);
  const local = servers.length === 0;
  const address = async (name: string, family: 4 | 6): Promise<Found<HostAddress>> => {
    // RFC 6761 §6.3: never a question for a server.
    const loopback = /^(.*\.)?localhost\.?$/i.test(name);
    if (loopback) return byTable(name, family);
    const found = await asked(() =>
      family === 4 ? resolver.resolve4(name, { ttl: true }) : resolver.resolve6(name, { ttl: true }),
    );
    if (found.kind === 'found' || !local) return found;
    const listed = await byTable(name, family);
    return listed.kind === 'found' ? listed : found;
  };
  return {
    naptr: (name) => asked(() => resolver.resolveNaptr(name)),
    srv: (name) => asked(() => resolver.resolveSrv(name)),
    a: (name) => address(name, 4),
    aaaa: (name) => address(name, 6),
  };
}

async function byTable(name: string, family: 4 | 6): Promise<Found<HostAddress>> {
  const found = await asked(() => dns.lookup(name, { all: true, family }));
  if (found.kind !== 'found') return found;
  return {
    kind: 'found',
    records: found.records.map((entry) => ({ address: entry.address, ttl: localTtl })),
  };
}

/** RFC 1035 §4.1.1: only "no such name" and "no such record" are answers. */
const none = new Set(['ENOTFOUND', 'ENODATA']);

async function asked<R>(ask: () => Promise<readonly R[]>): Promise<Found<R>> {
  try {
    const records = await ask();
    return records.length > 0 ? { kind: 'found', records } : { kind: 'none' };
  } catch (error) {
    return { kind: none.has((error as NodeJS.ErrnoException).code ?? '') ? 'none' : 'failed' };
  }
}
