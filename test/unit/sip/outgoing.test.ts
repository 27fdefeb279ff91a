import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../../src/base/log.ts';
import { legCapability } from '../../../src/media/capability.ts';
import type { CallFailed } from '../../../src/sip/gateway.ts';
import { failureOf, placeCall, type OutgoingSettings } from '../../../src/sip/outgoing.ts';
import type { CreateUac, SrfClient, SrfDialog, SrfSentRequest } from '../../../src/sip/srf.ts';
import { createDoor } from '../../../src/sip/trunk/door.ts';
import { planTrunks } from '../../../src/sip/trunk/trunk.ts';
import { manualClock } from '../../support/clock.ts';

const settings: OutgoingSettings = {
  trunk: 'carrier',
  target: 'sip:192.0.2.1:5060;transport=tcp',
  account: { user: 'bridge', password: 'secret', allowMd5: false },
  callerNumber: '+4930555000',
  callerName: 'Meeting bridge',
  assertIdentity: true,
  plus: true,
  ringMs: 30_000,
};

interface Attempt {
  readonly uri: string;
  readonly options: CreateUac;
  readonly cancels: number;
  provisional(status: number): void;
  refuse(status: number, headers?: Readonly<Record<string, string>>): void;
  answer(sdp: string): { readonly byes: () => number };
}

const message = (headers: Readonly<Record<string, string>>, body = '') => ({
  body,
  get: (name: string) => headers[name],
});

/** A SIP server that answers as the test says, and a call that is placed by it. */
function stage(over: Partial<OutgoingSettings> = {}) {
  const clock = manualClock();
  const log = createLog('test', 'silent');
  const attempts: Attempt[] = [];
  const srf = {
    createUAC(...[uri, options, on, done]: Parameters<SrfClient['createUAC']>) {
      const attempt = { uri, options, cancels: 0 } as { -readonly [K in keyof Attempt]: Attempt[K] };
      const { 'Call-ID': callId = 'call', CSeq: sequence = '7 INVITE' } = options.headers;
      const sent = {
        ...message({ From: `${options.headers['From']};tag=ours`, 'Call-ID': callId, CSeq: sequence }),
        cancel: () => (attempt.cancels += 1),
      };
      attempt.provisional = (status) => on.cbProvisional({ status, ...message({}) } as never);
      attempt.refuse = (status, headers = {}) => done({ status, res: { status, ...message(headers) } });
      attempt.answer = (sdp) => {
        let byes = 0;
        const dialog = {
          sip: { callId, localTag: 'ours', remoteTag: 'theirs' },
          res: { status: 200, source_address: '192.0.2.1', ...message({}, sdp) },
          on: () => undefined,
          destroy: () => (byes += 1),
        };
        done(null, dialog as unknown as SrfDialog);
        return { byes: () => byes };
      };
      attempts.push(attempt);
      on.cbRequest(null, sent as unknown as SrfSentRequest);
    },
  } as unknown as SrfClient;
  const plan = planTrunks({
    trunks: [{ name: 'carrier', sources: ['192.0.2.0/24'], maxCalls: 1 }],
    sip: { unknownSource: 'forbid', drachtio: null },
  });
  const door = createDoor({
    ...{ plan, realms: new Map(), hasMeeting: () => false, clock, log, random: randomBytes },
  });
  const sessionTimer = { expiresSeconds: 1_800, minSeconds: 90 };
  const context = { log, clock, random: randomBytes, capability: legCapability, sessionTimer, srf, door };
  const place = () =>
    placeCall({ ...context, live: new Set() }, { ...settings, ...over }, { number: '+4930123456' });
  const call = place()!;
  const told: string[] = [];
  const invited = call
    .invite(
      { address: '127.0.0.1', port: 4_000 },
      {
        onRinging: () => told.push('ringing'),
        onEnded: ({ reason }) => told.push(`ended ${reason}`),
        onPeerChanged: () => told.push('peer'),
        onMediaChanged: ({ codec, receives }) => told.push(`media ${codec.name} ${receives}`),
        onInfoDigit: () => undefined,
      },
    )
    .catch((error: unknown) => error as CallFailed);
  return { clock, attempts, call, invited, told, place };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};
const answerSdp = ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0']
  .concat(['m=audio 6000 RTP/AVP 0 101', 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:101 telephone-event/8000', ''])
  .join('\r\n');

describe('an outgoing call', () => {
  it('goes to the trunk’s next hop with who calls, and brings the callee’s media', async () => {
    const { attempts, invited, told } = stage();
    const [attempt] = attempts;
    expect(attempt!.uri).toBe('sip:+4930123456@192.0.2.1:5060;transport=tcp');
    expect(attempt!.options.proxy).toBe(settings.target);
    expect(attempt!.options.headers).toMatchObject({
      From: '"Meeting bridge" <sip:+4930555000@192.0.2.1:5060>',
      'P-Asserted-Identity': '<sip:+4930555000@192.0.2.1:5060>',
      'Session-Expires': '1800;refresher=uac',
      'Min-SE': '90',
    });
    expect(attempt!.options.localSdp).toMatch(/^m=audio 4000 RTP\/AVP/m);
    attempt!.provisional(183);
    attempt!.provisional(180);
    const { byes } = attempt!.answer(answerSdp);
    expect(await invited).toHaveProperty('end');
    expect(told).toEqual(['ringing', 'ringing', 'media PCMU true']);
    // Another fork's 2xx: the call that is there stays, that one is ended.
    const fork = attempt!.answer(answerSdp);
    expect([byes(), fork.byes()]).toEqual([0, 1]);
  });

  it('proves itself once, with the same Call-ID and the next number, and gives up at a second challenge', async () => {
    const { attempts, invited } = stage();
    const challenge = { 'Proxy-Authenticate': 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256' };
    attempts[0]!.refuse(407, challenge);
    await turns();
    const { headers } = attempts[1]!.options;
    expect(headers['Proxy-Authorization']).toMatch(/^Digest username="bridge".*algorithm=SHA-256/);
    expect(headers).toMatchObject({ 'Call-ID': 'call', CSeq: '8 INVITE' });
    expect(headers['From']).toMatch(/;tag=ours$/);
    attempts[1]!.refuse(407, challenge);
    expect(await invited).toMatchObject({ failure: 'failed' });
    expect(attempts).toHaveLength(2);
  });

  it('asks again with the interval that a 422 names', async () => {
    const { attempts, invited } = stage();
    attempts[0]!.refuse(422, { 'Min-SE': '3600' });
    await turns();
    expect(attempts[1]!.options.headers['Session-Expires']).toBe('3600;refresher=uac');
    attempts[1]!.refuse(486);
    expect(await invited).toMatchObject({ failure: 'busy' });
  });

  it('is cancelled when nobody answers in time, and ends the answer that has crossed the CANCEL', async () => {
    const { attempts, invited, clock, told } = stage();
    clock.advance(29_999);
    expect(attempts[0]!.cancels).toBe(0);
    clock.advance(1);
    expect(attempts[0]!.cancels).toBe(1);
    const { byes } = attempts[0]!.answer(answerSdp);
    expect(await invited).toMatchObject({ failure: 'no-answer' });
    expect(byes()).toBe(1);
    expect(told).toEqual([]);
  });

  it('is cancelled when it is not wanted any more, also where no end of it comes', async () => {
    const { attempts, invited, clock, call } = stage();
    call.cancel();
    call.cancel();
    expect(attempts[0]!.cancels).toBe(1);
    clock.advance(36_000);
    expect(await invited).toMatchObject({ failure: 'cancelled' });
  });

  it('is ended where the answer cannot be used', async () => {
    const { attempts, invited } = stage();
    const { byes } = attempts[0]!.answer(answerSdp.replace('PCMU', 'XYZ').replaceAll(' 0 101', ' 77'));
    expect(await invited).toMatchObject({ failure: 'no-media' });
    expect(byes()).toBe(1);
  });

  it('takes a place of its trunk, which is free again when it failed', async () => {
    const { attempts, invited, place } = stage();
    expect(place()).toBeNull();
    attempts[0]!.refuse(603);
    expect(await invited).toMatchObject({ failure: 'declined' });
    expect(place()).not.toBeNull();
  });

  it('has no identity and no plus sign where the carrier wants none', () => {
    const { attempts } = stage({ assertIdentity: false, plus: false, callerName: '' });
    expect(attempts[0]!.uri).toBe('sip:4930123456@192.0.2.1:5060;transport=tcp');
    expect(attempts[0]!.options.headers).not.toHaveProperty('P-Asserted-Identity');
    expect(attempts[0]!.options.headers['From']).toBe('<sip:+4930555000@192.0.2.1:5060>');
  });
});

it.each([
  [486, 'busy'],
  [600, 'busy'],
  [603, 'declined'],
  [480, 'no-answer'],
  [404, 'unreachable'],
  [503, 'failed'],
] as const)('a %i is: %s', (status, failure) => expect(failureOf(status)).toBe(failure));
