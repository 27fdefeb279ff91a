import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { createLog } from '../../../src/base/log.ts';
import { startSipServer } from '../../../src/sip-server/server.ts';
import { maskedMessage, maskedUri } from '../../../src/sip-server/trace/masked-message.ts';
import { openTrace } from '../../../src/sip-server/trace/trace-file.ts';
import { manualClock } from '../../support/clock.ts';
import { udpPeer } from '../../support/sip-peer.ts';
import { sipRequest } from '../../support/sip-text.ts';

const mark = (value: string): string => `#${value.length}`;
const masked = (lines: readonly string[]): string =>
  maskedMessage(Buffer.from(lines.join('\r\n'), 'latin1'), mark);

const sdp = [
  'v=0',
  'o=alice 20518 0 IN IP4 192.0.2.101',
  's=Call of Alice Example',
  'e=alice@example.net',
  'c=IN IP4 192.0.2.101',
  't=0 0',
  'm=audio 49172 RTP/SAVP 0 101',
  'a=rtpmap:101 telephone-event/8000',
  'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4',
  'a=ssrc:314159 cname:alice',
  'a=sendrecv',
].join('\r\n');

const invite = [
  'INVITE sip:+4930555012345@bridge.example;user=phone;secret=hush SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.101:5060;branch=z9hG4bKnashds8;cookie=hush;rport',
  'From: "Alice Example" <sip:03055598765@192.0.2.101>;tag=1928301774',
  'To: Bob Private <sip:bob.private@bridge.example>',
  'Contact: sip:03055598765@192.0.2.101:5060;transport=udp',
  'P-Asserted-Identity: <tel:+4930555098765;phone-context=hush>',
  'Call-ID: a84b4c76e66710',
  'CSeq: 314159 INVITE',
  'Max-Forwards: 70',
  'Authorization: Digest username="office-7", realm="x", nonce="nonceofthis", uri="sip:x", response="6629fae49393a05397450978507c4ef1"',
  'Identity: eyJhbGciOiJFUzI1NiJ9.eyJvcmlnIjoxfQ.c2lnbmF0dXJl;info=<https://cert.example/a.pem>',
  'Subject: to talk of Hanna',
  'X-Customer: 4711',
  'User-Agent: phone of +49 30 5550 98765',
  'Content-Type: application/sdp',
  `Content-Length: ${sdp.length}`,
  '',
  sdp,
];

describe('a traced message', () => {
  test('says what it does, from where to where and with which media', () => {
    expect(masked(invite).split('\n')).toEqual([
      'INVITE sip:...345@bridge.example;user=phone SIP/2.0',
      'Via: SIP/2.0/UDP 192.0.2.101:5060;branch=#14;rport',
      'From: <sip:...765@192.0.2.101>;tag=#10',
      'To: <sip:...@bridge.example>',
      'Contact: <sip:...765@192.0.2.101:5060>',
      'P-Asserted-Identity: <tel:...765>',
      'Call-ID: a84b4c76e66710',
      'CSeq: 314159 INVITE',
      'Max-Forwards: 70',
      'Authorization: (116 characters)',
      'Identity: (82 characters)',
      'Subject: (16 characters)',
      'X-Customer: (4 characters)',
      'User-Agent: phone of +...',
      'Content-Type: application/sdp',
      `Content-Length: ${sdp.length}`,
      '',
      'v=0',
      'o=... IN IP4 192.0.2.101',
      's=...',
      'e=...',
      'c=IN IP4 192.0.2.101',
      't=0 0',
      'm=audio 49172 RTP/SAVP 0 101',
      'a=rtpmap:101 telephone-event/8000',
      'a=crypto... 1 AES_CM_128_HMAC_SHA1_80',
      'a=ssrc...',
      'a=sendrecv',
      '',
    ]);
  });

  test('has of an origin that is not whole nothing', () => {
    const sdpText = 'v=0\r\no=alice 1 1\r\n';
    const lines = [
      'INFO sip:x SIP/2.0',
      'Content-Type: application/sdp',
      `Content-Length: ${sdpText.length}`,
      '',
      sdpText,
    ];
    expect(masked(lines)).toContain('\no=...\n');
  });

  test.each([
    ['SIP/2.0/UDP 192.0.2.1;x_caller=03055598765;branch=z9hG4bKa', 'SIP/2.0/UDP 192.0.2.1;branch=#8'],
    ['SIP/2.0/UDP 192.0.2.1 03055598765;branch=z9hG4bKa', '(49 characters)'],
  ])('has of the Via %s only the way back', (via, shown) => {
    const text = masked(['OPTIONS sip:bridge.example SIP/2.0', `Via: ${via}`, 'Content-Length: 0', '', '']);
    expect(text).toContain(`\nVia: ${shown}\n`);
    expect(text).not.toContain('598765');
  });

  test('has of digits that were sent their size only', () => {
    const lines = [
      'INFO sip:bridge.example SIP/2.0',
      'Content-Type: application/dtmf-relay',
      'Content-Length: 24',
      '',
      'Signal=7\r\nDuration=160\r\n',
    ];
    const text = masked(lines);
    expect(text).not.toContain('Signal');
    expect(text).toContain('(a body of 24 bytes)');
  });

  test('has no control character of a stranger, and says what is no SIP', () => {
    const text = masked([
      'OPTIONS sip:x SIP/2.0',
      'User-Agent: \u001b[2J\u0007',
      'Content-Length: 0',
      '',
      '',
    ]);
    expect(text).not.toMatch(/[^\x20-\x7e\n]/);
    expect(masked(['\x16\x03\x01 hello'])).toMatch(/^\(no SIP message: [a-z-]+, 9 bytes\)\n$/);
  });

  test.each([
    ['sip:0305551234@[2001:db8::1]:5060;transport=tcp;lr', 'sip:...234@[2001:db8::1]:5060;transport=tcp;lr'],
    ['sips:anna:password@bridge.example', 'sips:...@bridge.example'],
    ['sip:123@bridge.example?Subject=hush', 'sip:...@bridge.example'],
    ['sip:bridge.example', 'sip:bridge.example'],
    ['sip:0305551234', 'sip:...234'],
    ['sip:0305551234:5060', 'sip:...234'],
    ['sip:030-5551-234', 'sip:...234'],
    ['sip:030.5551.234:5060', 'sip:...234'],
    ['sip:192.0.2.7:5060', 'sip:192.0.2.7:5060'],
    ['tel:+4930555012345', 'tel:...345'],
    ['urn:service:sos', '(15 characters)'],
  ])('writes %s as %s', (uri, written) => {
    expect(maskedUri(uri)).toBe(written);
  });

  test('never has a secret, wherever it stands', () => {
    const secret = 'Geheim4711x';
    const header = fc.constantFrom(
      'Authorization',
      'X-Any',
      'Identity',
      'Subject',
      'From',
      'Contact',
      'Refer-To',
      'Alert-Info',
    );
    const form = fc.constantFrom(
      ...[
        '"%" <sip:a@b.example>',
        '<sip:%@b.example>',
        'sip:%@b.example',
        '<sip:a@b.example;x=%>',
        '<sip:a@b.example?x=%>',
      ],
      ...[
        '<sip:a:%@b.example>',
        '%',
        '"\\"%" <sip:a@b.example>',
        '<sip:a@b.example>;x=%;tag=%',
        'tel:%',
        '<tel:1;x=%>',
      ],
    );
    fc.assert(
      fc.property(header, form, (name, value) => {
        const text = masked([
          `OPTIONS sip:${secret}@b.example SIP/2.0`,
          `${name}: ${value.replaceAll('%', secret)}`,
          '',
          '',
        ]);
        expect(text).not.toContain(secret);
        expect(text).toContain(`${name}: `);
      }),
    );
  });
});

describe('the trace', () => {
  let folder: string;
  const flow = {
    transport: 'udp' as const,
    local: { address: '127.0.0.1', port: 5060 },
    remote: { address: '2001:db8::7', port: 5070 },
  };
  const options = Buffer.from('OPTIONS sip:x SIP/2.0\r\nCall-ID: one\r\n\r\n');
  const largeOptions = (kilobytes: number): Buffer =>
    Buffer.from(`OPTIONS sip:x SIP/2.0\r\n${`Supported: ${'a'.repeat(987)}\r\n`.repeat(kilobytes)}\r\n`);
  const log = createLog('test', 'silent');
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-trace-'));
  });
  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  });

  test('is a file of mode 0600 that is added to, by time, way and place', async () => {
    const file = join(folder, 'sip.trace');
    for (let start = 0; start < 2; start += 1) {
      const clock = manualClock();
      const trace = openTrace({ file, maxMiB: 1 }, { clock, log });
      trace.received(options, flow);
      trace.sent(Buffer.from('\r\n\r\n'), flow);
      clock.advance(200);
      trace.sent(options, flow);
      await trace.stop();
    }
    const text = readFileSync(file, 'utf8');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(text.match(/^2023-11-14T22:13:20.000Z < udp 127.0.0.1:5060 \[2001:db8::7\]:5070$/gm)).toHaveLength(
      2,
    );
    expect(text.match(/^2023-11-14T22:13:20.200Z > udp/gm)).toHaveLength(2);
    expect(text.match(/^OPTIONS sip:x SIP\/2.0\nCall-ID: one\n\n/gm)).toHaveLength(4);
  });

  test('begins anew when it is full, and keeps the part before', async () => {
    const file = join(folder, 'sip.trace');
    const clock = manualClock();
    const trace = openTrace({ file, maxMiB: 1 }, { clock, log });
    const large = largeOptions(5);
    for (let i = 0; i < 500; i += 1) {
      trace.received(large, flow);
      clock.advance(200);
    }
    await trace.stop();
    expect(statSync(file).size).toBeLessThan(1.1 * 1024 * 1024);
    expect(statSync(`${file}.1`).size).toBeLessThan(1.1 * 1024 * 1024);
  });

  test('leaves messages out rather than hold them all, and says how many', async () => {
    const file = join(folder, 'sip.trace');
    const trace = openTrace({ file, maxMiB: 100 }, { clock: manualClock(), log });
    const large = largeOptions(10);
    for (let i = 0; i < 1_000; i += 1) trace.received(large, flow);
    await trace.stop();
    const text = readFileSync(file, 'utf8');
    expect(text.length).toBeLessThan(5 * 1024 * 1024);
    expect(Number(/\((\d+) entries left out\)/.exec(text)?.[1])).toBeGreaterThan(500);
  });

  test('that cannot begin anew ends, and nothing else does', async () => {
    const file = join(folder, 'sip.trace');
    mkdirSync(join(`${file}.1`, 'in the way'), { recursive: true });
    const clock = manualClock();
    const trace = openTrace({ file, maxMiB: 1 }, { clock, log });
    for (let i = 0; i < 300; i += 1) {
      trace.received(largeOptions(5), flow);
      clock.advance(200);
    }
    await trace.stop();
    expect(statSync(file).size).toBeLessThan(1.1 * 1024 * 1024);
  });

  test('that cannot be written ends, and nothing else does', async () => {
    const trace = openTrace(
      { file: join(folder, 'missing', 'sip.trace'), maxMiB: 1 },
      { clock: manualClock(), log },
    );
    trace.received(options, flow);
    await trace.stop();
  });

  test('of the server has what came and what went', async () => {
    const [host, file] = ['127.0.0.1', join(folder, 'sip.trace')];
    const server = await startSipServer(
      {
        listen: [{ transport: 'udp', host, port: 0 }],
        app: { host, port: 0, secret: 's' },
        logLevel: 'error',
        trace: { file, maxMiB: 1 },
      },
      { clock: systemClock, log },
    );
    const peer = await udpPeer({ host, port: server.info.endpoints[0]!.port });
    try {
      const way = { host: peer.host, port: peer.port, branch: 'z9hG4bKtraced', callId: 'traced' };
      peer.send(sipRequest({ method: 'BYE', ...way }));
      await peer.next(/^SIP\/2.0 481 /, 'the answer');
    } finally {
      await peer.stop();
      await server.stop();
    }
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/ < udp [^]*^BYE sip:[^]* > udp [^]*^SIP\/2.0 481 /m);
    expect(text).not.toContain('z9hG4bKtraced');
  });
});
