import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AudioOffer, CallFailed, Dialog, OutgoingCall, SipEnd } from '../../src/sip/gateway.ts';
import type { OutgoingSettings } from '../../src/sip/outgoing.ts';
import { freePort } from '../support/baresip.ts';
import { startSipServerProcess, startTestGateway, type SipServerProcess } from '../support/sip-server.ts';
import { waitUntil } from '../support/sip-until.ts';
import {
  answerInvite,
  answerLast,
  calleeRequest,
  calleeScenario,
  endedByCaller,
  invited,
} from '../support/sipp-callee.ts';
import { receive, sippSdp } from '../support/sipp-steps.ts';
import { startSipp } from '../support/sipp.ts';

/** Calls that we make, to sipp as the callee or the carrier before it: everything that an INVITE can come to. */
let server: SipServerProcess;
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outgoing-'));
  server = await startSipServerProcess();
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Placed {
  readonly call: OutgoingCall;
  readonly told: string[];
  readonly ends: SipEnd[];
  readonly media: AudioOffer[];
  /** Of `invite`. */
  readonly outcome: Promise<Dialog | string>;
  /** What sipp has logged. */
  logged(): string;
  /** All that sipp logged, once every step of it has happened. */
  finish(): Promise<string>;
}

const account = { user: 'bridge', password: 'of the carrier', allowMd5: false };

async function place(steps: readonly string[], over: Partial<OutgoingSettings> = {}): Promise<Placed> {
  const port = await freePort();
  const logFile = join(folder, `${port}.log`);
  const transport = over.target?.includes('tcp') === true ? 'tcp' : 'udp';
  const sipp = startSipp({
    ...{ scenario: calleeScenario(...steps), port, transport, timeoutMs: 30_000 },
    extra: ['-trace_logs', '-log_file', logFile],
  });
  await listening(transport, port);
  const gateway = await startTestGateway(server, undefined, {
    outgoing: {
      ...{ trunk: 'this-machine', account: null, callerNumber: '+4930555000', callerName: 'Bridge' },
      ...{ assertIdentity: false, plus: true, ringMs: 20_000, ...over },
      target: `sip:127.0.0.1:${port};transport=${transport}`,
    },
  });
  const logged = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
  const told: string[] = [];
  const ends: SipEnd[] = [];
  const media: AudioOffer[] = [];
  const call = gateway.gateway.place({ number: '+4930123456' })!;
  const outcome = call
    .invite(
      { address: '127.0.0.1', port: 4_000 },
      {
        onRinging: () => void told.push('ringing'),
        onEnded: (end) => void ends.push(end),
        onPeerChanged: () => void told.push('another peer'),
        onMediaChanged: (offer) => void media.push(offer),
        onInfoDigit: (digit) => void told.push(`digit ${digit}`),
      },
    )
    .catch((error: unknown) => (error as CallFailed).failure);
  return {
    ...{ call, told, ends, media, outcome, logged },
    async finish() {
      const result = await sipp.result;
      await gateway.stop();
      expect(result.exitCode, result.output).toBe(0);
      // Messages, repeats, time-outs, and what came instead.
      const received = [...result.output.matchAll(/<-+ .*?([0-9]+) +([0-9]+) +([0-9]+) +([0-9]+) *$/gm)];
      expect(received.filter(([, , , , unexpected]) => unexpected !== '0')).toEqual([]);
      return logged();
    },
  };
}

/** sipp does not say when it is there; the kernel does. */
function listening(transport: 'udp' | 'tcp', port: number): Promise<void> {
  const socket = ` 0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 `;
  return waitUntil(() => readFileSync(`/proc/net/${transport}`, 'latin1').includes(socket), 'sipp');
}

const answerSdp = sippSdp(1, 'm=audio 6000 RTP/AVP 0 101', 'a=rtpmap:101 telephone-event/8000');
const ringing = answerInvite('180 Ringing');
const answered = [answerInvite('200 OK', { sdp: answerSdp }), receive('ACK')];
const refused = (status: string, ...headers: readonly string[]): readonly string[] => [
  answerInvite(status, { headers }),
  receive('ACK'),
];

async function dialogOf(placed: Placed): Promise<Dialog> {
  const outcome = await placed.outcome;
  if (typeof outcome === 'string') throw new Error(`the call came to: ${outcome}`);
  return outcome;
}

describe.concurrent('a call that is not answered', () => {
  test.each([
    ['486 Busy Here', 'busy'],
    ['600 Busy Everywhere', 'busy'],
    ['603 Decline', 'declined'],
    ['408 Request Timeout', 'no-answer'],
    ['480 Temporarily Unavailable', 'no-answer'],
    ['404 Not Found', 'unreachable'],
    ['503 Service Unavailable', 'failed'],
  ])('%s is: %s', async (status, failure) => {
    const placed = await place([invited(), ringing, ...refused(status)]);
    expect(await placed.outcome).toBe(failure);
    await placed.finish();
    expect(placed.told).toEqual(['ringing']);
  });

  test('a 302 is not followed: where calls go is for the operator to say', async () => {
    const contact = 'Contact: <sip:+882161234567@127.0.0.1:9>';
    const placed = await place([invited(), ...refused('302 Moved Temporarily', contact)]);
    expect(await placed.outcome).toBe('failed');
    await placed.finish();
  });

  test('nobody answers in time: CANCEL, and the 487 is acknowledged', async () => {
    const placed = await place(
      [invited(), ringing, receive('CANCEL'), answerLast(), ...refused('487 Request Terminated')],
      { ringMs: 700 },
    );
    expect(await placed.outcome).toBe('no-answer');
    await placed.finish();
  });

  test('the host takes it back while it rings', async () => {
    const placed = await place([
      ...[invited(), ringing, receive('CANCEL'), answerLast()],
      ...refused('487 Request Terminated'),
    ]);
    await waitUntil(() => placed.told.includes('ringing'), 'ringing');
    placed.call.cancel();
    expect(await placed.outcome).toBe('cancelled');
    await placed.finish();
  });

  test('an answer that has crossed our CANCEL is acknowledged and ended', async () => {
    const placed = await place([
      ...[invited(), ringing, receive('CANCEL'), answerInvite('200 OK', { sdp: answerSdp }), receive('ACK')],
      ...endedByCaller('Reason: (Q.850|SIP) ?;cause='),
    ]);
    await waitUntil(() => placed.told.includes('ringing'), 'ringing');
    placed.call.cancel();
    expect(await placed.outcome).toBe('cancelled');
    await placed.finish();
    expect(placed.media).toEqual([]);
  });
});

describe.concurrent('credentials', () => {
  const challenge = (algorithm: string): string =>
    `Digest realm="carrier", nonce="n-1", qop="auth", algorithm=${algorithm}`;

  /** RFC 7616 §3.4, anew: the test trusts no code of ours. */
  function expectRight(header: string, nodeName: string): void {
    const value = (name: string): string =>
      new RegExp(`[ ,]${name}="?([^",]+)`).exec(header)?.[1] ?? `no ${name}`;
    const hash = (text: string): string => createHash(nodeName).update(text).digest('hex');
    const shared = [value('nonce'), value('nc'), value('cnonce'), value('qop')].join(':');
    const expected = hash(
      `${hash(`bridge:carrier:${account.password}`)}:${shared}:${hash(`INVITE:${value('uri')}`)}`,
    );
    expect(value('response')).toBe(expected);
    expect(value('username')).toBe('bridge');
    expect(value('uri')).toMatch(/^sip:\+4930123456@127\.0\.0\.1:/);
  }

  test.each([
    ['401 Unauthorized', 'WWW-Authenticate', 'Authorization', 'SHA-256', 'sha256'],
    [
      '407 Proxy Authentication Required',
      'Proxy-Authenticate',
      'Proxy-Authorization',
      'SHA-512-256',
      'sha512-256',
    ],
  ])('%s is answered once, by %s', async (status, asks, keep, algorithm, nodeName) => {
    const placed = await place(
      [
        ...[invited(), ...refused(status, `${asks}: ${challenge(algorithm)}`)],
        ...[invited({ keep }), ringing, ...answered, ...endedByCaller()],
      ],
      { account },
    );
    const dialog = await dialogOf(placed);
    dialog.end({ cause: 16, text: 'test over' });
    expectRight(await placed.finish(), nodeName);
  });

  test('a second challenge is the end: the password is wrong', async () => {
    const asked = refused('401 Unauthorized', `WWW-Authenticate: ${challenge('SHA-256')}`);
    const placed = await place([invited(), ...asked, invited(), ...asked], { account });
    expect(await placed.outcome).toBe('failed');
    await placed.finish();
  });

  test('MD5 alone is not answered, unless it is allowed', async () => {
    const asked = refused('401 Unauthorized', `WWW-Authenticate: ${challenge('MD5')}`);
    const shy = await place([invited(), ...asked], { account });
    expect(await shy.outcome).toBe('failed');
    await shy.finish();
    const allowed = await place(
      [invited(), ...asked, invited({ keep: 'Authorization' }), ...refused('486 Busy Here')],
      { account: { ...account, allowMd5: true } },
    );
    expect(await allowed.outcome).toBe('busy');
    expectRight(await allowed.finish(), 'md5');
  });

  test('without an account a challenge is a refusal', async () => {
    const placed = await place([
      invited(),
      ...refused('401 Unauthorized', `WWW-Authenticate: ${challenge('SHA-256')}`),
    ]);
    expect(await placed.outcome).toBe('failed');
    await placed.finish();
  });
});

describe.concurrent('a call that is answered', () => {
  test('422: the longer interval, in a second INVITE of the same call', async () => {
    const placed = await place([
      ...[
        invited({ has: ['Session-Expires: 1800'] }),
        ...refused('422 Session Interval Too Small', 'Min-SE: 3600'),
      ],
      ...[invited({ has: ['Session-Expires: 3600'] }), ringing, ...answered, ...endedByCaller()],
    ]);
    const dialog = await dialogOf(placed);
    dialog.end({ cause: 16, text: 'test over' });
    await placed.finish();
  });

  test('early media is no answer: nothing is agreed on before the 200', async () => {
    const placed = await place([
      ...[invited(), answerInvite('183 Session Progress', { sdp: answerSdp })],
      ...[receive('CANCEL'), answerLast(), ...refused('487 Request Terminated')],
    ]);
    await waitUntil(() => placed.told.includes('ringing'), 'the 183');
    expect(placed.media).toEqual([]);
    placed.call.cancel();
    expect(await placed.outcome).toBe('cancelled');
    await placed.finish();
    expect(placed.media).toEqual([]);
  });

  test('two branches of a fork answer: the first is the call, the second is acknowledged and ended', async () => {
    const placed = await place([
      ...[
        invited(),
        answerInvite('180 Ringing', { tag: 'first' }),
        answerInvite('180 Ringing', { tag: 'second' }),
      ],
      ...[answerInvite('200 OK', { tag: 'first', sdp: answerSdp }), receive('ACK', 'tag=first')],
      ...[answerInvite('200 OK', { tag: 'second', sdp: answerSdp }), receive('ACK', 'tag=second')],
      ...endedByCaller('tag=second'),
      ...endedByCaller('tag=first'),
    ]);
    const dialog = await dialogOf(placed);
    await waitUntil(() => placed.told.filter((what) => what === 'ringing').length === 2, 'both ring');
    await waitUntil(() => placed.logged().includes('ended'), 'the BYE to the second');
    dialog.end({ cause: 16, text: 'test over' });
    await placed.finish();
    expect(placed.media).toHaveLength(1);
  });

  test('the callee holds it, presses a key by INFO and hangs up, over TCP', async () => {
    const held = sippSdp(2, 'm=audio 6000 RTP/AVP 0 101', 'a=sendonly');
    const placed = await place(
      [
        ...[invited(), ringing, ...answered],
        ...calleeRequest('INVITE', 1, { sdp: held, has: ['a=recvonly'] }),
        calleeRequest('ACK', 1)[0]!,
        ...calleeRequest('INFO', 2, { type: 'application/dtmf-relay', body: ['Signal=1', 'Duration=160'] }),
        ...calleeRequest('BYE', 3),
      ],
      { target: 'tcp' },
    );
    await dialogOf(placed);
    await placed.finish();
    expect(placed.media.map(({ codec, receives }) => [codec.name, receives])).toEqual([
      ['PCMU', true],
      ['PCMU', false],
    ]);
    expect(placed.told).toEqual(['ringing', 'digit 1']);
    expect(placed.ends).toEqual([{ by: 'caller', reason: 'hangup' }]);
  });

  test('an answer in which nothing fits is acknowledged and ended', async () => {
    const nothing = sippSdp(1, 'm=audio 6000 RTP/AVP 18');
    const placed = await place([
      ...[invited(), answerInvite('200 OK', { sdp: nothing }), receive('ACK')],
      ...endedByCaller('cause=65'),
    ]);
    expect(await placed.outcome).toBe('no-media');
    await placed.finish();
  });
});
