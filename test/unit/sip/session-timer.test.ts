import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DialogIdentity } from '../../../src/sip/dialog-identity.ts';
import { createSessionRefresh, type RefreshAnswer } from '../../../src/sip/session/refresh.ts';
import {
  answerTimer,
  momentsOf,
  readRefreshed,
  type SessionTimer,
  type TimerHeaders,
} from '../../../src/sip/session/timer.ts';
import type { SrfMessage } from '../../../src/sip/srf.ts';
import { manualClock } from '../../support/clock.ts';

const terms = { expiresSeconds: 1_800, minSeconds: 90 };
const headers = (over: Partial<TimerHeaders> = {}): TimerHeaders => ({
  ...{ sessionExpires: undefined, minSe: undefined, supported: undefined },
  ...over,
});

describe('the answer to a request (RFC 4028 §9)', () => {
  test.each<[string, Partial<TimerHeaders>, string | undefined, boolean]>([
    ['nothing said', {}, '1800;refresher=uas', false],
    ['knows timers, asks for none', { supported: '100rel, timer' }, '1800;refresher=uas', false],
    ['asks', { supported: 'timer', sessionExpires: '600' }, '600;refresher=uac', true],
    ['names itself', { supported: 'timer', sessionExpires: '600;refresher=uac' }, '600;refresher=uac', true],
    [
      'names us',
      { supported: 'timer', sessionExpires: '600 ; x=1; refresher=UAS' },
      '600;refresher=uas',
      false,
    ],
    ['a proxy asks for it', { sessionExpires: '600' }, '600;refresher=uas', false],
    ['asks for more', { supported: 'timer', sessionExpires: '7200' }, '1800;refresher=uac', true],
    [
      'its Min-SE is above',
      { supported: 'timer', sessionExpires: '7200', minSe: '3600' },
      '3600;refresher=uac',
      true,
    ],
    ['too little, without timers', { sessionExpires: '30' }, '90;refresher=uas', false],
  ])('%s', (_, request, expires, required) => {
    const answer = answerTimer(headers(request), terms);
    expect(answer).toMatchObject({ kind: 'accepted' });
    if (answer.kind !== 'accepted') return;
    expect(answer.headers['Session-Expires']).toBe(expires);
    expect(answer.headers['Require']).toBe(required ? 'timer' : undefined);
    expect(answer.timer?.refresher).toBe(expires?.endsWith('uac') ? 'peer' : 'us');
  });

  test('too small an interval is 422 with ours, what does not parse is 400', () => {
    const small = headers({ supported: 'timer', sessionExpires: '89' });
    expect(answerTimer(small, terms)).toEqual({ kind: 'too-small', headers: { 'Min-SE': '90' } });
    for (const wrong of [{ sessionExpires: 'soon' }, { sessionExpires: '-1' }, { minSe: '' }])
      expect(answerTimer(headers(wrong), terms)).toEqual({ kind: 'malformed' });
  });

  test('with null a timer is only where the peer asks for one', () => {
    const quiet = { expiresSeconds: null, minSeconds: 90 };
    expect(answerTimer(headers(), quiet)).toEqual({ kind: 'accepted', timer: null, headers: {} });
    const asked = headers({ supported: 'timer', sessionExpires: '600' });
    expect(answerTimer(asked, quiet)).toMatchObject({ timer: { expiresSeconds: 600 } });
  });

  test('whatever the headers, an interval is never below ours, nor longer than a timer can be', () => {
    const text = fc.oneof(
      fc.stringMatching(/^[0-9]{1,12}(;refresher=(uac|uas))?$/),
      fc.string({ maxLength: 30 }),
    );
    fc.assert(
      fc.property(
        fc.option(text, { nil: undefined }),
        fc.option(text, { nil: undefined }),
        (expires, minSe) => {
          const answer = answerTimer(headers({ sessionExpires: expires, minSe, supported: 'timer' }), terms);
          if (answer.kind !== 'accepted') return;
          expect(answer.timer!.expiresSeconds).toBeGreaterThanOrEqual(90);
          expect(momentsOf(answer.timer!).giveUpMs).toBeLessThan(2 ** 31);
        },
      ),
      { seed: 4028 },
    );
  });
});

describe('a running session', () => {
  const timer: SessionTimer = { expiresSeconds: 100, refresher: 'us' };

  function session(update = true) {
    const clock = manualClock();
    const sent: { method: string; headers: Readonly<Record<string, string>> }[] = [];
    let answer: ((answer: RefreshAnswer | null) => void) | null = null;
    let expired = 0;
    const refresh = createSessionRefresh({
      ...{ clock, terms, update, randomInt: () => 7 },
      send(method, fields, done) {
        sent.push({ method, headers: fields });
        answer = done;
      },
      onExpired: () => (expired += 1),
    });
    const reply = (status: number, over: Partial<TimerHeaders> = {}): void =>
      answer!(status === 0 ? null : { status, headers: headers(over) });
    return { clock, sent, refresh, reply, expired: () => expired };
  }

  test('is refreshed at half its time, by UPDATE where the peer takes it, again and again', () => {
    const { clock, sent, refresh, reply, expired } = session();
    refresh.restart(timer);
    clock.advance(49_999);
    expect(sent).toEqual([]);
    for (let round = 1; round <= 5; round++) {
      clock.advance(round === 1 ? 1 : 50_000);
      expect(sent).toHaveLength(round);
      reply(200, { sessionExpires: '100;refresher=uac' });
    }
    expect(sent[0]).toEqual({
      method: 'UPDATE',
      headers: { 'Session-Expires': '100;refresher=uac', 'Min-SE': '90' },
    });
    expect(expired()).toBe(0);
  });

  test('ends min(32 s, a third) before its time where the peer should have refreshed', () => {
    const { clock, sent, refresh, expired } = session();
    refresh.restart({ ...timer, refresher: 'peer' });
    clock.advance(60_000);
    refresh.restart({ ...timer, refresher: 'peer' });
    clock.advance(67_999);
    expect(expired()).toBe(0);
    clock.advance(1);
    expect(expired()).toBe(1);
    clock.advance(1_000_000);
    expect([expired(), sent.length]).toEqual([1, 0]);
  });

  test('goes over to the peer where its answer says so', () => {
    const { clock, sent, refresh, reply, expired } = session();
    refresh.restart(timer);
    clock.advance(50_000);
    reply(200, { sessionExpires: '200;refresher=uas' });
    clock.advance(167_999);
    expect([sent.length, expired()]).toEqual([1, 0]);
    clock.advance(1);
    expect(expired()).toBe(1);
  });

  test('a longer interval is asked for at once, glare waits, a failure is tried again until the end', () => {
    const { clock, sent, refresh, reply, expired } = session();
    refresh.restart(timer);
    clock.advance(50_000);
    reply(422, { minSe: '120' });
    expect(sent.at(-1)!.headers['Session-Expires']).toBe('120;refresher=uac');
    reply(491);
    clock.advance(69);
    expect(sent).toHaveLength(2);
    clock.advance(1);
    expect(sent).toHaveLength(3);
    for (const status of [500, 0, 422]) {
      reply(status);
      clock.advance(5_000);
    }
    expect([sent.length, expired()]).toEqual([6, 0]);
    clock.advance(5_000);
    expect(expired()).toBe(1);
    // An answer that comes now is nobody's.
    reply(200, { sessionExpires: '100;refresher=uac' });
    clock.advance(1_000_000);
    expect([sent.length, expired()]).toEqual([6, 1]);
  });

  test('a method that is not there is a re-INVITE from then on', () => {
    const { clock, sent, refresh, reply } = session();
    refresh.restart(timer);
    clock.advance(50_000);
    reply(405);
    reply(200);
    clock.advance(50_000);
    expect(sent.map(({ method }) => method)).toEqual(['UPDATE', 'INVITE', 'INVITE']);
    expect(session(false).refresh).toBeDefined();
  });

  test.each([408, 481])('%d to a refresh: the dialog is gone (RFC 5057)', (status) => {
    const { clock, refresh, reply, expired } = session(false);
    refresh.restart(timer);
    clock.advance(50_000);
    reply(status);
    expect(expired()).toBe(1);
  });

  test('stopped, or without a timer, nothing happens any more', () => {
    const { clock, sent, refresh, expired } = session();
    refresh.restart(timer);
    refresh.stop();
    clock.advance(1_000_000);
    refresh.restart(null);
    clock.advance(1_000_000);
    expect([sent.length, expired()]).toEqual([0, 0]);
  });

  test('an answer whose interval is nonsense changes nothing', () => {
    const same = { kind: 'refreshed', timer };
    expect(readRefreshed(200, headers({ sessionExpires: '0' }), timer)).toEqual(same);
    expect(readRefreshed(202, headers({ sessionExpires: 'x' }), timer)).toEqual(same);
  });

  test('an answer that would have us refresh without end is taken as the least there may be', () => {
    const verdict = readRefreshed(200, headers({ sessionExpires: '1;refresher=uac' }), {
      ...timer,
      expiresSeconds: 1_800,
    });
    expect(verdict).toEqual({ kind: 'refreshed', timer: { expiresSeconds: 90, refresher: 'us' } });
  });
});

test('a dialog is known by Call-ID and both tags, and cannot be printed', () => {
  const identity = new DialogIdentity({ callId: 'c@host', localTag: 'loc', remoteTag: 'rem' });
  const request = (callId: string, from: string, to?: string): SrfMessage => ({
    get: () => callId,
    getParsedHeader: (header) => ({
      uri: 'sip:x@y',
      params: header === 'from' ? { tag: from } : to === undefined ? {} : { tag: to },
    }),
  });
  expect(identity.matches(request('c@host', 'rem', 'loc'))).toBe(true);
  expect(identity.matches(request('d@host', 'rem', 'loc'))).toBe(false);
  expect(identity.matches(request('c@host', 'loc', 'rem'))).toBe(false);
  expect(identity.matches(request('c@host', 'rem'))).toBe(false);
  expect(JSON.stringify(identity) + inspect(identity, { showHidden: true })).not.toMatch(/host|loc|rem/);
});
