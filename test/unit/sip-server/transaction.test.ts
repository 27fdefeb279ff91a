import { describe, expect, test } from 'vitest';
import { clientInviteStart, clientInviteStep } from '../../../src/sip-server/transaction/client-invite.ts';
import { clientRequestStart, clientRequestStep } from '../../../src/sip-server/transaction/client-request.ts';
import { serverInviteStart, serverInviteStep } from '../../../src/sip-server/transaction/server-invite.ts';
import { serverRequestStart, serverRequestStep } from '../../../src/sip-server/transaction/server-request.ts';
import type { Effect, Step } from '../../../src/sip-server/transaction/step.ts';
import { standardTiming as timing } from '../../../src/sip-server/transaction/timing.ts';

const udp = { timing, reliable: false };
const tcp = { timing, reliable: true };

/** `send arm:G:500 …` */
function spelled(effects: readonly Effect[]): string {
  return effects
    .map((e) => {
      if (e.kind === 'arm') return `arm:${e.timer}:${e.ms}`;
      if (e.kind === 'disarm') return `disarm:${e.timer}`;
      return e.kind === 'failed' ? `failed:${e.why}` : e.kind;
    })
    .join(' ');
}

/** Feeds the events and gives, for each, the state and the effects that came of it. */
function story<S extends { readonly kind: string }, E>(
  start: S,
  step: (state: S, event: E) => Step<S>,
  events: readonly E[],
): string[] {
  let state = start;
  return events.map((event) => {
    const next = step(state, event);
    state = next.state;
    return `${state.kind} | ${spelled(next.effects)}`.trimEnd();
  });
}

const timer = <T extends string>(name: T): { kind: 'timer'; timer: T } => ({ kind: 'timer', timer: name });
const respond = (status: number): { kind: 'respond'; status: number } => ({ kind: 'respond', status });
const response = (status: number): { kind: 'response'; status: number } => ({ kind: 'response', status });
const request = { kind: 'request' } as const;
const ack = { kind: 'ack' } as const;
const begin = { kind: 'start' } as const;
const broken = { kind: 'transport-failed' } as const;

describe('INVITE server transaction (RFC 3261 §17.2.1, RFC 6026 §7.1)', () => {
  const run = (events: Parameters<typeof serverInviteStep>[1][], context = udp): string[] =>
    story(serverInviteStart, (s, e) => serverInviteStep(s, e, context), events);

  test('a failure is repeated until the ACK, T1 doubling up to T2', () => {
    expect(
      run([
        respond(100),
        request,
        respond(486),
        timer('G'),
        timer('G'),
        timer('G'),
        timer('G'),
        ack,
        request,
        timer('I'),
      ]),
    ).toEqual([
      'proceeding | send',
      'proceeding | send',
      'completed | send arm:H:32000 arm:G:500',
      'completed | send arm:G:1000',
      'completed | send arm:G:2000',
      'completed | send arm:G:4000',
      'completed | send arm:G:4000',
      'confirmed | disarm:G disarm:H arm:I:5000',
      'confirmed |',
      'ended | end',
    ]);
  });

  test('without an ACK it gives up after 64*T1', () => {
    expect(run([respond(404), timer('H'), timer('G')])).toEqual([
      'completed | send arm:H:32000 arm:G:500',
      'ended | disarm:G failed:timeout end',
      'ended |',
    ]);
  });

  test('over TCP nothing is repeated and nothing lingers', () => {
    expect(run([respond(404), ack], tcp)).toEqual(['completed | send arm:H:32000', 'ended | disarm:H end']);
  });

  test('a 2xx leaves repetition to the dialog, which may send it again, and absorbs the INVITE', () => {
    expect(run([respond(200), request, respond(200), ack, respond(486), timer('L')])).toEqual([
      'accepted | send arm:L:32000',
      'accepted |',
      'accepted | send',
      'accepted | pass-up',
      'accepted |',
      'ended | end',
    ]);
  });

  test('a response that cannot be sent ends it, except a 2xx', () => {
    expect(run([broken])).toEqual(['ended | failed:transport end']);
    expect(run([respond(500), broken])).toEqual([
      'completed | send arm:H:32000 arm:G:500',
      'ended | disarm:G disarm:H failed:transport end',
    ]);
    expect(run([respond(200), broken])).toEqual(['accepted | send arm:L:32000', 'accepted |']);
  });
});

describe('non-INVITE server transaction (RFC 3261 §17.2.2)', () => {
  const run = (events: Parameters<typeof serverRequestStep>[1][], context = udp): string[] =>
    story(serverRequestStart, (s, e) => serverRequestStep(s, e, context), events);

  test('the final response answers every retransmission, for 64*T1', () => {
    expect(run([request, respond(100), request, respond(200), request, respond(500), timer('J')])).toEqual([
      'trying |',
      'proceeding | send',
      'proceeding | send',
      'completed | send arm:J:32000',
      'completed | send',
      'completed |',
      'ended | end',
    ]);
  });

  test('over TCP it ends with its answer', () => {
    expect(run([respond(200), request], tcp)).toEqual(['ended | send end', 'ended |']);
  });
});

describe('INVITE client transaction (RFC 3261 §17.1.1, RFC 6026 §7.2)', () => {
  const run = (events: Parameters<typeof clientInviteStep>[1][], context = udp): string[] =>
    story(clientInviteStart(context), (s, e) => clientInviteStep(s, e, context), events);

  test('the INVITE is repeated with doubling intervals until something comes', () => {
    expect(run([begin, timer('A'), timer('A'), timer('A'), timer('A'), response(100), timer('A')])).toEqual([
      'calling | send arm:B:32000 arm:A:500',
      'calling | send arm:A:1000',
      'calling | send arm:A:2000',
      'calling | send arm:A:4000',
      'calling | send arm:A:8000',
      'proceeding | disarm:A disarm:B pass-up',
      'proceeding |',
    ]);
  });

  test('every copy of a failure is acknowledged, the first is passed up', () => {
    expect(run([begin, response(486), response(486), timer('D')])).toEqual([
      'calling | send arm:B:32000 arm:A:500',
      'completed | disarm:A disarm:B send-ack pass-up arm:D:32000',
      'completed | send-ack',
      'ended | end',
    ]);
  });

  test('every 2xx is passed up: other forks answer too', () => {
    expect(run([begin, response(180), response(200), response(200), response(486), timer('M')])).toEqual([
      'calling | send arm:B:32000 arm:A:500',
      'proceeding | disarm:A disarm:B pass-up',
      'accepted | disarm:A disarm:B pass-up arm:M:32000',
      'accepted | pass-up',
      'accepted |',
      'ended | end',
    ]);
  });

  test('once cancelled it is not waited for any longer than 64*T1, whatever else is said meanwhile', () => {
    const cancelled = { kind: 'cancelled' } as const;
    expect(run([begin, response(180), cancelled, response(181), timer('B')])).toEqual([
      'calling | send arm:B:32000 arm:A:500',
      'proceeding | disarm:A disarm:B pass-up',
      'proceeding | arm:B:32000',
      'proceeding | pass-up',
      'ended | failed:timeout end',
    ]);
    expect(run([begin, response(180), cancelled, response(487)]).at(-1)).toBe(
      'completed | disarm:A disarm:B send-ack pass-up arm:D:32000',
    );
  });

  test('time-out and transport failure end it', () => {
    expect(run([begin, timer('B')]).at(-1)).toBe('ended | disarm:A failed:timeout end');
    expect(run([begin, broken]).at(-1)).toBe('ended | disarm:A disarm:B failed:transport end');
    expect(run([begin, response(180), broken]).at(-1)).toBe('ended | disarm:A disarm:B failed:transport end');
  });

  test('over TCP the INVITE is sent once', () => {
    expect(run([begin, response(486)], tcp)).toEqual([
      'calling | send arm:B:32000',
      'ended | disarm:A disarm:B send-ack pass-up end',
    ]);
  });
});

describe('non-INVITE client transaction (RFC 3261 §17.1.2)', () => {
  const run = (events: Parameters<typeof clientRequestStep>[1][], context = udp): string[] =>
    story(clientRequestStart(context), (s, e) => clientRequestStep(s, e, context), events);

  test('T1 doubling to T2, and T2 once a provisional response came', () => {
    expect(
      run([
        begin,
        timer('E'),
        timer('E'),
        timer('E'),
        timer('E'),
        response(100),
        timer('E'),
        response(200),
        response(200),
        timer('K'),
      ]),
    ).toEqual([
      'trying | send arm:F:32000 arm:E:500',
      'trying | send arm:E:1000',
      'trying | send arm:E:2000',
      'trying | send arm:E:4000',
      'trying | send arm:E:4000',
      'proceeding | pass-up',
      'proceeding | send arm:E:4000',
      'completed | disarm:E disarm:F pass-up arm:K:5000',
      'completed |',
      'ended | end',
    ]);
  });

  test('F ends it, before and after a provisional response', () => {
    expect(run([begin, timer('F')]).at(-1)).toBe('ended | disarm:E failed:timeout end');
    expect(run([begin, response(100), timer('F')]).at(-1)).toBe('ended | disarm:E failed:timeout end');
  });

  test('over TCP it ends with its response', () => {
    expect(run([begin, response(200)], tcp)).toEqual([
      'trying | send arm:F:32000',
      'ended | disarm:E disarm:F pass-up end',
    ]);
  });
});
