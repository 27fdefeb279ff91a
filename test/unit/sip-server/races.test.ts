import { describe, expect, test } from 'vitest';
import { startSipApp, type ShownMessage, type SipApp } from '../../support/sip-app.ts';
import { startFastServer, type FastServer } from '../../support/sip-fast.ts';
import { headerOf, udpPeer, type SipPeer } from '../../support/sip-peer.ts';
import { sdpOffer, sipRequest, type TextOptions } from '../../support/sip-text.ts';
import { waitUntil } from '../../support/sip-until.ts';

/** Both ends of the server are the test's: a peer of raw messages, and an app that answers when it is told to. */
interface Race {
  readonly server: FastServer;
  readonly peer: SipPeer;
  readonly app: SipApp;
  readonly newCallId: () => string;
  readonly text: (options: TextOptions) => string;
  /** What the app is shown, the first such message behind `after`. */
  readonly shown: (first: RegExp, after?: number) => Promise<ShownMessage>;
  /** The peer's answer to a request of the server's. */
  readonly reply: (request: string, status: string, tag?: string, headers?: readonly string[]) => void;
  /** An answered call of the peer's. */
  readonly incoming: () => Promise<Call>;
  /** A call of the app's that nobody has answered: its INVITE as the peer has it. */
  readonly outgoing: () => Promise<{ transactionId: string; invite: string }>;
  readonly byeOfPeer: (call: Call, cseq: number) => Promise<void>;
  readonly byeOfApp: (dialogId: string) => Promise<void>;
}

interface Call {
  readonly callId: string;
  readonly to: string;
  readonly dialogId: string;
}

async function openRace(): Promise<Race> {
  const server = await startFastServer({ app: false });
  const app = await startSipApp({
    port: server.server.info.appPort,
    secret: 's',
    verbs: ['invite', 'options'],
  });
  const peer = await udpPeer(server);
  let serial = 0;
  const next = (): number => (serial += 1);
  const newCallId = (): string => `race-${next()}@test`;
  const text = (options: TextOptions): string =>
    sipRequest({ host: peer.host, port: peer.port, branch: `z9hG4bKrace-${next()}`, ...options });
  const shown = async (first: RegExp, after = 0): Promise<ShownMessage> => {
    await waitUntil(() => app.shown.slice(after).some((m) => first.test(m.text)), `the app shown ${first}`);
    return app.shown.slice(after).find((m) => first.test(m.text))!;
  };
  const reply = (request: string, status: string, tag = 'peer', headers: readonly string[] = []): void => {
    const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${headerOf(request, name)}`);
    const to = headerOf(request, 'To');
    const lines = [`SIP/2.0 ${status}`, ...copied, `To: ${to.includes('tag=') ? to : `${to};tag=${tag}`}`];
    lines.push(`Contact: <sip:peer@${peer.host}:${peer.port}>`, ...headers, 'Content-Length: 0', '', '');
    peer.send(lines.join('\r\n'));
  };
  return {
    ...{ server, peer, app, newCallId, text, shown, reply },
    async incoming() {
      const callId = newCallId();
      peer.send(text({ callId, body: sdpOffer() }));
      app.answer((await shown(/^INVITE /)).transactionId, '200 OK', { body: sdpOffer() });
      const to = headerOf(await peer.next(/^SIP\/2.0 200 /, 'the call'), 'To');
      peer.send(text({ method: 'ACK', callId, to, cseq: '1 ACK' }));
      return { callId, to, dialogId: (await shown(/^ACK /)).dialogId };
    },
    async outgoing() {
      const uri = `sip:peer@${peer.host}:${peer.port}`;
      const transactionId = await app.request('INVITE', { uri }, { body: sdpOffer() });
      return { transactionId, invite: await peer.next(/^INVITE /, 'the INVITE') };
    },
    async byeOfPeer({ callId, to }, cseq) {
      const before = app.shown.length;
      peer.send(text({ method: 'BYE', callId, to, cseq: `${cseq} BYE` }));
      app.answer((await shown(/^BYE /, before)).transactionId, '200 OK');
      await peer.next(new RegExp(`^SIP/2.0 200 [^]*CSeq: ${cseq} BYE`), '200 to the BYE');
    },
    async byeOfApp(dialogId) {
      await app.request('BYE', { dialogId });
      reply(await peer.next(/^BYE /, 'the BYE'), '200 OK');
    },
  };
}

/** However a race ends, the server holds no dialog, transaction or timer of it. They mostly wait, so they run together. */
function race(name: string, play: (on: Race) => Promise<void>): void {
  test.concurrent(name, async () => {
    const on = await openRace();
    try {
      await play(on);
      await on.server.idle();
    } finally {
      await on.app.stop();
      await on.peer.stop();
      await on.server.stop();
    }
  });
}

describe('re-INVITEs', () => {
  race(
    'that cross: theirs gets 491, ours too, and the call goes on',
    async ({ peer, app, text, shown, reply, incoming, byeOfPeer }) => {
      const call = await incoming();
      await app.request('INVITE', { dialogId: call.dialogId }, { body: sdpOffer() });
      const ours = await peer.next(/^INVITE /, 'our re-INVITE');
      const theirs = text({ ...call, cseq: '2 INVITE', body: sdpOffer(), branch: 'z9hG4bKtheirs' });
      peer.send(theirs);
      const pending = await peer.next(/^SIP\/2.0 491 /, '491');
      peer.send(
        text({ ...call, to: headerOf(pending, 'To'), method: 'ACK', cseq: '2 ACK', branch: 'z9hG4bKtheirs' }),
      );
      reply(ours, '491 Request Pending');
      await peer.next(/^ACK /, 'the ACK to their 491');
      await shown(/^SIP\/2.0 491 /);
      await byeOfPeer(call, 3);
    },
  );

  race(
    'that overlap: the second gets 500 with Retry-After, the first its answer',
    async ({ peer, app, text, shown, incoming, byeOfPeer }) => {
      const call = await incoming();
      const before = app.shown.length;
      peer.send(text({ ...call, cseq: '2 INVITE', body: sdpOffer() }));
      const first = await shown(/^INVITE /, before);
      peer.send(text({ ...call, cseq: '3 INVITE', body: sdpOffer() }));
      const second = await peer.next(/^SIP\/2.0 500 /, '500');
      expect(Number(headerOf(second, 'Retry-After'))).toBeLessThanOrEqual(10);
      app.answer(first.transactionId, '200 OK', { body: sdpOffer() });
      await peer.next(/^SIP\/2.0 200 [^]*CSeq: 2 INVITE/, '200 to the first');
      peer.send(text({ ...call, method: 'ACK', cseq: '2 ACK' }));
      await byeOfPeer(call, 4);
      expect(app.shown.filter((m) => m.text.startsWith('INVITE '))).toHaveLength(2);
    },
  );

  race(
    'of the peer and then its BYE: 487 to the one, 200 to the other',
    async ({ peer, app, text, shown, incoming, byeOfPeer }) => {
      const call = await incoming();
      const before = app.shown.length;
      peer.send(text({ ...call, cseq: '2 INVITE', body: sdpOffer(), branch: 'z9hG4bKheld' }));
      await shown(/^INVITE /, before);
      await byeOfPeer(call, 3);
      const ended = await peer.next(/^SIP\/2.0 487 [^]*CSeq: 2 INVITE/, '487');
      peer.send(
        text({ ...call, to: headerOf(ended, 'To'), method: 'ACK', cseq: '2 ACK', branch: 'z9hG4bKheld' }),
      );
    },
  );

  race(
    'of ours, crossed by a BYE: the BYE counts',
    async ({ peer, app, shown, reply, incoming, byeOfPeer }) => {
      const call = await incoming();
      await app.request('INVITE', { dialogId: call.dialogId }, { body: sdpOffer() });
      const ours = await peer.next(/^INVITE /, 'our re-INVITE');
      await byeOfPeer(call, 2);
      reply(ours, '481 Call/Transaction Does Not Exist');
      await peer.next(/^ACK /, 'the ACK');
      await shown(/^SIP\/2.0 481 /);
    },
  );
});

describe('the ACK', () => {
  race(
    'lost: the 200 is repeated until it comes, and the call is one call',
    async ({ peer, app, text, shown, byeOfPeer, newCallId }) => {
      const callId = newCallId();
      peer.send(text({ callId, body: sdpOffer() }));
      app.answer((await shown(/^INVITE /)).transactionId, '200 OK', { body: sdpOffer() });
      await waitUntil(() => peer.count(/^SIP\/2.0 200 /) >= 4, '200 repeated');
      const to = headerOf(await peer.next(/^SIP\/2.0 200 /, '200'), 'To');
      for (let i = 0; i < 3; i += 1) peer.send(text({ method: 'ACK', callId, to, cseq: '1 ACK' }));
      const { dialogId } = await shown(/^ACK /);
      await byeOfPeer({ callId, to, dialogId }, 2);
      expect(app.shown.filter((m) => m.text.startsWith('ACK '))).toHaveLength(1);
    },
  );

  race(
    'that never comes: the BYE of the app, which has waited for it, goes at the time-out',
    async ({ peer, app, text, shown, reply, newCallId }) => {
      peer.send(text({ callId: newCallId(), body: sdpOffer() }));
      const { transactionId } = await shown(/^INVITE /);
      app.answer(transactionId, '200 OK', { body: sdpOffer() });
      const ok = await peer.next(/^SIP\/2.0 200 /, '200');
      const dialogId = `${headerOf(ok, 'Call-ID')};from-tag=from1`;
      await app.request('BYE', { dialogId }, { headers: ['Reason: Q.850;cause=16;text="over"'] });
      const bye = await peer.next(/^BYE /, 'BYE');
      expect(headerOf(bye, 'Reason')).toContain('over');
      reply(bye, '200 OK');
      await shown(/^SIP\/2.0 200 [^]*BYE/);
      expect(peer.count(/^BYE /)).toBe(1);
    },
  );

  race(
    'of ours, lost: each repeated 200 is acknowledged again, and the app is shown one',
    async ({ peer, app, shown, reply, outgoing, byeOfApp }) => {
      const { invite } = await outgoing();
      reply(invite, '200 OK');
      const { dialogId } = await shown(/^SIP\/2.0 200 /);
      await app.request('ACK', { dialogId });
      await peer.next(/^ACK /, 'the ACK');
      reply(invite, '200 OK');
      reply(invite, '200 OK');
      await waitUntil(() => peer.count(/^ACK /) === 3, 'the ACK each time');
      expect(app.shown.filter((m) => m.text.startsWith('SIP/2.0 200 '))).toHaveLength(1);
      await byeOfApp(dialogId);
    },
  );
});

describe('an INVITE of the app', () => {
  race(
    'that is forked: the first 200 is the call, the other fork is acknowledged and ended',
    async ({ peer, app, shown, reply, outgoing }) => {
      const { invite } = await outgoing();
      reply(invite, '180 Ringing', 'one');
      reply(invite, '180 Ringing', 'two');
      reply(invite, '200 OK', 'two');
      const { dialogId } = await shown(/^SIP\/2.0 200 /);
      await app.request('ACK', { dialogId });
      reply(invite, '200 OK', 'one');
      await peer.next(/^ACK [^]*To: [^\r]*tag=one/, 'the ACK of the other fork');
      reply(await peer.next(/^BYE [^]*To: [^\r]*tag=one/, 'the BYE of the other fork'), '200 OK');
      await app.request('BYE', { dialogId });
      reply(await peer.next(/^BYE [^]*To: [^\r]*tag=two/, 'the BYE of the call'), '200 OK');
    },
  );

  race(
    'that is cancelled before anything has come: the CANCEL waits for the first response',
    async ({ peer, app, shown, reply, outgoing }) => {
      const { invite, transactionId } = await outgoing();
      app.cancel(transactionId);
      await waitUntil(() => peer.count(/^INVITE /) >= 2, 'the INVITE again');
      expect(peer.count(/^CANCEL /)).toBe(0);
      reply(invite, '100 Trying');
      reply(await peer.next(/^CANCEL /, 'the CANCEL'), '200 OK');
      reply(invite, '487 Request Terminated');
      await shown(/^SIP\/2.0 487 /);
    },
  );

  race(
    'whose CANCEL crosses the 200: acknowledged, and ended by a BYE',
    async ({ peer, app, shown, reply, outgoing }) => {
      const { invite, transactionId } = await outgoing();
      reply(invite, '180 Ringing');
      await shown(/^SIP\/2.0 180 /);
      app.cancel(transactionId);
      const cancel = await peer.next(/^CANCEL /, 'the CANCEL');
      reply(invite, '200 OK');
      reply(cancel, '481 Call/Transaction Does Not Exist');
      const { dialogId } = await shown(/^SIP\/2.0 200 /);
      await app.request('ACK', { dialogId });
      const bye = await peer.next(/^BYE /, 'the BYE');
      expect(headerOf(bye, 'Reason')).toContain('cancel race');
      reply(bye, '200 OK');
    },
  );

  race(
    'that is cancelled and never answered finally: 408 after 64*T1',
    async ({ peer, app, shown, reply, outgoing }) => {
      const { invite, transactionId } = await outgoing();
      reply(invite, '180 Ringing');
      await shown(/^SIP\/2.0 180 /);
      app.cancel(transactionId);
      reply(await peer.next(/^CANCEL /, 'the CANCEL'), '200 OK');
      await shown(/^SIP\/2.0 408 /);
    },
  );

  race('is answered by its own responses only', async ({ server, app, shown, reply, outgoing }) => {
    const { invite } = await outgoing();
    reply(invite.replace(/^Call-ID: .*$/m, 'Call-ID: another@test'), '200 OK');
    reply(invite.replace(/^From: (.*);tag=.*$/m, 'From: $1;tag=another'), '200 OK');
    await waitUntil(() => server.tally().unusable === 2, 'both to be ignored');
    reply(invite, '486 Busy Here');
    await shown(/^SIP\/2.0 486 /);
    expect(app.shown).toHaveLength(1);
  });
});

describe('before the answer', () => {
  const supported = { headers: ['Supported: 100rel'] };

  race(
    'a reliable 183 is repeated until its PRACK; then UPDATE, and the answer',
    async ({ peer, app, text, shown, byeOfPeer, newCallId }) => {
      const callId = newCallId();
      peer.send(text({ callId, body: sdpOffer(), ...supported }));
      const { transactionId } = await shown(/^INVITE /);
      app.answer(transactionId, '183 Session Progress', { headers: ['Require: 100rel'], body: sdpOffer() });
      await waitUntil(() => peer.count(/^SIP\/2.0 183 /) >= 3, '183 repeated');
      const progress = await peer.next(/^SIP\/2.0 183 /, '183');
      const [to, rseq] = [headerOf(progress, 'To'), headerOf(progress, 'RSeq')];
      const prack = (cseq: number, rack: string): void =>
        peer.send(text({ method: 'PRACK', callId, to, cseq: `${cseq} PRACK`, headers: [`RAck: ${rack}`] }));
      prack(2, `${Number(rseq) + 1} 1 INVITE`);
      await peer.next(/^SIP\/2.0 481 /, '481 to a PRACK of nothing');
      prack(3, `${rseq} 1 INVITE`);
      app.answer((await shown(/^PRACK /)).transactionId, '200 OK');
      await peer.next(/^SIP\/2.0 200 [^]*PRACK/, '200 to the PRACK');
      peer.send(text({ method: 'UPDATE', callId, to, cseq: '4 UPDATE', body: sdpOffer() }));
      app.answer((await shown(/^UPDATE /)).transactionId, '200 OK', { body: sdpOffer() });
      await peer.next(/^SIP\/2.0 200 [^]*UPDATE/, '200 to the early UPDATE');
      app.answer(transactionId, '200 OK');
      await peer.next(/^SIP\/2.0 200 [^]*CSeq: 1 INVITE/, '200 to the INVITE');
      peer.send(text({ method: 'ACK', callId, to, cseq: '1 ACK' }));
      await byeOfPeer({ callId, to, dialogId: '' }, 5);
    },
  );

  race(
    'a reliable 183 that nobody acknowledges ends the INVITE',
    async ({ peer, app, text, shown, newCallId }) => {
      const callId = newCallId();
      peer.send(text({ callId, body: sdpOffer(), branch: 'z9hG4bKunack', ...supported }));
      const { transactionId } = await shown(/^INVITE /);
      app.answer(transactionId, '183 Session Progress', { headers: ['Require: 100rel'] });
      const ended = await peer.next(/^SIP\/2.0 487 /, 'the end');
      peer.send(
        text({ method: 'ACK', callId, to: headerOf(ended, 'To'), cseq: '1 ACK', branch: 'z9hG4bKunack' }),
      );
    },
  );

  race(
    'a reliable 183 of the peer: our PRACK names it, the early dialog becomes the call',
    async ({ peer, app, shown, reply, outgoing, byeOfApp }) => {
      const { invite } = await outgoing();
      reply(invite, '183 Session Progress', 'peer', ['Require: 100rel', 'RSeq: 7']);
      const { dialogId } = await shown(/^SIP\/2.0 183 /);
      const seq = headerOf(invite, 'CSeq');
      await app.request('PRACK', { dialogId }, { headers: [`RAck: 7 ${seq}`] });
      const prack = await peer.next(/^PRACK /, 'the PRACK');
      expect(headerOf(prack, 'RAck')).toBe(`7 ${seq}`);
      reply(prack, '200 OK');
      await shown(/^SIP\/2.0 200 [^]*PRACK/);
      reply(invite, '200 OK');
      await shown(/^SIP\/2.0 200 [^]*CSeq: [0-9]+ INVITE/);
      await app.request('ACK', { dialogId });
      await byeOfApp(dialogId);
    },
  );
});
