import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRequest, readResponse } from '../../../src/sip-server/message/inbound.ts';
import { parseMessage, writeMessage, type SipRequest } from '../../../src/sip-server/message/message.ts';
import { sdpOffer, sipRequest, type TextOptions } from '../../support/sip-text.ts';

function parsed(text: string): { message: SipRequest; status: number | null; reason: string } {
  const result = parseMessage(Buffer.from(text), 'datagram');
  if (!result.ok || result.value.message.kind !== 'request') throw new Error('not a request');
  const read = readRequest(result.value.message, result.value.fault);
  return {
    message: result.value.message,
    status: read.ok ? null : read.fault.status,
    reason: read.ok ? '' : read.fault.reason,
  };
}

describe('a request as it should be', () => {
  test('is read with its fields, and written as it came', () => {
    const text = sipRequest({ body: sdpOffer() });
    const result = parseMessage(Buffer.from(text), 'datagram');
    expect(result.ok && result.value.fault).toBeNull();
    if (!result.ok) return;
    const { message } = result.value;
    expect(writeMessage(message).toString()).toBe(text);
    const read = message.kind === 'request' ? readRequest(message, null) : null;
    expect(read?.ok && read.value).toMatchObject({
      callId: 'call-1@test',
      fromTag: 'from1',
      toTag: null,
      cseq: { seq: 1, method: 'INVITE' },
      maxForwards: 70,
      contact: { uri: 'sip:alice@127.0.0.1:5060' },
    });
  });

  test.each<[string, TextOptions, (text: string) => string]>([
    ['compact names', {}, (t) => t.replace('Via:', 'v:').replace('From:', 'f:').replace('Call-ID:', 'i:')],
    ['names without case', {}, (t) => t.replace('Via:', 'vIA:').replace('CSeq:', 'CSEQ:')],
    ['a folded header', {}, (t) => t.replace('From: "Alice"', 'From:\r\n "Alice"')],
    ['blanks around colons', {}, (t) => t.replace('Call-ID: ', 'Call-ID \t:   ')],
    ['empty lines in front', {}, (t) => `\r\n\r\n${t}`],
    ['UTF-8 in a display name', { from: '"Jürgen ☎" <sip:j@example.com>;tag=x' }, (t) => t],
    ['a quoted pair in a display name', { from: '"a \\"b\\" c, d;e" <sip:j@example.com>;tag=x' }, (t) => t],
    ['a tel URI in From', { from: '<tel:+49301234;phone-context=example.com>;tag=x' }, (t) => t],
    ['a From without brackets', { from: 'sip:j@example.com;tag=x' }, (t) => t],
    ['an IPv6 URI', { uri: 'sip:meet@[2001:db8::1]:5070;transport=tcp' }, (t) => t],
    ['semicolons in the user part', { uri: 'sip:user;par=u%40example.net@127.0.0.1' }, (t) => t],
    [
      'several Vias in one header',
      {},
      (t) => t.replace(';rport', ';rport, SIP/2.0/TCP b.example.com;branch=z9hG4bKy'),
    ],
    ['bytes behind the body', { body: sdpOffer() }, (t) => `${t}INVITE sip:second@127.0.0.1 SIP/2.0\r\n`],
  ])('%s', (_, options, change) => {
    expect(parsed(change(sipRequest(options)))).toMatchObject({ status: null });
  });
});

describe('a bad request is answered with its code', () => {
  test.each<[number, string, TextOptions, (text: string) => string]>([
    [400, 'a Content-Length beyond the packet', { contentLength: '9999' }, (t) => t],
    [400, 'a negative Content-Length', { contentLength: '-1' }, (t) => t],
    [400, 'two Content-Lengths', { headers: ['Content-Length: 0'] }, (t) => t],
    [400, 'a CSeq of another method', { cseq: '1 OPTIONS' }, (t) => t],
    [400, 'a CSeq of 2**31', { cseq: '2147483648 INVITE' }, (t) => t],
    [400, 'a CSeq that is no number', { cseq: 'x INVITE' }, (t) => t],
    [400, 'no From tag', { from: '<sip:alice@example.com>' }, (t) => t],
    [400, 'an unterminated quote in To', { to: '"Mr. J. User <sip:j.user@example.com>' }, (t) => t],
    [400, 'a URI in angle brackets in the request line', { uri: '<sip:user@example.com>' }, (t) => t],
    [400, 'a blank in the Request-URI', { uri: 'sip:user@example.com; lr' }, (t) => t],
    [400, 'a Contact that is no address', { contact: '*' }, (t) => t],
    [400, 'two Contacts', { contact: '<sip:a@127.0.0.1>, <sip:b@127.0.0.1>' }, (t) => t],
    [400, 'no Call-ID', {}, (t) => t.replace(/Call-ID: .*\r\n/, '')],
    [400, 'two Call-IDs', { headers: ['Call-ID: other@test'] }, (t) => t],
    [400, 'a Call-ID that would split fields of the app protocol', { callId: 'a|b' }, (t) => t],
    [400, 'two Froms', { headers: ['From: <sip:x@example.com>;tag=y'] }, (t) => t],
    [400, 'a header without a colon', { headers: ['Nonsense'] }, (t) => t],
    [400, 'a NUL in a header', { headers: ['Subject: a\0b'] }, (t) => t],
    [400, 'a NUL behind a backslash and one without', { headers: ['Subject: "\\\0\0"'] }, (t) => t],
    [400, 'headers in the Request-URI', { uri: 'sip:meet@127.0.0.1?Subject=x' }, (t) => t],
    [400, 'a lone line feed in a header', { headers: ['Subject: a\nVia: b'] }, (t) => t],
    [400, 'a Max-Forwards of 256', { headers: [] }, (t) => t.replace('Forwards: 70', 'Forwards: 256')],
    [400, 'a Record-Route that is no address', { headers: ['Record-Route: nonsense'] }, (t) => t],
    [
      400,
      'more headers than are taken',
      { headers: Array.from({ length: 130 }, (_, i) => `X-${i}: 1`) },
      (t) => t,
    ],
    [400, 'a longer header than is taken', { headers: [`Subject: ${'x'.repeat(5_000)}`] }, (t) => t],
    [413, 'a body longer than is taken', { body: 'x'.repeat(50_000) }, (t) => t],
    [413, 'a Content-Length beyond what is taken', { contentLength: '50000' }, (t) => t],
    [414, 'a longer Request-URI than is taken', { uri: `sip:${'x'.repeat(1_100)}@example.com` }, (t) => t],
    [416, 'a Request-URI of another scheme', { uri: 'nobodyKnowsThisScheme:totallyopaquecontent' }, (t) => t],
    [416, 'a tel Request-URI', { uri: 'tel:+49301234' }, (t) => t],
    [505, 'another version', { version: '7.0' }, (t) => t],
  ])('%d: %s', (status, _, options, change) => {
    expect(parsed(change(sipRequest(options))).status).toBe(status);
  });
});

describe('what cannot be answered is refused by name', () => {
  test.each<[string, string]>([
    ['no-end-of-headers', 'INVITE sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n'],
    ['start-line', 'GET / HTTP/1.1\r\n\r\n'],
    ['start-line', 'INVITE\r\n\r\n'],
    ['start-line', 'SIP/2.0 4294967301 better not break the receiver\r\n\r\n'],
    ['empty', '\r\n\r\n'],
    ['too-large', `OPTIONS sip:x@y SIP/2.0\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`],
  ])('%s', (reason, text) => {
    expect(parseMessage(Buffer.from(text), 'datagram')).toEqual({ ok: false, reason });
  });

  test('a request without a Via that parses has nobody to answer', () => {
    const result = parseMessage(
      Buffer.from(sipRequest().replace(/Via: .*\r\n/, 'Via: nonsense\r\n')),
      'datagram',
    );
    if (!result.ok || result.value.message.kind !== 'request') throw new Error('not a request');
    expect(readRequest(result.value.message, null)).toMatchObject({ ok: false, via: null });
  });

  test('a response with anything wrong is dropped', () => {
    const text = sipRequest().replace(/^.*\r\n/, 'SIP/2.0 200 OK\r\n');
    const good = parseMessage(Buffer.from(text), 'datagram');
    expect(good.ok && good.value.message.kind === 'response' && readResponse(good.value.message).ok).toBe(
      true,
    );
    const bad = parseMessage(Buffer.from(text.replace('Max-Forwards: 70', 'nonsense')), 'datagram');
    expect(bad).toEqual({ ok: false, reason: 'response-malformed' });
  });
});

describe('whatever the bytes', () => {
  const handle = (bytes: Buffer): void => {
    for (const framing of ['datagram', 'stream', 'frame'] as const) {
      const result = parseMessage(bytes, framing);
      if (!result.ok) continue;
      const { message, fault } = result.value;
      if (message.kind === 'request') readRequest(message, fault);
      else readResponse(message);
      const again = parseMessage(writeMessage(message), 'stream');
      // What was read without a fault is written so that it reads the same.
      if (fault === null) expect(again.ok && again.value.fault).toBeNull();
    }
  };

  test('no input throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => handle(Buffer.from(bytes))));
  });

  test('no change to a good message throws', () => {
    const good = Buffer.from(
      sipRequest({ body: sdpOffer(), headers: ['Route: <sip:p@127.0.0.1;lr>', 'Require: 100rel'] }),
    );
    const change = fc.record({
      at: fc.nat(good.length - 1),
      cut: fc.nat(20),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 12 }),
        fc
          .constantFrom('\r\n', '<', '>', '"', ';', ',', '\\', ' ', '@', '[', '%', '\0')
          .map((c) => Buffer.from(c)),
      ),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        let bytes = good;
        for (const { at, cut, insert } of changes) {
          const where = Math.min(at, bytes.length);
          bytes = Buffer.concat([bytes.subarray(0, where), insert, bytes.subarray(where + cut)]);
        }
        handle(bytes);
      }),
      { numRuns: 2_000 },
    );
  });

  test('hostile repetition is read in linear time', () => {
    const long = 'a'.repeat(2_000);
    for (const value of [
      `"${'\\"'.repeat(900)}`,
      'a '.repeat(1_000),
      `<${long}`,
      ';a=b'.repeat(400),
      ','.repeat(1_900),
    ]) {
      const text = sipRequest({ from: value, headers: [`Contact: ${value}`, `Route: ${value}`] });
      const start = performance.now();
      for (let i = 0; i < 20; i += 1) parsed(text);
      expect(performance.now() - start).toBeLessThan(400);
    }
  });
});
