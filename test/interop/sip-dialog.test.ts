import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ok } from '../../src/base/result.ts';
import { createCallVerifier } from '../../src/sip/stir/verify-call.ts';
import {
  startSipServerProcess,
  startTestGateway,
  type SeenCall,
  type SipServerProcess,
  type TestGateway,
} from '../support/sip-server.ts';
import { waitUntil } from '../support/sip-until.ts';
import {
  callerNumber,
  receive,
  respond,
  send,
  sippScenario,
  sippSdp,
  trying,
} from '../support/sipp-steps.ts';
import { destination, identityHeader, rootAuthority } from '../support/stir-signer.ts';
import { runSipp } from '../support/sipp.ts';

const srtpKey = Buffer.alloc(30, 'key').toString('base64');

describe('dialogs with sipp', () => {
  let server: SipServerProcess;
  let gateway: TestGateway;
  const logged: string[] = [];
  const root = rootAuthority('Root');
  const signer = root.issue({ name: 'SHAKEN 709J' });

  beforeAll(async () => {
    server = await startSipServerProcess();
    gateway = await startTestGateway(server, undefined, {
      sessionTimer: { expiresSeconds: 4, minSeconds: 2 },
      log: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
      verifier: createCallVerifier({
        anchors: [root.certificate],
        certificates: { get: () => Promise.resolve(ok(signer.pem)) },
        ownNumbers: [destination],
      }),
    });
  });
  afterAll(async () => {
    await gateway.stop();
    await server.stop();
  });

  /** One call through the steps; what the gateway saw of it, once it is over. */
  async function call(...steps: readonly string[]): Promise<SeenCall> {
    const before = gateway.calls.length;
    const result = await runSipp({ target: server.target, scenario: sippScenario(...steps) });
    expect(result.exitCode, result.output).toBe(0);
    // Messages, repeats, time-outs, and what came instead: sipp goes on where that is an ACK too many.
    const received = [...result.output.matchAll(/<-+ +([0-9]+) +([0-9]+) +([0-9]+) +([0-9]+)/g)];
    expect(received.filter(([, , , , unexpected]) => unexpected !== '0')).toEqual([]);
    await waitUntil(() => gateway.calls[before]?.ends.length === 1, 'the end of the call');
    return gateway.calls[before]!;
  }

  const audio = (port: number, ...more: readonly string[]) => [
    `m=audio ${port} RTP/AVP 0 8 101`,
    'a=rtpmap:101 telephone-event/8000',
    `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${srtpKey}`,
    ...more,
  ];
  const begin = (sdp: readonly string[] | undefined, ...has: readonly string[]) => [
    send({ method: 'INVITE', cseq: 1, first: true, ...(sdp === undefined ? {} : { sdp }) }),
    trying,
    receive(200, ...has),
  ];
  const ack = (cseq: number, sdp?: readonly string[]): string =>
    send({ method: 'ACK', cseq, ...(sdp === undefined ? {} : { sdp }) });
  const bye = (cseq: number): string[] => [send({ method: 'BYE', cseq }), receive(200)];
  const hangup = { by: 'caller', reason: 'hangup' };

  test('hold and resume, in the forms of RFC 3264 and of RFC 2543', async () => {
    const reinvite = (cseq: number, sdp: readonly string[], ...has: readonly string[]): string[] => [
      ...[send({ method: 'INVITE', cseq, sdp }), trying, receive(200, ...has), ack(cseq)],
    ];
    const seen = await call(
      ...begin(sippSdp(1, ...audio(4_000)), 'a=sendrecv', 'o=latchkey [0-9]+ 1 '),
      ack(1),
      ...reinvite(2, sippSdp(2, ...audio(4_000, 'a=sendonly')), 'a=recvonly', 'o=latchkey [0-9]+ 2 '),
      ...reinvite(3, sippSdp(3, ...audio(4_000, 'a=inactive')), 'a=inactive'),
      ...reinvite(4, sippSdp(4, ...audio(4_000, 'c=IN IP4 0.0.0.0')), 'a=sendrecv'),
      ...reinvite(5, sippSdp(5, ...audio(4_000)), 'a=sendrecv'),
      ...bye(6),
    );
    expect(seen.media.map(({ receives, sends }) => [receives, sends])).toEqual([
      [false, true],
      [false, false],
      [false, true],
      [true, true],
    ]);
    expect(seen.ends).toEqual([hangup]);
  });

  test('late offer: ours in the 200, the answer in the ACK; later a re-INVITE without a body as well', async () => {
    const seen = await call(
      ...begin(undefined, 'm=audio [0-9]+ RTP/AVP [0-9 ]*0 8 101', 'a=sendrecv'),
      ack(1, sippSdp(1, 'm=audio 4000 RTP/AVP 8')),
      send({ method: 'INVITE', cseq: 2 }),
      trying,
      receive(200, 'm=audio [0-9]+ RTP/AVP [0-9 ]*0 8 101'),
      ack(2, sippSdp(2, 'm=audio 4100 RTP/AVP 0')),
      // Answered behind the ACK: a BYE would overtake it on its way through drachtio-srf.
      send({ method: 'UPDATE', cseq: 3 }),
      receive(200),
      ...bye(4),
    );
    expect(seen.call.offer).toMatchObject({ receives: false });
    expect(seen.media.map(({ codec, remote }) => [codec.name, remote.port])).toEqual([
      ['PCMA', 4_000],
      ['PCMU', 4_100],
    ]);
    expect(seen.ends).toEqual([hangup]);
  });

  test('UPDATE: another codec and address, a refusal with its Warning, and one that only refreshes', async () => {
    const update = (cseq: number, sdp: readonly string[] | undefined, status: number, ...has: string[]) => [
      send({ method: 'UPDATE', cseq, ...(sdp === undefined ? {} : { sdp }) }),
      receive(status, ...has),
    ];
    const seen = await call(
      ...begin(sippSdp(1, ...audio(4_000))),
      ack(1),
      ...update(2, sippSdp(2, 'm=audio 4200 RTP/AVP 8'), 200, 'm=audio [0-9]+ RTP/AVP 8'),
      ...update(3, sippSdp(3, 'm=audio 4200 RTP/AVP 18'), 488, 'Warning: 305 latchkey'),
      ...update(4, undefined, 200, 'Session-Expires: 4;refresher=uas'),
      ...bye(5),
    );
    expect(seen.media.map(({ codec, remote }) => [codec.name, remote.port])).toEqual([['PCMA', 4_200]]);
    expect(seen.ends).toEqual([hangup]);
  });

  test('session timer: 422, our UPDATE at half the time, and a BYE where the peer should have refreshed', async () => {
    const timed = (cseq: number, expires: string, sdp: readonly string[]): string =>
      send({
        ...{ method: 'INVITE', cseq, first: true, sdp },
        headers: ['Supported: timer', 'Allow: INVITE, ACK, BYE, UPDATE', `Session-Expires: ${expires}`],
      });
    const sdp = sippSdp(1, ...audio(4_000));
    const seen = await call(
      timed(1, '1', sdp),
      trying,
      receive(422, 'Min-SE: 2'),
      send({ method: 'ACK', cseq: 1, first: true, ofRefusal: true }),
      timed(2, '4;refresher=uas', sdp),
      trying,
      receive(200, 'Session-Expires: 4;refresher=uas'),
      ack(2),
      receive('UPDATE', 'Session-Expires: 4;refresher=uac', 'Min-SE: 2'),
      respond({ headers: ['Supported: timer', 'Session-Expires: 2;refresher=uas'] }),
      receive('BYE', 'Reason: Q.850;cause=102'),
      respond(),
    );
    expect(seen.ends).toEqual([{ by: 'network', reason: 'session-expired' }]);
  });

  test('session timer without UPDATE: our re-INVITE repeats our description, and asks for more after 422', async () => {
    const offer = sippSdp(1, ...audio(4_000));
    const seen = await call(
      send({
        ...{ method: 'INVITE', cseq: 1, first: true, sdp: offer },
        headers: ['Supported: timer', 'Session-Expires: 4;refresher=uas'],
      }),
      trying,
      receive(200, 'o=latchkey [0-9]+ 1 '),
      ack(1),
      receive(
        'INVITE',
        'Session-Expires: 4;refresher=uac',
        'o=latchkey [0-9]+ 1 ',
        'm=audio [0-9]+ RTP/AVP 0 101',
      ),
      respond({ status: '422 Session Interval Too Small', headers: ['Min-SE: 5'] }),
      receive('ACK'),
      receive('INVITE', 'Session-Expires: 5;refresher=uac', 'o=latchkey [0-9]+ 1 '),
      respond({ sdp: offer }),
      receive('ACK'),
      ...bye(2),
    );
    expect(seen.media).toEqual([]);
    expect(seen.ends).toEqual([hangup]);
  });

  test('a signed identity is verified beside the call; a stale one has failed', async () => {
    const signed = (ageSeconds: number): string =>
      `Identity: ${identityHeader(signer.key, { claims: { iat: Math.floor(Date.now() / 1_000) - ageSeconds, attest: 'B' } })}`;
    for (const [age, verification] of [
      [0, 'B'],
      [120, 'failed'],
    ] as const) {
      const seen = await call(
        send({
          ...{ method: 'INVITE', cseq: 1, first: true, sdp: sippSdp(1, ...audio(4_000)) },
          headers: [signed(age)],
        }),
        trying,
        receive(200),
        ack(1),
        ...bye(2),
      );
      expect(await seen.call.verification).toBe(verification);
    }
  });

  test('and no log line names a caller, a dialog or a key', () => {
    expect(logged.length).toBeGreaterThan(8);
    const text = logged.join('');
    // sipp writes its own number, process and address into Call-IDs; tags are those of the requests above.
    for (const secret of [callerNumber, srtpKey, 'inline', 'tag', '@127.0.0.1', 'eyJ'])
      expect(text).not.toContain(secret);
  });
});
