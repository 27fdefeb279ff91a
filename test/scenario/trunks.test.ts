import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trunkRealms } from '../../src/sip/trunk/realms.ts';
import {
  answeredSources,
  planTrunks,
  type PlanSettings,
  type TrunkSettings,
} from '../../src/sip/trunk/trunk.ts';
import { udpPeer } from '../support/sip-peer.ts';
import {
  startSipServerProcess,
  startTestGateway,
  type SipServerProcess,
  type TestGateway,
} from '../support/sip-server.ts';
import { sdpOffer, sipRequest } from '../support/sip-text.ts';
import { waitUntil } from '../support/sip-until.ts';
import { runSipp } from '../support/sipp.ts';

/** Each trunk has an address of its own on loopback. */
const trunks: TrunkSettings[] = [
  { name: 'small', sources: ['127.0.1.1'], maxCalls: 1, whenFull: 486 },
  {
    name: 'carrier',
    sources: ['127.0.1.2'],
    trusted: true,
    callerId: ['pai', 'from'],
    numbers: { countryCode: '49' },
    called: [
      { number: '+4930123', to: 'meeting:first' },
      { number: '+4930*', to: 'ivr' },
    ],
  },
  {
    name: 'phones',
    sources: ['127.0.1.3'],
    digest: {
      users: [{ name: 'office', passwordFile: 'unread' }],
      algorithms: ['MD5', 'SHA-256'],
      allowMd5: true,
    },
  },
];

async function stage(unknownSource: 'forbid' | 'drop') {
  const settings: PlanSettings = { trunks, sip: { unknownSource, drachtio: null } };
  const plan = planTrunks(settings);
  const answered = answeredSources(plan);
  const server = await startSipServerProcess(
    '127.0.0.1',
    answered === null ? {} : { answeredSources: answered },
  );
  const realms = trunkRealms(trunks, () => 'open sesame');
  const door = { plan, realms, hasMeeting: (name: string) => name === 'first' };
  const gateway = await startTestGateway(server, undefined, { door });
  return { server, gateway };
}

/** One INVITE; with credentials where it is challenged, and the final answer that is expected. */
function scenario(options: { final: number; challenged?: boolean; user?: string; headers?: string }): string {
  const { final, user = 'meet', headers = '' } = options;
  const invite = (sequence: number, authorization = ''): string => `<send retrans="500"><![CDATA[
INVITE sip:${user}@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "Ann" <sip:03011111@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:${user}@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: ${sequence} INVITE
Contact: <sip:ann@[local_ip]:[local_port]>
Max-Forwards: 70
${headers}${authorization}Content-Type: application/sdp
Content-Length: [len]

v=0
o=ann 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 6000 RTP/AVP 8 0
]]></send><recv response="100" optional="true"/>`;
  const inDialog = (method: string, sequence: number, branch: string): string => `<send><![CDATA[
${method} sip:${user}@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=${branch}
From: "Ann" <sip:03011111@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:${user}@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: ${sequence} ${method}
Max-Forwards: 70
Content-Length: 0

]]></send>`;
  const challenge =
    options.challenged === true
      ? invite(1) + '<recv response="401" auth="true"/>' + inDialog('ACK', 1, '[branch-3]')
      : '';
  const last = options.challenged === true ? 2 : 1;
  const authorization = last === 2 ? '[authentication username=office password="open sesame"]\n' : '';
  const end =
    final === 200
      ? `${inDialog('ACK', last, '[branch]')}<pause milliseconds="100"/>${inDialog('BYE', last + 1, '[branch]')}<recv response="200"/>`
      : inDialog('ACK', last, '[branch-3]');
  return `<?xml version="1.0" encoding="ISO-8859-1"?><scenario name="trunk">${challenge}${invite(last, authorization)}<recv response="${final}"/>${end}</scenario>`;
}

describe('calls by trunks', () => {
  let server: SipServerProcess;
  let gateway: TestGateway;
  beforeAll(async () => ({ server, gateway } = await stage('forbid')));
  afterAll(async () => {
    await gateway.stop();
    await server.stop();
  });
  const call = (host: string, options: Parameters<typeof scenario>[0], password = 'open sesame') =>
    runSipp({
      target: server.target,
      host,
      scenario: scenario(options).replace('open sesame', password),
      timeoutMs: 8_000,
      // What is signed is the Request-URI; sipp leaves its user part out unless it is told.
      extra: ['-auth_uri', `${options.user ?? 'meet'}@${server.target}`],
    });

  it('a phone is challenged, answers, and is in; a wrong password is 403', async () => {
    const right = await call('127.0.1.3', { challenged: true, final: 200 });
    expect(right.exitCode, right.output).toBe(0);
    expect(gateway.calls.at(-1)!.call).toMatchObject({ trunk: 'phones', destination: { kind: 'ivr' } });
    const before = gateway.calls.length;
    const wrong = await call('127.0.1.3', { challenged: true, final: 403 }, 'guess');
    expect(wrong.exitCode, wrong.output).toBe(0);
    expect(gateway.calls).toHaveLength(before);
    expect(gateway.gateway.door.trunks.find(({ name }) => name === 'phones')).toMatchObject({
      accepted: 1,
      refused: { 'credentials-missing': 2, 'credentials-wrong': 1 },
    });
  });

  it('a carrier’s call goes to the meeting of its number, labelled by what the carrier asserts', async () => {
    const headers = 'P-Asserted-Identity: <tel:+49-30-22222>\n';
    const result = await call('127.0.1.2', { user: '030123', headers, final: 200 });
    expect(result.exitCode, result.output).toBe(0);
    expect(gateway.calls.at(-1)!.call).toMatchObject({
      trunk: 'carrier',
      from: { user: '+493022222' },
      destination: { kind: 'meeting', name: 'first' },
    });
    const elsewhere = await call('127.0.1.2', { user: '040123', final: 404 });
    expect(elsewhere.exitCode, elsewhere.output).toBe(0);
  });

  it('a second call above the cap is 486, and the place is free again after the first', async () => {
    const peer = await udpPeer({ host: '127.0.0.1', port: server.port }, '127.0.1.1');
    const invite = { host: peer.host, port: peer.port, body: sdpOffer() };
    peer.send(sipRequest({ ...invite, callId: 'first', branch: 'z9hG4bK1' }));
    const ok = await peer.next(/^SIP\/2.0 200/, 'the first call answered');
    peer.send(sipRequest({ ...invite, callId: 'second', branch: 'z9hG4bK2' }));
    const busy = await peer.next(/^SIP\/2.0 486/, 'the second call refused');
    expect(busy).toMatch(/^Reason: Q\.850;cause=17/im);
    const to = /^To: (.*)\r$/im.exec(ok)![1]!;
    const ended = gateway.calls.at(-1)!;
    for (const [method, branch] of [
      ['ACK', 'z9hG4bK3'],
      ['BYE', 'z9hG4bK4'],
    ] as const) {
      const cseq = `${method === 'ACK' ? 1 : 2} ${method}`;
      peer.send(
        sipRequest({ ...invite, body: '', method, branch, callId: 'first', to, cseq, contact: null }),
      );
    }
    await waitUntil(() => ended.ends.length === 1, 'the first call ended');
    peer.send(sipRequest({ ...invite, callId: 'third', branch: 'z9hG4bK5' }));
    await peer.next(/^SIP\/2.0 200[\s\S]*Call-ID: third/, 'the third call answered');
    gateway.calls.at(-1)!.dialog?.end({ cause: 16, text: 'over' });
    await peer.stop();
  });

  it('a stranger is 403, and OPTIONS of a stranger too', async () => {
    const before = gateway.gateway.door.unknownSource;
    const result = await call('127.0.1.9', { final: 403 });
    expect(result.exitCode, result.output).toBe(0);
    const stranger = await udpPeer({ host: '127.0.0.1', port: server.port }, '127.0.1.9');
    stranger.send(sipRequest({ method: 'OPTIONS', host: stranger.host, port: stranger.port, contact: null }));
    await stranger.next(/^SIP\/2.0 403/, '403 for OPTIONS');
    await stranger.stop();
    const known = await udpPeer({ host: '127.0.0.1', port: server.port }, '127.0.1.1');
    known.send(sipRequest({ method: 'OPTIONS', host: known.host, port: known.port, contact: null }));
    await known.next(/^SIP\/2.0 200/, '200 for OPTIONS');
    await known.stop();
    expect(gateway.gateway.door.unknownSource - before).toBe(2);
  });
});

describe('silence to strangers', () => {
  let server: SipServerProcess;
  let gateway: TestGateway;
  beforeAll(async () => ({ server, gateway } = await stage('drop')));
  afterAll(async () => {
    await gateway.stop();
    await server.stop();
  });

  it('nothing comes back, be it a call, OPTIONS, a broken request or one of a dialog that is not there', async () => {
    const stranger = await udpPeer({ host: '127.0.0.1', port: server.port }, '127.0.1.9');
    const from = { host: stranger.host, port: stranger.port };
    stranger.send(sipRequest({ ...from, body: sdpOffer(), branch: 'z9hG4bK1' }));
    stranger.send(sipRequest({ ...from, method: 'OPTIONS', contact: null, branch: 'z9hG4bK2' }));
    stranger.send(sipRequest({ ...from, method: 'BYE', to: '<sip:a@b>;tag=x', branch: 'z9hG4bK3' }));
    stranger.send(sipRequest({ ...from, cseq: 'nonsense', branch: 'z9hG4bK4' }));
    // A known source that comes after all of it is answered: what was dropped is not merely late.
    const known = await udpPeer({ host: '127.0.0.1', port: server.port }, '127.0.1.1');
    known.send(sipRequest({ method: 'OPTIONS', host: known.host, port: known.port, contact: null }));
    await known.next(/^SIP\/2.0 200/, '200 for OPTIONS');
    expect(stranger.received).toEqual([]);
    expect(gateway.calls).toEqual([]);
    await known.stop();
    await stranger.stop();
  });
});
