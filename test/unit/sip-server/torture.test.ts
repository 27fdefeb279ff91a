import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { createLog } from '../../../src/base/log.ts';
import { startSipServer, type SipServer } from '../../../src/sip-server/server.ts';
import { startSipApp, type SipApp } from '../../support/sip-app.ts';
import { udpPeer, type SipPeer } from '../../support/sip-peer.ts';
import { sipRequest } from '../../support/sip-text.ts';

/** What becomes of a message: a code, or the app is shown it, or nothing at all happens. */
type Verdict = number | 'app' | 'dropped';

/**
 * RFC 4475, all 49 messages of its section 3. Where the RFC leaves a choice, the last column has the reason for ours.
 */
const verdicts: readonly (readonly [section: string, name: string, verdict: Verdict, why?: string])[] = [
  ['3.1.1.1', 'wsinv', 481, 'well-formed; its To tag names a dialog that is not there'],
  ['3.1.1.2', 'intmeth', 501, 'well-formed; nobody implements this method'],
  ['3.1.1.3', 'esc01', 'app'],
  ['3.1.1.4', 'escnull', 'app'],
  ['3.1.1.5', 'esc02', 501, 'RE%47IST%45R is not REGISTER'],
  ['3.1.1.6', 'lwsdisp', 'app'],
  ['3.1.1.7', 'longreq', 'app'],
  ['3.1.1.8', 'dblreq', 'app', 'once: what follows the first message is not looked at'],
  ['3.1.1.9', 'semiuri', 'app'],
  ['3.1.1.10', 'transports', 'app'],
  ['3.1.1.11', 'mpart01', 'app'],
  ['3.1.1.12', 'unreason', 'dropped', 'a response to nothing of ours'],
  ['3.1.1.13', 'noreason', 'dropped', 'a response to nothing of ours'],
  ['3.1.2.1', 'badinv01', 400],
  ['3.1.2.2', 'clerr', 400],
  ['3.1.2.3', 'ncl', 400],
  ['3.1.2.4', 'scalar02', 400],
  ['3.1.2.5', 'scalarlg', 'dropped'],
  ['3.1.2.6', 'quotbal', 400],
  ['3.1.2.7', 'ltgtruri', 400],
  ['3.1.2.8', 'lwsruri', 400],
  ['3.1.2.9', 'lwsstart', 400],
  ['3.1.2.10', 'trws', 400],
  ['3.1.2.11', 'escruri', 400],
  ['3.1.2.12', 'baddate', 'app', 'the Date is not used for anything'],
  ['3.1.2.13', 'regbadct', 400],
  ['3.1.2.14', 'badaspec', 'app', 'what is meant is beyond doubt'],
  ['3.1.2.15', 'baddn', 400],
  ['3.1.2.16', 'badvers', 505],
  ['3.1.2.17', 'mismatch01', 400],
  ['3.1.2.18', 'mismatch02', 400, '501 would do as well'],
  ['3.1.2.19', 'bigcode', 'dropped'],
  ['3.2.1', 'badbranch', 'app', 'identified as RFC 2543 did'],
  ['3.3.1', 'insuf', 400],
  ['3.3.2', 'unkscm', 416],
  ['3.3.3', 'novelsc', 416],
  ['3.3.4', 'unksm2', 'app', 'the registrar may know the schemes'],
  ['3.3.5', 'bext01', 420],
  ['3.3.6', 'invut', 'app', 'the app knows which bodies it takes, and says 415'],
  ['3.3.7', 'regaut01', 'app', 'the app knows which credentials it takes'],
  ['3.3.8', 'multi01', 400],
  ['3.3.9', 'mcl01', 400],
  ['3.3.10', 'bcast', 'dropped', 'a response to nothing of ours'],
  ['3.3.11', 'zeromf', 'app', 'it is at its goal; 483 is for what would go on'],
  ['3.3.12', 'cparam01', 'app'],
  ['3.3.13', 'cparam02', 'app'],
  ['3.3.14', 'regescrt', 'app'],
  ['3.3.15', 'sdp01', 'app'],
  ['3.4.1', 'inv2543', 400, 'without a From tag there is no dialog that two could name'],
];

const verbs = ['invite', 'options', 'register', 'message'];
const vectors = JSON.parse(readFileSync(new URL('../../vectors/rfc4475.json', import.meta.url), 'utf8')) as {
  readonly messages: Readonly<Record<string, readonly string[]>>;
};

describe('the torture messages of RFC 4475', () => {
  let server: SipServer;
  let app: SipApp;
  let peer: SipPeer;

  // A server each: some of the messages share a branch, and would be retransmissions of each other.

  beforeEach(async () => {
    const host = '127.0.0.1';
    server = await startSipServer(
      {
        listen: [{ transport: 'udp', host, port: 0 }],
        app: { host, port: 0, secret: 's' },
        logLevel: 'error',
      },
      { clock: systemClock, log: createLog('sip-server', 'error') },
    );
    app = await startSipApp({ port: server.info.appPort, secret: 's', verbs });
    peer = await udpPeer({ host, port: server.info.endpoints[0]!.port });
  });
  afterEach(async () => {
    await peer.stop();
    await app.stop();
    await server.stop();
  });

  test('are all there', () => {
    expect(verdicts).toHaveLength(49);
    expect(verdicts.map(([, name]) => name).toSorted()).toEqual(Object.keys(vectors.messages).toSorted());
  });

  const cases = verdicts.map(([section, name, verdict]) => ({ section, name, verdict }));
  test.each(cases)('§$section $name: $verdict', async ({ section, name, verdict }) => {
    peer.send(Buffer.from(vectors.messages[name]!.join('\r\n'), 'latin1'));
    // One socket keeps the order: once this one is answered, the message before it has had its effect.
    const branch = `z9hG4bKafter${name}`;
    peer.send(sipRequest({ method: 'BYE', host: peer.host, port: peer.port, branch, callId: section }));
    await peer.next(new RegExp(`^SIP/2.0 481 [^]*${branch}`), 'the answer to what was sent next');
    const answers = peer.received
      .filter((text) => !text.includes(branch) && !text.startsWith('SIP/2.0 100 '))
      .map((text) => Number(/^SIP\/2.0 ([0-9]{3}) /.exec(text)?.[1]));
    if (verdict === 'app') {
      await expect.poll(() => app.shown.length).toBe(1);
      expect(answers).toEqual([]);
      return;
    }
    expect(answers).toEqual(verdict === 'dropped' ? [] : [verdict]);
    expect(app.shown).toEqual([]);
  });
});
