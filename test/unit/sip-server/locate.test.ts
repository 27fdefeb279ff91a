import { afterEach, describe, expect, test } from 'vitest';
import { cachedDns } from '../../../src/sip-server/dns/dns-cache.ts';
import { createDnsClient } from '../../../src/sip-server/dns/dns-client.ts';
import { createLocator, type Located, type Locator } from '../../../src/sip-server/dns/locate.ts';
import { orderSrv } from '../../../src/sip-server/dns/srv-order.ts';
import { parseSipUri } from '../../../src/sip-server/message/uri.ts';
import type { TransportName } from '../../../src/sip-server/transport/flow.ts';
import { chance } from '../../fuzz/chance.ts';
import { manualClock, type ManualClock } from '../../support/clock.ts';
import { startDnsServer, type DnsRecord, type DnsServer } from '../../support/dns-server.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

interface Stage {
  readonly server: DnsServer;
  readonly clock: ManualClock;
  readonly locator: Locator;
  /** `udp 192.0.2.1 5060`, in order; or the refusal. */
  readonly ask: (uri: string) => Promise<readonly string[] | string>;
}

async function stage(
  records: readonly DnsRecord[],
  transports: readonly TransportName[] = ['udp', 'tcp', 'tls'],
): Promise<Stage> {
  const server = await startDnsServer(records);
  stops.push(() => server.stop());
  const clock = manualClock();
  const locator = createLocator({
    dns: cachedDns(createDnsClient([server.address]), clock),
    ...{ clock, random: () => 0.999, transports: new Set(transports) },
  });
  return {
    ...{ server, clock, locator },
    async ask(text) {
      const uri = parseSipUri(text);
      if (!uri.ok) throw new Error(text);
      const located = await new Promise<Located>((done) => locator.locate(uri.value, done));
      if (typeof located === 'string') return located;
      return located.map(({ transport, peer }) => `${transport} ${peer.address} ${peer.port}`);
    },
  };
}

const srv = (name: string, priority: number, target: string, port = 5060, weight = 0): DnsRecord => ({
  ...{ type: 'SRV', name, priority, weight, port, target },
});
const naptr = (name: string, order: number, service: string, replacement: string): DnsRecord => ({
  ...{ type: 'NAPTR', name, order, preference: 1, flags: 's', service, replacement },
});
const a = (name: string, address: string, ttl = 60): DnsRecord => ({ type: 'A', name, address, ttl });

const carrier: readonly DnsRecord[] = [
  naptr('example.com', 20, 'SIP+D2U', '_sip._udp.example.com'),
  naptr('example.com', 10, 'SIPS+D2T', '_sips._tcp.example.com'),
  naptr('example.com', 15, 'SIP+D2T', '_sip._tcp.example.com'),
  srv('_sips._tcp.example.com', 1, 'one.example.com', 5061),
  srv('_sip._tcp.example.com', 1, 'one.example.com'),
  srv('_sip._udp.example.com', 2, 'two.example.com', 5070),
  srv('_sip._udp.example.com', 1, 'one.example.com'),
  a('one.example.com', '192.0.2.1'),
  { type: 'AAAA', name: 'one.example.com', address: '2001:db8::1' },
  a('two.example.com', '192.0.2.2'),
  a('example.com', '192.0.2.80'),
];

describe('where a SIP URI leads', () => {
  test.each([
    ['sip:a@192.0.2.9', ['udp 192.0.2.9 5060']],
    ['sip:a@192.0.2.9;transport=tcp', ['tcp 192.0.2.9 5060']],
    ['sip:a@[2001:db8::9]:5070;transport=tls', ['tls 2001:db8::9 5070']],
    ['sips:a@192.0.2.9', ['tls 192.0.2.9 5061']],
    ['sips:a@192.0.2.9;transport=tcp', ['tls 192.0.2.9 5061']],
    ['sips:a@192.0.2.9;transport=udp', 'requested protocol/transport not available'],
    ['sip:a@192.0.2.9;transport=sctp', 'requested protocol/transport not available'],
    ['sip:a@x.example;maddr=192.0.2.7', ['udp 192.0.2.7 5060']],
  ])('%s without a question', async (uri, hops) => {
    const { ask, server } = await stage([]);
    expect(await ask(uri)).toEqual(hops);
    expect(server.asked).toEqual([]);
  });

  test('NAPTR says which transports, in its order; SRV which hosts; IPv6 before IPv4', async () => {
    const { ask } = await stage(carrier);
    expect(await ask('sip:a@example.com')).toEqual([
      ...['tls 2001:db8::1 5061', 'tls 192.0.2.1 5061', 'tcp 2001:db8::1 5060', 'tcp 192.0.2.1 5060'],
      ...['udp 2001:db8::1 5060', 'udp 192.0.2.1 5060', 'udp 192.0.2.2 5070'],
    ]);
    expect(await ask('sips:a@example.com')).toEqual(['tls 2001:db8::1 5061', 'tls 192.0.2.1 5061']);
  });

  test('a transport that we do not have is passed over', async () => {
    const { ask } = await stage(carrier, ['udp']);
    expect(await ask('sip:a@example.com')).toEqual([
      ...['udp 2001:db8::1 5060', 'udp 192.0.2.1 5060', 'udp 192.0.2.2 5070'],
    ]);
    expect(await ask('sips:a@example.com')).toBe('requested protocol/transport not available');
  });

  test('a named transport asks for SRV at once, a named port for addresses alone', async () => {
    const { ask, server } = await stage(carrier);
    expect(await ask('sip:a@example.com;transport=udp')).toHaveLength(3);
    expect(server.asked.some((each) => each.startsWith('NAPTR'))).toBe(false);
    expect(await ask('sip:a@example.com:5099')).toEqual(['udp 192.0.2.80 5099']);
    expect(await ask('sips:a@example.com:5099')).toEqual(['tls 192.0.2.80 5099']);
  });

  test('without NAPTR the usual SRV names, without SRV the addresses; "." is no service', async () => {
    const usual = await stage(carrier.filter(({ type }) => type !== 'NAPTR'));
    expect(await usual.ask('sip:a@example.com')).toEqual([
      ...['udp 2001:db8::1 5060', 'udp 192.0.2.1 5060', 'udp 192.0.2.2 5070'],
      ...['tcp 2001:db8::1 5060', 'tcp 192.0.2.1 5060'],
    ]);
    const plain = await stage([a('pbx.example.com', '192.0.2.3')]);
    expect(await plain.ask('sip:a@pbx.example.com')).toEqual(['udp 192.0.2.3 5060']);
    expect(await plain.ask('sips:a@pbx.example.com')).toEqual(['tls 192.0.2.3 5061']);
    const closed = await stage([
      srv('_sip._udp.example.org', 0, '.'),
      srv('_sip._tcp.example.org', 0, '.'),
      a('example.org', '192.0.2.4'),
    ]);
    expect(await closed.ask('sip:a@example.org')).toBe('unable to resolve next hop');
  });

  test('what is not there is not asked for again for half a minute, what cannot be asked for three seconds', async () => {
    const { ask, server, clock } = await stage([]);
    expect(await ask('sip:a@nowhere.example')).toBe('unable to resolve next hop');
    const first = server.asked.length;
    expect(first).toBe(5);
    await ask('sip:a@nowhere.example');
    expect(server.asked).toHaveLength(first);
    clock.advance(30_000);
    await ask('sip:a@nowhere.example');
    expect(server.asked).toHaveLength(2 * first);
  });

  test('an address lives as long as it says', async () => {
    const { ask, server, clock } = await stage([a('pbx.example.com', '192.0.2.3', 20)]);
    await ask('sip:a@pbx.example.com:5060');
    server.set([a('pbx.example.com', '192.0.2.4', 20)]);
    clock.advance(19_000);
    expect(await ask('sip:a@pbx.example.com:5060')).toEqual(['udp 192.0.2.3 5060']);
    clock.advance(1_000);
    expect(await ask('sip:a@pbx.example.com:5060')).toEqual(['udp 192.0.2.4 5060']);
  });

  test('what has failed goes last for half a minute, and is not left out', async () => {
    const { ask, locator, clock } = await stage([
      srv('_sip._udp.example.com', 1, 'one.example.com'),
      srv('_sip._udp.example.com', 2, 'two.example.com'),
      ...[a('one.example.com', '192.0.2.1'), a('two.example.com', '192.0.2.2')],
    ]);
    const uri = 'sip:a@example.com;transport=udp';
    expect(await ask(uri)).toEqual(['udp 192.0.2.1 5060', 'udp 192.0.2.2 5060']);
    const peer = { address: '192.0.2.1', port: 5060 };
    locator.failed({ transport: 'udp', peer, domain: 'example.com' });
    expect(await ask(uri)).toEqual(['udp 192.0.2.2 5060', 'udp 192.0.2.1 5060']);
    clock.advance(30_000);
    expect(await ask(uri)).toEqual(['udp 192.0.2.1 5060', 'udp 192.0.2.2 5060']);
  });

  test('the domain that a certificate has to name is the one of the URI, whatever DNS says', async () => {
    const { locator } = await stage(carrier);
    const uri = parseSipUri('sips:a@Example.com');
    const located = await new Promise<Located>((done) => locator.locate(uri.ok ? uri.value : never(), done));
    expect(located).toEqual([
      { transport: 'tls', peer: { address: '2001:db8::1', port: 5061 }, domain: 'Example.com' },
      { transport: 'tls', peer: { address: '192.0.2.1', port: 5061 }, domain: 'Example.com' },
    ]);
  });
});

test('SRV records of one priority are drawn by weight, lower priorities first', () => {
  const record = (name: string, priority: number, weight: number) => ({ name, priority, weight, port: 5060 });
  const records = [record('spare', 2, 100), record('big', 1, 90), record('small', 1, 10)];
  const random = chance(7);
  let bigFirst = 0;
  for (let i = 0; i < 2_000; i += 1) {
    const order = orderSrv(records, () => random.whole(2 ** 30) / 2 ** 30);
    expect(order.at(-1)?.name).toBe('spare');
    if (order[0]?.name === 'big') bigFirst += 1;
  }
  expect(bigFirst / 2_000).toBeGreaterThan(0.86);
  expect(bigFirst / 2_000).toBeLessThan(0.94);
});

function never(): never {
  throw new Error('unreachable');
}
