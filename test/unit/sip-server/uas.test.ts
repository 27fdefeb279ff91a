import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startFastServer, type FastServer } from '../../support/sip-fast.ts';
import { headerOf, tagIn, tcpPeer, udpPeer, type SipPeer } from '../../support/sip-peer.ts';
import { answerCall, type SeenCall } from '../../support/sip-server.ts';
import { sdpOffer, sipRequest, type TextOptions } from '../../support/sip-text.ts';
import { waitUntil } from '../../support/sip-until.ts';

let server: FastServer;
let peer: SipPeer;
let onCall: (seen: SeenCall) => void;

beforeEach(async () => {
  onCall = (seen) => void answerCall(seen);
  server = await startFastServer({ onCall: (seen) => onCall(seen) });
  peer = await udpPeer(server);
});

afterEach(async () => {
  await peer.stop();
  await server.stop();
});

let serial = 0;
const fresh = (): string => `call-${(serial += 1)}@test`;
const branch = (): string => `z9hG4bK-${(serial += 1)}`;

function text(options: TextOptions): string {
  return sipRequest({ host: peer.host, port: peer.port, branch: branch(), ...options });
}

/** What is needed to send more in a call that has been answered. */
interface Answered {
  readonly callId: string;
  readonly to: string;
  readonly ok: string;
}

async function establish(options: TextOptions = {}): Promise<Answered> {
  const callId = fresh();
  peer.send(text({ callId, body: sdpOffer(), ...options }));
  const ok = await peer.next(new RegExp(`^SIP/2.0 200 [^]*${callId}[^]*CSeq: 1 INVITE`), '200 to the INVITE');
  const to = headerOf(ok, 'To');
  peer.send(text({ method: 'ACK', callId, to, cseq: '1 ACK' }));
  await waitUntil(() => server.calls.at(-1)?.dialog != null, 'the dialog');
  return { callId, to, ok };
}

async function hangUp({ callId, to }: Answered, cseq = 9): Promise<void> {
  peer.send(text({ method: 'BYE', callId, to, cseq: `${cseq} BYE` }));
  await peer.next(new RegExp(`^SIP/2.0 200 [^]*${callId}[^]*CSeq: ${cseq} BYE`), '200 to the BYE');
}

describe('a call', () => {
  test('100, 200, ACK, BYE: and nothing is left', async () => {
    const call = await establish();
    expect(peer.count(/^SIP\/2.0 100 /)).toBe(1);
    expect(headerOf(call.ok, 'Contact')).toBe(`<sip:127.0.0.1:${server.port}>`);
    expect(headerOf(call.ok, 'Via')).toContain(`rport=${peer.port};received=127.0.0.1`);
    await hangUp(call);
    expect(server.calls[0]!.ends).toEqual([{ by: 'caller', reason: 'hangup' }]);
    await server.idle();
  });

  test('a retransmitted INVITE gets the same 100 and makes no second call; the 200 repeats until the ACK', async () => {
    const callId = fresh();
    const invite = text({ callId, body: sdpOffer() });
    for (let i = 0; i < 3; i += 1) peer.send(invite);
    await waitUntil(() => peer.count(/^SIP\/2.0 200 [^]*INVITE/) >= 3, '200 repeated');
    const ok = await peer.next(/^SIP\/2.0 200 /, '200');
    expect(server.calls).toHaveLength(1);
    const to = headerOf(ok, 'To');
    const ack = text({ method: 'ACK', callId, to, cseq: '1 ACK' });
    peer.send(ack);
    peer.send(ack);
    const bye = text({ method: 'BYE', callId, to, cseq: '2 BYE' });
    for (let i = 0; i < 3; i += 1) peer.send(bye);
    await waitUntil(() => peer.count(/^SIP\/2.0 200 [^]*BYE/) === 3, 'each BYE answered');
    const repeats = peer.count(/^SIP\/2.0 200 [^]*INVITE/);
    await server.idle();
    expect(peer.count(/^SIP\/2.0 200 [^]*INVITE/)).toBe(repeats);
    expect(server.calls[0]!.ends).toHaveLength(1);
  });

  test('no ACK: after 64*T1 a BYE says why, and the app is told', async () => {
    peer.send(text({ callId: fresh(), body: sdpOffer() }));
    const bye = await peer.next(/^BYE /, 'BYE');
    expect(headerOf(bye, 'Reason')).toContain('ACK timeout');
    peer.send(bye.replace(/^.*\r\n/, 'SIP/2.0 200 OK\r\n'));
    await waitUntil(() => server.calls[0]!.ends.length === 1, 'the end reported');
    expect(server.calls[0]!.ends).toEqual([{ by: 'network', reason: 'ack-timeout' }]);
    await server.idle();
  });

  test('we hang up before the ACK: the BYE waits for it', async () => {
    const callId = fresh();
    peer.send(text({ callId, body: sdpOffer() }));
    const ok = await peer.next(/^SIP\/2.0 200 /, '200');
    await waitUntil(() => server.calls[0]?.dialog != null, 'the dialog');
    server.calls[0]!.dialog!.end({ cause: 16, text: 'over' });
    await waitUntil(() => peer.count(/^SIP\/2.0 200 /) > 2, 'the 200 again');
    expect(peer.count(/^BYE /)).toBe(0);
    peer.send(text({ method: 'ACK', callId, to: headerOf(ok, 'To'), cseq: '1 ACK' }));
    const bye = await peer.next(/^BYE /, 'BYE');
    expect(headerOf(bye, 'Reason')).toBe('Q.850;cause=16;text="over"');
    peer.send(bye.replace(/^.*\r\n/, 'SIP/2.0 200 OK\r\n'));
    await server.idle();
  });

  test('we hang up and our BYE is never answered: it is repeated, then forgotten', async () => {
    await establish();
    server.calls[0]!.dialog!.end({ cause: 16, text: 'over' });
    await waitUntil(() => peer.count(/^BYE /) >= 5, 'the BYE repeated');
    await server.idle();
  });

  test('over TCP, in one packet and byte by byte', async () => {
    const tcp = await tcpPeer(server);
    const via = {
      transport: 'TCP',
      host: tcp.host,
      port: tcp.port,
      contact: `<sip:a@127.0.0.1:${tcp.port};transport=tcp>`,
    };
    const callId = fresh();
    for (const byte of Buffer.from(sipRequest({ ...via, callId, branch: branch(), body: sdpOffer() })))
      tcp.send(Buffer.of(byte));
    const ok = await tcp.next(/^SIP\/2.0 200 /, '200');
    expect(headerOf(ok, 'Contact')).toContain(';transport=tcp');
    const to = headerOf(ok, 'To');
    const ack = sipRequest({ ...via, method: 'ACK', callId, to, cseq: '1 ACK', branch: branch() });
    const bye = sipRequest({ ...via, method: 'BYE', callId, to, cseq: '2 BYE', branch: branch() });
    tcp.send(ack + bye);
    await tcp.next(/^SIP\/2.0 200 [^]*BYE/, '200 to the BYE');
    await tcp.stop();
    await server.idle();
  });
});

describe('CANCEL', () => {
  test('before the answer: 200 to it, 487 to the INVITE, and the app is told', async () => {
    onCall = () => undefined;
    const callId = fresh();
    const id = branch();
    peer.send(text({ callId, body: sdpOffer(), branch: id }));
    await waitUntil(() => server.calls.length === 1, 'the call');
    peer.send(text({ method: 'CANCEL', callId, cseq: '1 CANCEL', branch: id, contact: null }));
    const ok = await peer.next(/^SIP\/2.0 200 [^]*CANCEL/, '200 to the CANCEL');
    const terminated = await peer.next(/^SIP\/2.0 487 [^]*INVITE/, '487 to the INVITE');
    expect(tagIn(headerOf(ok, 'To'))).toBe(tagIn(headerOf(terminated, 'To')));
    await waitUntil(() => server.calls[0]!.call.cancelled.aborted, 'the app told');
    await answerCall(server.calls[0]!);
    expect(server.calls[0]!.answerError).toBe('the caller gave up');
    peer.send(text({ method: 'ACK', callId, to: headerOf(terminated, 'To'), cseq: '1 ACK', branch: id }));
    await server.idle();
  });

  test('the 487 is repeated until its ACK, and no longer than 64*T1', async () => {
    onCall = () => undefined;
    const callId = fresh();
    const id = branch();
    peer.send(text({ callId, body: sdpOffer(), branch: id }));
    await waitUntil(() => server.calls.length === 1, 'the call');
    peer.send(text({ method: 'CANCEL', callId, cseq: '1 CANCEL', branch: id, contact: null }));
    await waitUntil(() => peer.count(/^SIP\/2.0 487 /) >= 4, '487 repeated');
    await server.idle();
  });

  test('crossing the 200 has no effect: the call stands until its BYE', async () => {
    const id = branch();
    const callId = fresh();
    peer.send(text({ callId, body: sdpOffer(), branch: id }));
    const ok = await peer.next(/^SIP\/2.0 200 [^]*INVITE/, '200');
    peer.send(text({ method: 'CANCEL', callId, cseq: '1 CANCEL', branch: id, contact: null }));
    await peer.next(/^SIP\/2.0 200 [^]*CANCEL/, '200 to the CANCEL');
    const to = headerOf(ok, 'To');
    peer.send(text({ method: 'ACK', callId, to, cseq: '1 ACK' }));
    await hangUp({ callId, to, ok });
    expect(peer.count(/^SIP\/2.0 487 /)).toBe(0);
    expect(server.calls[0]!.ends).toEqual([{ by: 'caller', reason: 'hangup' }]);
    await server.idle();
  });

  test('of nothing: 481', async () => {
    peer.send(text({ method: 'CANCEL', callId: fresh(), cseq: '1 CANCEL', contact: null }));
    await peer.next(/^SIP\/2.0 481 /, '481');
    await server.idle();
  });
});

describe('in a dialog', () => {
  const changed = (lines: readonly string[] = []): TextOptions => ({ body: sdpOffer(lines) });

  test('re-INVITE: hold in every form, and back', async () => {
    const call = await establish();
    const forms: [string, readonly string[], string, { receives: boolean; sends: boolean }][] = [
      ['sendonly', ['m=audio 4000 RTP/AVP 0', 'a=sendonly'], 'a=recvonly', { receives: false, sends: true }],
      ['inactive', ['m=audio 4000 RTP/AVP 0', 'a=inactive'], 'a=inactive', { receives: false, sends: false }],
      [
        '0.0.0.0',
        ['m=audio 4000 RTP/AVP 0', 'c=IN IP4 0.0.0.0'],
        'a=sendrecv',
        { receives: false, sends: true },
      ],
      ['back', ['m=audio 4002 RTP/AVP 0'], 'a=sendrecv', { receives: true, sends: true }],
    ];
    let cseq = 1;
    for (const [, lines, expected, media] of forms) {
      cseq += 1;
      peer.send(text({ ...changed(lines), callId: call.callId, to: call.to, cseq: `${cseq} INVITE` }));
      const ok = await peer.next(new RegExp(`^SIP/2.0 200 [^]*CSeq: ${cseq} INVITE`), '200 to the re-INVITE');
      expect(ok).toContain(expected);
      peer.send(text({ method: 'ACK', callId: call.callId, to: call.to, cseq: `${cseq} ACK` }));
      await waitUntil(() => server.calls[0]!.media.length === cseq - 1, 'the change reported');
      expect(server.calls[0]!.media.at(-1)).toMatchObject(media);
    }
    expect(server.calls[0]!.media.at(-1)!.remote.port).toBe(4_002);
    await hangUp(call, 20);
    await server.idle();
  });

  test('re-INVITE with a codec that we do not have: 488 with a Warning, the call goes on', async () => {
    const call = await establish();
    peer.send(
      text({ ...changed(['m=audio 4000 RTP/AVP 18']), callId: call.callId, to: call.to, cseq: '2 INVITE' }),
    );
    const no = await peer.next(/^SIP\/2.0 488 /, '488');
    expect(headerOf(no, 'Warning')).toContain('305 latchkey "Incompatible media format');
    const id = /branch=([^;]+)/.exec(headerOf(no, 'Via'))![1]!;
    peer.send(text({ method: 'ACK', callId: call.callId, to: call.to, cseq: '2 ACK', branch: id }));
    await hangUp(call);
    await server.idle();
  });

  test('another identity within the dialog is told, the same one is not', async () => {
    const call = await establish();
    const ask = (cseq: number, from: string): void =>
      peer.send(text({ method: 'UPDATE', ...call, from, cseq: `${cseq} UPDATE` }));
    ask(2, '"Alice at home" <sip:alice@example.com>;tag=from1');
    await peer.next(/^SIP\/2.0 200 [^]*CSeq: 2 UPDATE/, '200 to UPDATE');
    expect(server.calls[0]!.peers).toEqual([]);
    // RFC 4916: an UPDATE may name who is connected now; the tag stays.
    ask(3, '<sip:mallory@example.com>;tag=from1');
    await peer.next(/^SIP\/2.0 200 [^]*CSeq: 3 UPDATE/, '200 to UPDATE');
    expect(server.calls[0]!.peers).toMatchObject([{ from: { user: 'mallory' } }]);
    await hangUp(call);
    await server.idle();
  });

  test('UPDATE with and without a body, OPTIONS, INFO with a digit, INFO with anything else', async () => {
    const call = await establish();
    const send = (method: string, cseq: number, more: TextOptions = {}): void =>
      peer.send(text({ method, callId: call.callId, to: call.to, cseq: `${cseq} ${method}`, ...more }));
    send('UPDATE', 2);
    await peer.next(/^SIP\/2.0 200 [^]*CSeq: 2 UPDATE/, '200 to UPDATE');
    send('UPDATE', 3, changed(['m=audio 4008 RTP/AVP 0']));
    expect(await peer.next(/^SIP\/2.0 200 [^]*CSeq: 3 UPDATE/, '200 to UPDATE')).toContain('m=audio 4000');
    send('OPTIONS', 4);
    await peer.next(/^SIP\/2.0 200 [^]*CSeq: 4 OPTIONS/, '200 to OPTIONS');
    const relay = text({
      method: 'INFO',
      callId: call.callId,
      to: call.to,
      cseq: '5 INFO',
      body: 'Signal=5\r\nDuration=160\r\n',
    });
    peer.send(relay.replace('application/sdp', 'application/dtmf-relay'));
    await peer.next(/^SIP\/2.0 200 [^]*CSeq: 5 INFO/, '200 to INFO');
    send('INFO', 6, { body: 'x' });
    await peer.next(/^SIP\/2.0 415 [^]*CSeq: 6 INFO/, '415 to INFO');
    expect(server.calls[0]!.digits).toBe('5');
    expect(server.calls[0]!.media).toMatchObject([{ remote: { port: 4_008 } }]);
    await hangUp(call, 7);
    await server.idle();
  });

  test('another remote tag, another local tag, an older CSeq: 481, 481, 500', async () => {
    const call = await establish();
    const bye = (options: TextOptions): void =>
      peer.send(text({ method: 'BYE', callId: call.callId, to: call.to, cseq: '5 BYE', ...options }));
    bye({ from: '<sip:alice@example.com>;tag=other' });
    await waitUntil(() => peer.count(/^SIP\/2.0 481 /) === 1, '481 for the From tag');
    bye({ to: call.to.replace(/tag=.*/, 'tag=other') });
    await waitUntil(() => peer.count(/^SIP\/2.0 481 /) === 2, '481 for the To tag');
    bye({ cseq: '1 BYE' });
    await peer.next(/^SIP\/2.0 500 /, '500 for the CSeq');
    expect(server.calls[0]!.ends).toEqual([]);
    await hangUp(call);
    await server.idle();
  });

  test('a late offer: ours stands in the 200, the answer in the ACK starts the audio', async () => {
    const callId = fresh();
    peer.send(text({ callId }));
    const ok = await peer.next(/^SIP\/2.0 200 /, '200');
    expect(ok).toContain('m=audio 4000 RTP/AVP 9 96 0 8 101 102');
    expect(server.calls[0]!.call.offer.receives).toBe(false);
    const to = headerOf(ok, 'To');
    peer.send(text({ method: 'ACK', callId, to, cseq: '1 ACK', body: sdpOffer(['m=audio 4100 RTP/AVP 8']) }));
    await waitUntil(() => server.calls[0]!.media.length === 1, 'the answer');
    expect(server.calls[0]!.media[0]).toMatchObject({
      codec: { name: 'PCMA' },
      remote: { port: 4_100 },
      receives: true,
    });
    await hangUp({ callId, to, ok });
    await server.idle();
  });

  test('a late offer that is never answered ends with a BYE', async () => {
    const callId = fresh();
    peer.send(text({ callId }));
    const ok = await peer.next(/^SIP\/2.0 200 /, '200');
    peer.send(text({ method: 'ACK', callId, to: headerOf(ok, 'To'), cseq: '1 ACK' }));
    const bye = await peer.next(/^BYE /, 'BYE');
    expect(headerOf(bye, 'Reason')).toContain('answer not usable');
    peer.send(bye.replace(/^.*\r\n/, 'SIP/2.0 200 OK\r\n'));
    await server.idle();
  });

  test('an overlapping re-INVITE gets 500 with Retry-After, BYE in the midst of one ends it with 487', async () => {
    // The gateway answers at once, so the app here is one that does not: a call still ringing.
    onCall = () => undefined;
    const callId = fresh();
    const id = branch();
    peer.send(text({ callId, body: sdpOffer(), branch: id }));
    await waitUntil(() => server.calls.length === 1, 'the call');
    peer.send(text({ callId, body: sdpOffer(), cseq: '1 INVITE' }));
    await peer.next(/^SIP\/2.0 482 /, '482: the same request by another path');
    server.calls[0]!.call.reject(486, 'Busy Here', { 'Retry-After': '5' });
    const busy = await peer.next(/^SIP\/2.0 486 /, '486');
    expect(headerOf(busy, 'Retry-After')).toBe('5');
    peer.send(text({ method: 'ACK', callId, to: headerOf(busy, 'To'), cseq: '1 ACK', branch: id }));
    await server.idle();
  });
});

describe('what is refused', () => {
  test.each<[number, string, TextOptions]>([
    [481, 'BYE of no dialog', { method: 'BYE', to: '<sip:x@127.0.0.1>;tag=nothing' }],
    [481, 'BYE without a To tag', { method: 'BYE' }],
    [481, 'INVITE with an unknown To tag', { to: '<sip:x@127.0.0.1>;tag=nothing' }],
    [481, 'UPDATE of no dialog', { method: 'UPDATE' }],
    [481, 'PRACK of no dialog', { method: 'PRACK', headers: ['RAck: 1 1 INVITE'] }],
    [400, 'INVITE without a Contact', { contact: null }],
    [405, 'a method that no app wants', { method: 'MESSAGE' }],
    [405, 'REGISTER: this is no registrar', { method: 'REGISTER' }],
    [420, 'an extension that we do not have', { headers: ['Require: nothingSupportsThis'] }],
    [501, 'a method that nobody knows', { method: 'NEWMETHOD' }],
    [488, 'video only', { body: sdpOffer(['m=video 4000 RTP/AVP 31']) }],
    [488, 'SRTP, which is not there', { body: sdpOffer(['m=audio 4000 RTP/SAVP 0']) }],
    [488, 'an SDP that is none', { body: 'hello' }],
    [200, 'OPTIONS is answered', { method: 'OPTIONS', contact: null }],
  ])('%d: %s', async (status, _, options) => {
    const callId = fresh();
    const id = branch();
    peer.send(text({ callId, branch: id, ...options }));
    const answer = await peer.next(new RegExp(`^SIP/2.0 ${status} [^]*${callId}`), String(status));
    if (status === 405) expect(headerOf(answer, 'Allow')).toContain('INVITE');
    if (status === 420) {
      expect(headerOf(answer, 'Unsupported')).toBe('nothingsupportsthis');
      expect(headerOf(answer, 'Reason')).toBe('Q.850;cause=127;text="Bad Extension"');
    }
    // Only where a call is refused: nothing ends in a dialog that is not there (RFC 6432).
    if (status === 481) expect(answer).not.toContain('Reason:');
    if (status === 488) {
      expect(headerOf(answer, 'Warning')).not.toBe('');
      expect(headerOf(answer, 'Reason')).toContain('Q.850;cause=65');
      peer.send(text({ method: 'ACK', callId, to: headerOf(answer, 'To'), cseq: '1 ACK', branch: id }));
    }
    expect(tagIn(headerOf(answer, 'To'))).not.toBe('');
    await server.idle();
  });

  test('a broken message on TCP is answered, and the connection ends', async () => {
    const tcp = await tcpPeer(server);
    tcp.send(sipRequest({ transport: 'TCP', contentLength: 'x' }));
    await tcp.next(/^SIP\/2.0 400 /, '400');
    await waitUntil(() => tcp.isClosed(), 'the connection to end');
    await server.idle();
  });

  test('junk is not answered and leaves nothing', async () => {
    for (const junk of ['', '\r\n\r\n', '\0\0\0\0', 'GET / HTTP/1.1\r\n\r\n', 'x'.repeat(60_000)])
      peer.send(junk);
    peer.send(text({ method: 'ACK' }));
    peer.send(text({ method: 'OPTIONS', contact: null }).replace(/Via: .*\r\n/, ''));
    peer.send(text({}).replace(/^.*\r\n/, 'SIP/2.0 200 OK\r\n'));
    peer.send(text({ method: 'OPTIONS', callId: 'after-the-junk', contact: null }));
    await peer.next(/after-the-junk/, 'the answer to the one good request');
    expect(peer.received).toHaveLength(1);
    expect(server.calls).toHaveLength(0);
    await server.idle();
  });
});

test('without an app: 503 to everything', async () => {
  const bare = await startFastServer({ app: false });
  const lonely = await udpPeer(bare);
  try {
    for (const method of ['INVITE', 'OPTIONS', 'MESSAGE']) {
      lonely.send(sipRequest({ method, host: lonely.host, port: lonely.port, branch: branch() }));
      await lonely.next(new RegExp(`^SIP/2.0 503 [^]*${method}`), `503 to ${method}`);
    }
    await bare.idle();
  } finally {
    await lonely.stop();
    await bare.stop();
  }
});
