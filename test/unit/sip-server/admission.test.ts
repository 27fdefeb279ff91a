import { afterEach, describe, expect, test } from 'vitest';
import { createSourceRate } from '../../../src/sip-server/source-rate.ts';
import { manualClock } from '../../support/clock.ts';
import { startFastServer, type FastServer } from '../../support/sip-fast.ts';
import { headerOf, tcpPeer, udpPeer, type SipPeer } from '../../support/sip-peer.ts';
import { sdpOffer, sipRequest, type TextOptions } from '../../support/sip-text.ts';
import { waitUntil } from '../../support/sip-until.ts';

describe('the rate of one source', () => {
  const started = (): {
    rate: ReturnType<typeof createSourceRate>;
    clock: ReturnType<typeof manualClock>;
  } => {
    const clock = manualClock();
    return { clock, rate: createSourceRate({ clock, messagesPerSecond: 10, seed: Buffer.alloc(4) }) };
  };
  const admitted = (rate: ReturnType<typeof createSourceRate>, address: string, tries: number): number =>
    Array.from({ length: tries }, () => rate.admits(address)).filter(Boolean).length;

  test('two seconds of it at once, then as many as come back with time', () => {
    const { rate, clock } = started();
    expect(admitted(rate, '192.0.2.1', 100)).toBe(20);
    clock.advance(500);
    expect(admitted(rate, '192.0.2.1', 100)).toBe(5);
    clock.advance(3_600_000);
    expect(admitted(rate, '192.0.2.1', 100)).toBe(20);
  });

  test('one source over its rate takes nothing from another', () => {
    const { rate } = started();
    admitted(rate, '192.0.2.1', 100);
    expect(admitted(rate, '192.0.2.2', 100)).toBe(20);
  });

  test.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::1', 0],
    ['2001:db8::1', '2001:db8:0:0:1:2:3:4', 0],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', 20],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2', 20],
  ])('%s is the source of %s too: %i of its messages left', (first, second, left) => {
    const { rate } = started();
    admitted(rate, first, 100);
    expect(admitted(rate, second, 100)).toBe(left);
  });
});

describe('above what is let in', () => {
  let server: FastServer | null = null;
  let peer: SipPeer | null = null;
  let serial = 0;

  afterEach(async () => {
    await peer?.stop();
    await server?.stop();
    server = peer = null;
  });

  const text = (at: SipPeer, options: TextOptions = {}): string => {
    serial += 1;
    const [branch, callId] = [`z9hG4bKad-${serial}`, `admission-${serial}@test`];
    return sipRequest({ host: at.host, port: at.port, branch, callId, ...options });
  };

  test('datagrams over the rate are not read, and are counted; then the source is heard again', async () => {
    server = await startFastServer({ admission: { messagesPerSecond: 10 } });
    const at = (peer = await udpPeer(server));
    for (let i = 0; i < 200; i += 1) at.send(text(at, { method: 'OPTIONS' }));
    await waitUntil(() => server!.tally().received === 200, 'all to have come');
    const { overRate } = server.tally();
    expect(overRate).toBeGreaterThan(100);
    await waitUntil(() => at.count(/^SIP\/2.0 200 /) === 200 - overRate, 'those let in to be answered');
    await waitUntil(() => {
      at.send(text(at, { method: 'OPTIONS' }));
      return at.count(/^SIP\/2.0 200 /) > 200 - overRate;
    }, 'an answer once the rate allows it');
  });

  test('a connection over the rate ends', async () => {
    server = await startFastServer({ admission: { messagesPerSecond: 10 } });
    const at = await tcpPeer(server);
    peer = at;
    at.send(Array.from({ length: 60 }, () => text(at, { method: 'OPTIONS', transport: 'TCP' })).join(''));
    await waitUntil(() => at.isClosed(), 'the end of the connection');
    expect(server.tally().overRate).toBeGreaterThan(0);
    await server.idle();
  });

  test('calls over the number of unanswered ones get 503 and when to come back; nothing is kept of them', async () => {
    server = await startFastServer({ admission: { pendingInvites: 3 }, onCall: () => undefined });
    const at = (peer = await udpPeer(server));
    for (let i = 0; i < 5; i += 1) at.send(text(at, { body: sdpOffer() }));
    await waitUntil(() => at.count(/^SIP\/2.0 503 /) === 2, 'two turned away');
    const refused = at.received.find((m) => m.startsWith('SIP/2.0 503 '))!;
    expect(Number(headerOf(refused, 'Retry-After'))).toBeGreaterThanOrEqual(5);
    expect(server.tally().turnedAway).toBe(2);
    expect(server.counts()).toMatchObject({ serverTransactions: 3, pendings: 3 });
  });

  test('a source with too many transactions may end its calls, and make no new ones', async () => {
    server = await startFastServer({ admission: { transactionsPerSource: 1 } });
    const at = (peer = await udpPeer(server));
    const call = { callId: 'kept@test' };
    at.send(text(at, { ...call, body: sdpOffer() }));
    const to = headerOf(await at.next(/^SIP\/2.0 200 /, 'the call'), 'To');
    at.send(text(at, { ...call, to, method: 'ACK', cseq: '1 ACK' }));
    at.send(text(at, { body: sdpOffer() }));
    await at.next(/^SIP\/2.0 503 /, 'the second call turned away');
    at.send(text(at, { ...call, to, method: 'INFO', cseq: '2 INFO' }));
    await waitUntil(() => at.count(/^SIP\/2.0 503 /) === 2, 'the INFO turned away');
    at.send(text(at, { ...call, to, method: 'BYE', cseq: '3 BYE' }));
    await at.next(/^SIP\/2.0 200 [^]*CSeq: 3 BYE/, 'the end of the call');
    await server.idle();
  });
});
