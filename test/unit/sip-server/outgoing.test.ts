import { createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { createLog } from '../../../src/base/log.ts';
import type { SipServerOptions } from '../../../src/sip-server/options.ts';
import { startSipServer } from '../../../src/sip-server/server.ts';
import { createFramer } from '../../../src/sip-server/transport/framer.ts';
import { testAuthority } from '../../support/certificates.ts';
import { startDnsServer, type DnsRecord } from '../../support/dns-server.ts';
import { startSipApp } from '../../support/sip-app.ts';
import { fastTiming } from '../../support/sip-fast.ts';
import { headerOf, udpPeer, type SipPeer } from '../../support/sip-peer.ts';
import { sdpOffer, sipRequest } from '../../support/sip-text.ts';
import { waitUntil } from '../../support/sip-until.ts';

/** Where requests of the app go: the servers of a name one after the other, and TCP for what UDP is too small for. */
const host = '127.0.0.1';
const stops: (() => unknown)[] = [];
const last: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
afterAll(async () => {
  for (const stop of last.splice(0)) await stop();
});

async function stage(records: readonly DnsRecord[], over: Partial<SipServerOptions> = {}) {
  const dns = await startDnsServer(records);
  stops.push(() => dns.stop());
  const server = await startSipServer(
    {
      listen: (['udp', 'tcp'] as const).map((transport) => ({ transport, host, port: 0 })),
      app: { host, port: 0, secret: 's' },
      logLevel: 'error',
      dnsServers: [dns.address],
      ...over,
    },
    { clock: systemClock, log: createLog('sip-server', 'silent'), timing: fastTiming },
  );
  stops.push(() => server.stop());
  const app = await startSipApp({ port: server.info.appPort, secret: 's', verbs: ['invite'] });
  stops.push(() => app.stop());
  return { server, app, port: server.info.endpoints[0]!.port };
}

async function udpServer(answer: string | null): Promise<SipPeer> {
  const peer = await udpPeer({ host, port: 9 });
  stops.push(() => peer.stop());
  if (answer === null) return peer;
  const answered = new Set<string>();
  const timer = setInterval(() => {
    for (const request of peer.received) {
      const via = headerOf(request, 'Via');
      if (answered.has(via) || request.startsWith('ACK') || request.startsWith('SIP/')) continue;
      answered.add(via);
      peer.send(responseTo(request, answer), Number(/:(\d+);/.exec(via)?.[1]));
    }
  }, 5);
  stops.push(() => clearInterval(timer));
  return peer;
}

function responseTo(request: string, status: string): string {
  const copied = ['From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${headerOf(request, name)}`);
  const vias = request.match(/^Via: [^\r]*/gim) ?? [];
  const to = headerOf(request, 'To');
  const contact = status.startsWith('200') ? ['Contact: <sip:callee@127.0.0.1:9>'] : [];
  return [
    `SIP/2.0 ${status}`,
    ...[
      ...[...vias, ...copied],
      `To: ${to.includes('tag=') ? to : `${to};tag=t`}`,
      ...contact,
      'Content-Length: 0',
      '',
      '',
    ],
  ].join('\r\n');
}

const named = (...ports: readonly number[]): readonly DnsRecord[] => [
  ...ports.map((port, index): DnsRecord => ({
    ...{ type: 'SRV', name: '_sip._udp.example.com', weight: 0, target: 'one.example.com' },
    ...{ priority: index, port },
  })),
  { type: 'A', name: 'one.example.com', address: host },
];

describe('the next server of a name', () => {
  test.each([['503 Busy'], [null]])('after one that says %s', async (first) => {
    const [one, two] = [await udpServer(first), await udpServer('486 Busy Here')];
    const { app, server } = await stage(named(one.port, two.port));
    await app.request('INVITE', { uri: 'sip:a@example.com;transport=udp' }, { body: sdpOffer() });
    await waitUntil(() => app.shown.some(({ text }) => text.startsWith('SIP/2.0 486')), 'the answer');
    expect(app.shown.filter(({ text }) => /^SIP\/2\.0 [3-6]/.test(text))).toHaveLength(1);
    const [first1, second] = [one.received[0]!, two.received[0]!];
    expect(headerOf(second, 'Via')).not.toBe(headerOf(first1, 'Via'));
    for (const name of ['Call-ID', 'From', 'CSeq', 'Contact'])
      expect(headerOf(second, name)).toBe(headerOf(first1, name));
    const sent = one.count(/^INVITE/);
    // The next call asks the one first that has answered, and the first no more.
    await app.request('INVITE', { uri: 'sip:a@example.com;transport=udp' }, { body: sdpOffer() });
    await waitUntil(() => two.count(/^INVITE/) === 2, 'the second call');
    expect(one.count(/^INVITE/)).toBe(sent);
    await waitUntil(() => Object.values(server.counts()).every((n) => n === 0), 'nothing held', 10_000);
  });

  test('one that wakes up late is cancelled, or acknowledged and ended', async () => {
    const [one, two] = [await udpServer(null), await udpServer('180 Ringing')];
    const { app, port } = await stage(named(one.port, two.port));
    await app.request('INVITE', { uri: 'sip:a@example.com;transport=udp' }, { body: sdpOffer() });
    await waitUntil(() => app.shown.some(({ text }) => text.startsWith('SIP/2.0 180')), 'the second rings');
    one.send(responseTo(one.received[0]!, '180 Ringing'), port);
    await one.next(/^CANCEL/, 'CANCEL');
    one.send(responseTo(one.received[0]!, '200 OK'), port);
    await waitUntil(() => one.count(/^ACK/) > 0, 'ACK');
    await waitUntil(() => one.count(/^BYE/) > 0, 'BYE');
    expect(app.shown.some(({ text }) => text.startsWith('SIP/2.0 200'))).toBe(false);
  });

  test('none: the app hears of the last failure, once', async () => {
    const [one, two] = [await udpServer('503 Busy'), await udpServer('503 Busy')];
    const { app } = await stage(named(one.port, two.port));
    await app.request('OPTIONS', { uri: 'sip:a@example.com;transport=udp' });
    await waitUntil(() => app.shown.length > 0, 'the answer');
    expect(app.shown.map(({ text }) => text.slice(0, 11))).toEqual(['SIP/2.0 503']);
    expect(await app.request('OPTIONS', { uri: 'sip:a@nowhere.example' })).toBe('unable to resolve next hop');
  });
});

describe('a request too long for UDP', () => {
  const long = { headers: [`Subject: ${'x'.repeat(1_300)}`] };

  test('goes over TCP to the same port', async () => {
    const got: string[] = [];
    const server = createServer((socket) => {
      const framer = createFramer();
      socket.on('data', (chunk) => got.push(...framer.push(chunk).messages.map(String)));
      socket.on('error', () => undefined);
    });
    await new Promise<void>((done) => server.listen(0, host, done));
    stops.push(() => server.close());
    const { app } = await stage([]);
    const { port } = server.address() as AddressInfo;
    await app.request('OPTIONS', { uri: `sip:a@127.0.0.1:${port}` }, long);
    await waitUntil(() => got.length === 1, 'the request');
    expect(headerOf(got[0]!, 'Via')).toMatch(/^SIP\/2\.0\/TCP /);
  });

  test('goes over TCP too where it is passed on, with its ACK, and over UDP where nobody takes it there', async () => {
    const { app, port } = await stage([]);
    const caller = await udpPeer({ host, port });
    stops.push(() => caller.stop());
    const body = sdpOffer() + `a=x-note:${'x'.repeat(1_000)}\r\n`;
    const pass = async (callId: string, target: string): Promise<void> => {
      const shown = app.shown.length;
      caller.send(sipRequest({ callId, branch: `z9hG4bK${callId}`, headers: long.headers, body }));
      await waitUntil(() => app.shown.length > shown, 'the call');
      app.proxy(app.shown[shown]!.transactionId, target);
    };
    const got: { text: string; reply(text: string): void }[] = [];
    const callee = createServer((socket) => {
      const framer = createFramer();
      socket.on('error', () => undefined);
      socket.on('data', (chunk) =>
        got.push(
          ...framer.push(chunk).messages.map((message) => ({
            text: String(message),
            reply: (text: string) => void socket.write(text),
          })),
        ),
      );
    });
    await new Promise<void>((done) => callee.listen(0, host, done));
    stops.push(() => callee.close());
    const target = `sip:a@127.0.0.1:${(callee.address() as AddressInfo).port}`;
    await pass('one', target);
    await waitUntil(() => got.length === 1, 'the call, passed on');
    expect(headerOf(got[0]!.text, 'Via')).toMatch(/^SIP\/2\.0\/TCP /);
    got[0]!.reply(responseTo(got[0]!.text, '200 OK'));
    await caller.next(/^SIP\/2\.0 200 /, 'the answer');
    const route = `Route: ${headerOf(got[0]!.text, 'Record-Route')}`;
    const ack = { method: 'ACK', cseq: '1 ACK', uri: target, to: '<sip:meet@127.0.0.1>;tag=t' };
    const headers = [route, ...long.headers];
    caller.send(sipRequest({ ...ack, callId: 'one', branch: 'z9hG4bKack', contact: null, headers }));
    await waitUntil(() => got.length === 2, 'the ACK, passed on');
    expect(got[1]!.text).toMatch(/^ACK [^]*\nVia: SIP\/2\.0\/TCP /);
    const byUdp = await udpServer('486 Busy Here');
    await pass('two', `sip:a@127.0.0.1:${byUdp.port}`);
    await waitUntil(() => byUdp.received.length > 0, 'the call by UDP');
    expect(headerOf(byUdp.received[0]!, 'Via')).toMatch(/^SIP\/2\.0\/UDP /);
  });

  test('and over UDP after all, where nobody takes it by TCP', async () => {
    const peer = await udpServer('200 OK');
    const { app } = await stage([]);
    await app.request('OPTIONS', { uri: `sip:a@127.0.0.1:${peer.port}` }, long);
    await waitUntil(() => app.shown.some(({ text }) => text.startsWith('SIP/2.0 200')), 'the answer');
    expect(headerOf(peer.received[0]!, 'Via')).toMatch(/^SIP\/2\.0\/UDP /);
  });
});

describe('sips', () => {
  test('is refused without TLS, and leaves over TLS alone', async () => {
    const { app, port } = await stage([]);
    const peer = await udpPeer({ host, port });
    stops.push(() => peer.stop());
    peer.send(sipRequest({ uri: 'sips:meet@127.0.0.1', port: peer.port, body: sdpOffer() }));
    expect(await peer.next(/^SIP\/2\.0 [2-6]/, 'the answer')).toMatch(/^SIP\/2\.0 403 SIPS Needs TLS/);
    expect(await app.request('OPTIONS', { uri: 'sips:a@127.0.0.1' })).toBe(
      'requested protocol/transport not available',
    );
  });

  test('has a sips Contact, and a route does not take it off TLS', async () => {
    const authority = await testAuthority();
    last.push(() => authority.remove());
    const own = await authority.issue('own', ['IP:127.0.0.1', 'DNS:pbx.example.com']);
    const tls = {
      ...{ certFile: own.certFile, keyFile: own.keyFile, hosts: [], clientRules: [], servers: [] },
      ...{ authoritiesFile: authority.caFile, clientAuthoritiesFile: null },
      ...{ revocationsFile: null, clientRevocationsFile: null },
    };
    const listen = [{ transport: 'tls', host, port: 0 } as const];
    const callee = await stage([], { listen, tls });
    const dns: readonly DnsRecord[] = [
      {
        ...{ type: 'SRV', name: '_sips._tcp.pbx.example.com', priority: 1, weight: 1 },
        ...{ port: callee.port, target: 'host.example.net' },
      },
      { type: 'A', name: 'host.example.net', address: host },
    ];
    const caller = await stage(dns, { listen, tls });
    await caller.app.request('INVITE', { uri: 'sips:meet@pbx.example.com' }, { body: sdpOffer() });
    await waitUntil(() => callee.app.shown.length === 1, 'the call');
    const invite = callee.app.shown[0]!;
    expect(headerOf(invite.text, 'Via')).toMatch(/^SIP\/2\.0\/TLS 127\.0\.0\.1:.*;alias/);
    expect(headerOf(invite.text, 'Contact')).toBe(`<sips:127.0.0.1:${caller.port}>`);
    callee.app.answer(invite.transactionId, '200 OK', { body: sdpOffer() });
    await waitUntil(() => caller.app.shown.some(({ text }) => text.startsWith('SIP/2.0 200')), 'the answer');
    const answer = caller.app.shown.find(({ text }) => text.startsWith('SIP/2.0 200'))!.text;
    expect(headerOf(answer, 'Contact')).toBe(`<sips:127.0.0.1:${callee.port}>`);
  });
});
