import { createSocket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { Nonces } from '../../src/sip/digest/nonce.ts';
import { challenges, createRealm, verifyDigest } from '../../src/sip/digest/server.ts';
import { trunkLinks } from '../../src/sip/trunk/upkeep.ts';
import type { TrunkSettings } from '../../src/sip/trunk/trunk.ts';
import { headerOf } from '../support/sip-peer.ts';
import { startSipServerProcess, startTestGateway } from '../support/sip-server.ts';
import { waitUntil } from '../support/sip-until.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** What comes over UDP is answered by `answer`: status line and further headers. */
async function listen(answer: (request: string) => readonly string[]) {
  const socket = createSocket('udp4');
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  const requests: string[] = [];
  socket.on('message', (bytes, from) => {
    const request = bytes.toString();
    requests.push(request);
    const [status = '', ...headers] = answer(request);
    const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${headerOf(request, name)}`);
    const to = `To: ${headerOf(request, 'To')};tag=registrar`;
    const lines = [`SIP/2.0 ${status}`, ...copied, to, ...headers, 'Content-Length: 0', '', ''];
    socket.send(lines.join('\r\n'), from.port, from.address);
  });
  stops.push(() => new Promise((done) => socket.close(() => done())));
  return { requests, uri: `sip:127.0.0.1:${socket.address().port}` };
}

/** A registrar that challenges, wants at least 1800 s, and grants two seconds, so that a renewal is soon. */
function registrar() {
  const nonces = new Nonces({ secret: randomBytes(32), random: randomBytes, now: () => performance.now() });
  const realm = createRealm('pbx', [{ name: 'office', password: 'open sesame' }], ['SHA-256']);
  return (request: string): readonly string[] => {
    const authorization = headerOf(request, 'Authorization') || null;
    const uri = /^REGISTER (\S+)/.exec(request)?.[1] ?? '';
    if (verifyDigest(realm, nonces, { authorization, method: 'REGISTER', uri }) !== 'right')
      return ['401 Unauthorized', ...challenges(realm, nonces, false).map((c) => `WWW-Authenticate: ${c}`)];
    const expires = Number(headerOf(request, 'Expires'));
    if (expires === 0) return ['200 OK'];
    if (expires < 1_800) return ['423 Interval Too Brief', 'Min-Expires: 1800'];
    return ['200 OK', `Contact: ${headerOf(request, 'Contact').replace(/expires=\d+/, 'expires=2')}`];
  };
}

it('an account is registered at the second server, for as long as that wants, renewed, and taken back', async () => {
  const broken = await listen(() => ['503 Service Unavailable']);
  const sound = await listen(registrar());
  const silent = await listen((request) =>
    request.startsWith('OPTIONS') ? ['405 Method Not Allowed'] : ['500 No'],
  );
  const pbx: TrunkSettings = {
    name: 'pbx',
    sources: ['127.0.0.1'],
    health: { target: silent.uri },
    registrations: [
      { user: 'office', domain: 'pbx.example', servers: [broken.uri, sound.uri], passwordFile: 'unread' },
    ],
  };
  const server = await startSipServerProcess();
  stops.push(() => server.stop());
  const { gateway } = await startTestGateway(server, undefined, {
    links: trunkLinks([pbx], () => 'open sesame'),
  });
  await waitUntil(() => gateway.links[0]?.registrations[0]?.registered === true, 'registered');
  const expiries = (): string[] => sound.requests.map((request) => headerOf(request, 'Expires'));
  expect(broken.requests).toHaveLength(1);
  expect(expiries()).toEqual(['600', '600', '1800', '1800']);
  const last = sound.requests.at(-1)!;
  expect(last).toMatch(/^REGISTER sip:pbx\.example SIP\/2\.0\r\n/);
  expect(headerOf(last, 'Contact')).toBe(`<sip:office@127.0.0.1:${server.port}>;expires=1800`);
  expect(headerOf(last, 'Authorization')).toContain('algorithm=SHA-256');
  await waitUntil(() => sound.requests.length >= 6, 'renewed before its end');
  expect(gateway.links[0]).toEqual({
    trunk: 'pbx',
    health: 'up',
    registrations: [{ registered: true, failure: null }],
  });
  await gateway.stop();
  expect(expiries().slice(-2)).toEqual(['0', '0']);
  expect(verified(sound.requests)).toBe(true);
});

/** Every REGISTER of one account has the same Call-ID and From tag, and a CSeq of its own (RFC 3261 §10.2). */
function verified(requests: readonly string[]): boolean {
  const sequences = requests.map((request) => Number(headerOf(request, 'CSeq').split(' ')[0]));
  const same = (name: string): boolean =>
    new Set(requests.map((request) => headerOf(request, name))).size === 1;
  return same('Call-ID') && same('From') && sequences.every((n, i) => i === 0 || n > sequences[i - 1]!);
}
