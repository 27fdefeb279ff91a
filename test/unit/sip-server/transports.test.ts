import { readFileSync, symlinkSync, unlinkSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { connect as connectTcp, createServer as createTcpServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { createLog } from '../../../src/base/log.ts';
import type { SipEndpoint, TlsSettings } from '../../../src/sip-server/options.ts';
import type { Flow } from '../../../src/sip-server/transport/flow.ts';
import {
  openTransport,
  type Transport,
  type TransportOptions,
} from '../../../src/sip-server/transport/transport.ts';
import { testAuthority, type TestAuthority, type TestCertificate } from '../../support/certificates.ts';
import { manualClock } from '../../support/clock.ts';
import { waitUntil } from '../../support/sip-until.ts';
import { sipRequest } from '../../support/sip-text.ts';

const host = '127.0.0.1';
let authority: TestAuthority;
let own: TestCertificate;
let other: TestCertificate;
const stops: (() => unknown)[] = [];

beforeAll(async () => {
  authority = await testAuthority();
  own = await authority.issue('own', ['DNS:sip.example.com', 'IP:127.0.0.1']);
  other = await authority.issue('other', ['DNS:other.example.com']);
});
afterAll(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await authority.remove();
});

interface Open {
  readonly transport: Transport;
  readonly got: { readonly text: string; readonly flow: Flow }[];
  readonly port: number;
  refused(): number;
}

async function open(listen: readonly SipEndpoint[], over: Partial<TransportOptions> = {}): Promise<Open> {
  const got: Open['got'] = [];
  let refused = 0;
  const transport = await openTransport({
    ...{ listen, tls: null, external: null, clock: systemClock, log: createLog('test', 'silent') },
    admits: () => true,
    onRefused: () => {
      refused += 1;
    },
    onMessage: (bytes, flow) => void got.push({ text: bytes.toString(), flow }),
    onSent: () => undefined,
    ...over,
  });
  stops.push(() => transport.close());
  return { transport, got, port: transport.endpoints[0]!.port, refused: () => refused };
}

const tlsOf = (over: Partial<TlsSettings> = {}): TlsSettings => ({
  ...{ certFile: own.certFile, keyFile: own.keyFile, hosts: [], clientRules: [], servers: [] },
  ...{ authoritiesFile: authority.caFile, clientAuthoritiesFile: authority.caFile },
  ...{ revocationsFile: null, clientRevocationsFile: null },
  ...over,
});

/** The connection once its handshake is over, or why there is none. */
function client(port: number, options: ConnectionOptions = {}): Promise<TLSSocket | string> {
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port,
      ca: readFileSync(authority.caFile),
      servername: '',
      checkServerIdentity: () => undefined,
      ...options,
    });
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('error', () => undefined);
    stops.push(() => socket.destroy());
  });
}

const namedIn = (socket: TLSSocket | string): string =>
  typeof socket === 'string' ? socket : socket.getPeerCertificate().subject.CN!.toString();

const shown = ({ certFile, keyFile }: TestCertificate): ConnectionOptions => ({
  cert: readFileSync(certFile),
  key: readFileSync(keyFile),
});

/** Whether a message that is sent gets there, or the other end hangs up. */
async function served(at: Open, socket: TLSSocket | string): Promise<boolean> {
  if (typeof socket === 'string') return false;
  const before = at.got.length;
  let closed = false;
  socket.on('close', () => {
    closed = true;
  });
  socket.write(sipRequest());
  await waitUntil(() => closed || at.got.length > before, 'a message, or the end');
  return at.got.length > before;
}

describe('a TLS listener', () => {
  const tls = { transport: 'tls', host, port: 0 } as const;

  test('takes TLS 1.2 and later, and shows the certificate of the name that is asked for', async () => {
    const at = await open([tls], {
      tls: tlsOf({ hosts: [{ name: 'Other.example.com', ...other }], clientAuthoritiesFile: null }),
    });
    expect(namedIn(await client(at.port))).toBe('own');
    expect(namedIn(await client(at.port, { servername: 'other.example.com' }))).toBe('other');
    expect(await served(at, await client(at.port, { maxVersion: 'TLSv1.2' }))).toBe(true);
    expect(
      typeof (await client(at.port, {
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      })),
    ).toBe('string');
  });

  test('with requireClientCert serves nobody without a certificate of the authority', async () => {
    const stranger = await testAuthority();
    stops.push(() => stranger.remove());
    const forged = await stranger.issue('own', ['DNS:sip.example.com']);
    const at = await open([{ ...tls, requireClientCert: true }], { tls: tlsOf() });
    expect(await served(at, await client(at.port))).toBe(false);
    expect(await served(at, await client(at.port, shown(forged)))).toBe(false);
    expect(await served(at, await client(at.port, shown(other)))).toBe(true);
  });

  test('serves addresses of a trunk with clientNames only by one of those names', async () => {
    const rules = [{ sources: ['127.0.0.0/8'], names: ['Other.example.com'] }];
    const at = await open([tls], { tls: tlsOf({ clientRules: rules }) });
    expect(await served(at, await client(at.port))).toBe(false);
    expect(await served(at, await client(at.port, shown(own)))).toBe(false);
    expect(at.refused()).toBe(2);
    expect(await served(at, await client(at.port, shown(other)))).toBe(true);
    const elsewhere = [{ sources: ['192.0.2.0/24'], names: ['other.example.com'] }];
    const open2 = await open([tls], { tls: tlsOf({ clientRules: elsewhere }) });
    expect(await served(open2, await client(open2.port))).toBe(true);
  });

  test('serves no revoked certificate, nor any where the list is too old; a new list counts at once', async () => {
    const clock = manualClock();
    const live = join(authority.folder, 'clients.crl');
    const publish = async (...how: Parameters<TestAuthority['revoke']>): Promise<void> =>
      copyFile(await authority.revoke(...how), live);
    await publish('none', []);
    const at = await open([{ ...tls, requireClientCert: true }], {
      ...{ tls: tlsOf({ clientRevocationsFile: live }), clock },
    });
    const serves = async (certificate: TestCertificate) =>
      served(at, await client(at.port, shown(certificate)));
    expect([await serves(own), await serves(other)]).toEqual([true, true]);
    await publish('one', ['other']);
    clock.advance(5_000);
    expect([await serves(own), await serves(other)]).toEqual([true, false]);
    await publish('old', [], { expired: true });
    clock.advance(5_000);
    expect([await serves(own), await serves(other)]).toEqual([false, false]);
    // What is no list changes nothing.
    await writeFile(live, 'nothing');
    clock.advance(5_000);
    expect(await serves(own)).toBe(false);
  });

  test('reads its files again when told or when they change, and keeps what it has where they are unusable', async () => {
    const clock = manualClock();
    const [certFile, keyFile] = [join(authority.folder, 'live.pem'), join(authority.folder, 'live.key')];
    const point = (to: { certFile: string; keyFile: string }): void => {
      for (const [link, target] of [
        [certFile, to.certFile],
        [keyFile, to.keyFile],
      ] as const) {
        try {
          unlinkSync(link);
        } catch {
          // The first time.
        }
        symlinkSync(target, link);
      }
    };
    point(own);
    const at = await open([tls], { tls: tlsOf({ certFile, keyFile }), clock });
    const long = await client(at.port);
    point(other);
    expect(namedIn(await client(at.port))).toBe('own');
    at.transport.reread();
    expect(namedIn(await client(at.port))).toBe('other');
    point({ certFile: own.certFile, keyFile: other.keyFile });
    clock.advance(5_000);
    expect(namedIn(await client(at.port))).toBe('other');
    point(own);
    clock.advance(5_000);
    expect(namedIn(await client(at.port))).toBe('own');
    expect(await served(at, long)).toBe(true);
  });

  test('gives the places of ended connections and failed handshakes back', async () => {
    const at = await open([tls], { tls: tlsOf() });
    for (let i = 0; i < 120; i += 1) {
      const raw = connectTcp(at.port, host);
      await new Promise<void>((done) => raw.once('connect', done));
      if (i % 2 === 0) raw.write('no handshake at all\r\n');
      else raw.destroy();
      await new Promise<void>((done) => raw.once('close', () => done()));
    }
    const last = await client(at.port);
    expect(await served(at, last)).toBe(true);
    expect(at.refused()).toBe(0);
  });
});

describe('a TLS connection of ours', () => {
  const place = { transport: 'tls', host, port: 0 } as const;
  const listen = [place];
  const send = (from: Open, to: Open, domain: string): Promise<string> => {
    const flow = from.transport.flowTo({ transport: 'tls', peer: { address: host, port: to.port }, domain })!;
    const before = to.got.length;
    return new Promise((resolve) => {
      flow.send(Buffer.from(sipRequest({ method: 'OPTIONS' })), () => resolve('failed'));
      void waitUntil(() => to.got.length > before, 'the message').then(
        () => resolve('arrived'),
        () => resolve('lost'),
      );
    });
  };

  test('goes to whom the certificate names and to nobody else; nothing is sent before that is known', async () => {
    const server = await open(listen, { tls: tlsOf() });
    const us = await open(listen, { tls: tlsOf() });
    expect(await send(us, server, 'sip.example.com')).toBe('arrived');
    expect(await send(us, server, '127.0.0.1')).toBe('arrived');
    expect(await send(us, server, 'evil.example.com')).toBe('failed');
    expect(server.got).toHaveLength(2);
    const distrusting = await open(listen, { tls: tlsOf({ authoritiesFile: null }) });
    expect(await send(distrusting, server, 'sip.example.com')).toBe('failed');
    // One connection a name, used again.
    expect(await send(us, server, 'sip.example.com')).toBe('arrived');
    expect(us.transport.connections()).toBe(2);
  });

  test('goes nowhere by a wildcard (RFC 5922 §7.2), and the log says that this is why', async () => {
    const wild = await authority.issue('wild', ['DNS:*.example.com']);
    const server = await open(listen, { tls: tlsOf(wild) });
    const logged: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) });
    const us = await open(listen, { tls: tlsOf(), log });
    expect(await send(us, server, 'sip.example.com')).toBe('failed');
    expect(await send(us, server, 'sip.example.net')).toBe('failed');
    expect(server.got).toEqual([]);
    expect(logged.map((line) => (JSON.parse(line) as { reason: string }).reason)).toEqual([
      'certificate for *.example.com, and SIP has no wildcards (RFC 5922 section 7.2): it has to name sip.example.com',
      'certificate for another name',
    ]);
  });

  test('goes to no server whose certificate is revoked, by the list of all or of its trunk', async () => {
    const server = await open(listen, { tls: tlsOf() });
    const [revoked, fine] = [await authority.revoke('own', ['own']), await authority.revoke('empty', [])];
    const tells = async (over: Partial<TlsSettings>) =>
      send(await open(listen, { tls: tlsOf(over) }), server, 'sip.example.com');
    const trunk = (revocationsFile: string | null) => [
      {
        label: 'x',
        names: ['sip.example.com'],
        authoritiesFile: authority.caFile,
        revocationsFile,
        pair: null,
      },
    ];
    expect(await tells({ revocationsFile: revoked })).toBe('failed');
    expect(await tells({ revocationsFile: fine })).toBe('arrived');
    expect(await tells({ servers: trunk(revoked) })).toBe('failed');
    expect(await tells({ revocationsFile: revoked, servers: trunk(fine) })).toBe('arrived');
  });

  test('shows a trunk’s own certificate to its servers', async () => {
    const server = await open([{ ...place, requireClientCert: true }], { tls: tlsOf() });
    const servers = [
      { label: 'x', names: ['sip.example.com'], authoritiesFile: null, revocationsFile: null, pair: other },
    ];
    const us = await open(listen, { tls: tlsOf({ servers }) });
    expect(await send(us, server, 'sip.example.com')).toBe('arrived');
    server.got[0]!.flow.takeAlias(5_061);
    // RFC 5923: requests to the name that the certificate proved go back over the same connection.
    const back = server.transport.flowTo({
      ...{ transport: 'tls', peer: { address: host, port: 5_061 } },
      domain: 'other.example.com',
    });
    expect(back).toBe(server.got[0]!.flow);
  });
});

describe('a connection', () => {
  const listen = [{ transport: 'tcp', host, port: 0 } as const];
  async function peer(at: Open) {
    const socket = connectTcp(at.port, host);
    let heard = '';
    let closed = false;
    socket.on('data', (chunk) => {
      heard += chunk.toString();
    });
    socket.on('close', () => {
      closed = true;
    });
    socket.on('error', () => undefined);
    await new Promise<void>((done) => socket.once('connect', done));
    await waitUntil(() => at.transport.connections() > 0, 'the connection');
    stops.push(() => socket.destroy());
    return { socket, heard: () => heard, closed: () => closed };
  }

  test('answers a ping, in one piece or two, by one CRLF', async () => {
    const at = await open(listen);
    const { socket, heard } = await peer(at);
    socket.write('\r\n\r\n');
    await waitUntil(() => heard() === '\r\n', 'the first answer');
    socket.setNoDelay(true);
    socket.write('\r\n');
    await new Promise((done) => setImmediate(done));
    socket.write(`\r\n${sipRequest()}`);
    await waitUntil(() => at.got.length === 1, 'the message');
    await waitUntil(() => heard() === '\r\n\r\n', 'the second answer');
  });

  test('without a first message ends after 15 s, pings or not; one that has brought one stays ten minutes', async () => {
    const clock = manualClock();
    const at = await open(listen, { clock });
    const idle = await peer(at);
    idle.socket.write('\r\n\r\n');
    await waitUntil(() => idle.heard() !== '', 'the answer');
    clock.advance(15_000);
    await waitUntil(idle.closed, 'its end');
    const busy = await peer(at);
    busy.socket.write(sipRequest());
    await waitUntil(() => at.got.length === 1, 'the message');
    clock.advance(599_000);
    busy.socket.write('\r\n\r\n');
    await waitUntil(() => busy.heard() !== '', 'the answer');
    expect(busy.closed()).toBe(false);
    // A message that has begun has 15 s, however its bytes trickle.
    busy.socket.write('\r\n\r\nINVITE ');
    await waitUntil(() => busy.heard() === '\r\n\r\n', 'the answer to what stands before it');
    clock.advance(15_000);
    await waitUntil(busy.closed, 'its end');
  });

  test('that we opened is pinged; one that has answered once must answer again', async () => {
    const clock = manualClock();
    let heard = '';
    const server = createTcpServer((socket) => {
      socket.on('data', (chunk) => {
        heard += chunk.toString();
        // One answer; what follows it tells the test that it has come.
        if (heard === '\r\n\r\n') socket.write(`\r\n${sipRequest()}`);
      });
      socket.on('error', () => undefined);
    });
    await new Promise<void>((done) => server.listen(0, host, done));
    stops.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const us = await open(listen, { clock });
    const flow = us.transport.flowTo({ transport: 'tcp', peer: { address: host, port }, domain: host })!;
    flow.send(Buffer.from('\r\n'), () => undefined);
    await waitUntil(() => heard !== '', 'the connection');
    heard = '';
    clock.advance(100_000);
    await waitUntil(() => us.got.length === 1, 'the answer');
    clock.advance(100_000);
    await waitUntil(() => heard === '\r\n\r\n\r\n\r\n', 'the second ping');
    expect(flow.isOpen()).toBe(true);
    clock.advance(10_000);
    await waitUntil(() => !flow.isOpen(), 'its end');
  });

  test('of an address that is not served, or one too many of it, is ended at once', async () => {
    const none = await open(listen, { admits: () => false });
    const socket = connectTcp(none.port, host);
    await new Promise((done) => socket.once('close', done));
    expect(none.refused()).toBe(1);
    const at = await open(listen);
    for (let i = 0; i < 100; i += 1) await peer(at);
    const further = connectTcp(at.port, host);
    further.on('error', () => undefined);
    await new Promise((done) => further.once('close', done));
    expect(at.refused()).toBe(1);
  });
});

describe('behind a NAT', () => {
  test('the outside is told the external address, and local networks the inner one', async () => {
    const external = { address: '203.0.113.7', localNetworks: ['10.0.0.0/8'] };
    const at = await open([{ transport: 'udp', host: '0.0.0.0', port: 0 }], { external });
    const told = (address: string): string =>
      at.transport.flowTo({ transport: 'udp', peer: { address, port: 5060 }, domain: address })!.local
        .address;
    expect(told('192.0.2.1')).toBe('203.0.113.7');
    expect(told('10.1.2.3')).not.toBe('203.0.113.7');
    expect(told('127.0.0.1')).toBe('127.0.0.1');
    expect(at.transport.isOwn({ address: '203.0.113.7', port: at.port })).toBe(true);
  });
});

describe('IPv6', () => {
  test('UDP and TCP beside IPv4 on the same port', async () => {
    const four = await open([{ transport: 'tcp', host: '0.0.0.0', port: 0 }]);
    const six = await open([
      { transport: 'tcp', host: '::', port: four.port },
      { transport: 'udp', host: '::1', port: 0 },
    ]);
    const hop = { transport: 'tcp', peer: { address: '::1', port: six.port }, domain: '::1' } as const;
    expect(four.transport.flowTo(hop)).toBeNull();
    six.transport.flowTo(hop)!.send(Buffer.from(sipRequest()), () => undefined);
    await waitUntil(() => six.got.length === 1, 'the message');
    expect(six.got[0]!.flow.remote.address).toBe('::1');
  });
});
