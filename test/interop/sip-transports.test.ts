import { createSocket, type Socket } from 'node:dgram';
import { randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { LegId } from '../../src/base/ids.ts';
import { legMedia } from '../../src/call/leg.ts';
import { Ticker } from '../../src/media/audio/ticker.ts';
import { legCapability } from '../../src/media/capability.ts';
import { loadOpus } from '../../src/media/codec/opus-loader.ts';
import { MediaLeg } from '../../src/media/leg.ts';
import type { AudioOffer } from '../../src/sip/gateway.ts';
import { planTrunks } from '../../src/sip/trunk/trunk.ts';
import { writeWav } from '../demo/wav.ts';
import { startBaresip, type BaresipOptions } from '../support/baresip.ts';
import { testAuthority } from '../support/certificates.ts';
import {
  answerCall,
  startSipServerProcess,
  startTestGateway,
  type SipServerProcess,
  type TestGateway,
} from '../support/sip-server.ts';
import { waitUntil } from '../support/sip-until.ts';
import { peakAt, rms, sine } from '../support/tone.ts';

/** baresip, another maker's phone, over every transport that we have, in both directions, with sound both ways. */
type Transport = 'udp' | 'tcp' | 'tls';
type Host = '127.0.0.1' | '::1';

const phoneHertz = 1_000;
const roomHertz = 1_500;
const phoneNumber = '+4930123456';

let folder = '';
let spoken = '';
let certificate = { bothFile: '', caFile: '' };
let places: ReadonlyMap<string, string>;
let gateway: TestGateway;
// Of those who call: a server hands calls that come to all who are connected to it.
let callingServer: SipServerProcess;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'transports-'));
  spoken = join(folder, 'tone.wav');
  writeWav(spoken, { rate: 8_000, samples: sine(phoneHertz, 8_000 * 60) });
  const authority = await testAuthority();
  const phone = await authority.issue('phone', ['IP:127.0.0.1', 'IP:::1']);
  const own = await authority.issue('own', ['IP:127.0.0.1', 'IP:::1']);
  certificate = { bothFile: phone.bothFile, caFile: authority.caFile };
  const hosts: readonly Host[] = ['127.0.0.1', '::1'];
  const everything: Parameters<typeof startSipServerProcess>[1] = {
    listen: hosts.flatMap((host) =>
      (['udp', 'tcp', 'tls'] as const).map((transport) => ({ transport, host, port: 0 })),
    ),
    tls: {
      ...{ certFile: own.certFile, keyFile: own.keyFile, hosts: [], clientRules: [], servers: [] },
      ...{ authoritiesFile: authority.caFile, clientAuthoritiesFile: authority.caFile },
      ...{ revocationsFile: null, clientRevocationsFile: null },
    },
  };
  const server = await startSipServerProcess('127.0.0.1', everything);
  callingServer = await startSipServerProcess('127.0.0.1', everything);
  places = new Map(
    server.child!.info.endpoints.map(({ transport, host, port }) => [
      `${transport} ${host}`,
      `${isIPv6(host) ? `[${host}]` : host}:${port}`,
    ]),
  );
  gateway = await startTestGateway(server, () => undefined);
  cleanups.push(
    () => authority.remove(),
    () => server.stop(),
    () => callingServer.stop(),
    () => gateway.stop(),
  );
});
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await rm(folder, { recursive: true, force: true });
});

async function rtpSocket(host: Host): Promise<Socket> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  await new Promise<void>((done) => socket.bind(0, host, done));
  return socket;
}

/** Sends the room's tone, and waits until the phone's is heard. */
async function converse(offer: AudioOffer, socket: Socket): Promise<MediaLeg> {
  const leg = new MediaLeg({
    ...{ legId: 'leg' as LegId, media: legMedia(offer), socket, clock: systemClock },
    ...{ randomInt: (n: number) => randomInt(n), opus: () => loadOpus().codec, onDigit: () => undefined },
  });
  leg.start();
  let n = 0;
  let heard: Int16Array | null = null;
  const ticker = new Ticker({
    clock: systemClock,
    onTick: () => {
      heard = leg.pullFromCaller()?.slice() ?? null;
      leg.sendToCaller(sine(roomHertz, 160, 8_000, n * 160));
      n += 1;
    },
  });
  ticker.start();
  cleanups.push(() => {
    ticker.stop();
    leg.close();
  });
  await waitUntil(() => heard !== null && peakAt(phoneHertz, heard) > 4_000, 'the phone heard', 10_000);
  // A second of the room for the phone to record.
  const until = n + 50;
  await waitUntil(() => n > until, 'a second');
  expect(leg.counts.invalidPackets).toBe(0);
  return leg;
}

/** What the phone recorded is the room's tone. */
async function expectRoomIn(files: readonly string[]): Promise<void> {
  const bytes = await readFile(files[0] ?? '');
  const data = bytes.subarray(bytes.indexOf('data') + 8);
  const pcm = Int16Array.from({ length: data.length >> 1 }, (_, i) => data.readInt16LE(2 * i));
  const middle = pcm.subarray(pcm.length >> 1, (pcm.length >> 1) + 800);
  expect(rms(middle)).toBeGreaterThan(2_000);
  expect(peakAt(roomHertz, middle) / Math.SQRT2).toBeGreaterThan(0.7 * rms(middle));
}

function phoneOptions(transport: Transport, host: Host, srtp: boolean): BaresipOptions {
  return {
    ...{ transport, host, speak: spoken, srtp, autoAnswer: true },
    ...(transport === 'tls' ? { tls: certificate } : {}),
  };
}

const ways = [
  ['udp', '127.0.0.1', false],
  ['udp', '::1', false],
  ['tcp', '127.0.0.1', false],
  ['tls', '127.0.0.1', false],
  ['tls', '127.0.0.1', true],
  ['tls', '::1', true],
] as const;

describe.concurrent.each(ways)('baresip over %s at %s, SRTP: %s', (transport, host, srtp) => {
  test('it calls us', async () => {
    const phone = await startBaresip({ ...phoneOptions(transport, host, srtp), user: `in-${transport}` });
    cleanups.push(() => phone.stop());
    const to = `meet-${transport}-${isIPv6(host) ? 6 : 4}-${String(srtp)}`;
    await phone.dial(`sip:${to}@${places.get(`${transport} ${host}`) ?? ''};transport=${transport}`);
    await waitUntil(() => gateway.calls.some(({ call }) => call.to.user === to), 'the call');
    const seen = gateway.calls.find(({ call }) => call.to.user === to)!;
    const socket = await rtpSocket(host);
    await answerCall(seen, socket.address().port, host);
    expect(seen.answerError).toBeNull();
    await phone.event('CALL_ESTABLISHED');
    expect(seen.call.source).toMatchObject({ address: host, transport });
    expect(seen.call.offer.srtp?.suite ?? null).toBe(srtp ? 'AES_CM_128_HMAC_SHA1_80' : null);
    await converse(seen.call.offer, socket);
    seen.dialog!.end({ cause: 16, text: 'test over' });
    await phone.event('CALL_CLOSED');
    await expectRoomIn(await phone.heard());
  });

  test('we call it', async () => {
    const phone = await startBaresip({ ...phoneOptions(transport, host, srtp), user: phoneNumber });
    cleanups.push(() => phone.stop());
    const socket = await rtpSocket(host);
    const { gateway: calling } = await startTestGateway(callingServer, undefined, {
      capability: { ...legCapability, codecs: legCapability.codecs.filter(({ name }) => name === 'PCMU') },
      door: {
        plan: planTrunks({
          trunks: [{ name: 'phones', sources: ['127.0.0.1', '::1'], srtp: srtp ? 'require' : 'off' }],
          sip: { unknownSource: 'forbid', drachtio: null },
        }),
        ...{ realms: new Map(), hasMeeting: () => false },
      },
      outgoing: {
        ...{ trunk: 'phones', target: phone.address.replace(/^sip:.*@/, 'sip:'), account: null },
        ...{ callerNumber: '+4930555000', callerName: '', assertIdentity: false, plus: true, ringMs: 20_000 },
      },
    });
    cleanups.push(() => calling.stop());
    const call = calling.place({ number: phoneNumber })!;
    const agreed: AudioOffer[] = [];
    const dialog = await call.invite(
      { address: host, port: socket.address().port },
      {
        onMediaChanged: (offer) => void agreed.push(offer),
        ...{ onRinging: () => undefined, onEnded: () => undefined },
        ...{ onPeerChanged: () => undefined, onInfoDigit: () => undefined },
      },
    );
    expect(call.transport).toBe(transport);
    expect(agreed).toHaveLength(1);
    // Ours comes first: baresip takes the strongest that both have.
    expect(agreed[0]!.srtp?.suite ?? null).toBe(srtp ? 'AEAD_AES_256_GCM' : null);
    await converse(agreed[0]!, socket);
    dialog.end({ cause: 16, text: 'test over' });
    await phone.event('CALL_CLOSED');
    await expectRoomIn(await phone.heard());
  });
});
