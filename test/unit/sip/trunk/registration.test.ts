import { describe, expect, it } from 'vitest';
import {
  grantedSeconds,
  registrationStart,
  registrationStep,
  type RegistrationEffect,
  type RegistrationEvent,
} from '../../../../src/sip/trunk/registration.ts';

const rules = { servers: ['sip:a', 'sip:b'], expiresSeconds: 600 };

function run(events: readonly RegistrationEvent[], chance = 0) {
  let state = registrationStart;
  const effects: RegistrationEffect[] = [];
  for (const event of events) {
    const step = registrationStep(state, event, rules, chance);
    state = step.state;
    effects.push(...step.effects);
  }
  const sent = effects.flatMap((e) =>
    e.kind === 'send' ? [`${e.server} ${e.expires}${e.prove ? ' proved' : ''}`] : [],
  );
  const timers = effects.flatMap((e) => (e.kind === 'timer' && e.ms !== null ? [e.ms] : []));
  const told = effects.flatMap((e) => (e.kind === 'told' ? [e.failure ?? 'registered'] : []));
  return { state, sent, timers, told };
}

const start: RegistrationEvent = { kind: 'start' };
const timer: RegistrationEvent = { kind: 'timer' };
const silence: RegistrationEvent = { kind: 'failed', status: null };
const success = (granted = 600): RegistrationEvent => ({ kind: 'success', granted });
const challenged = (stale = false): RegistrationEvent => ({ kind: 'challenged', answerable: true, stale });

describe('a registration', () => {
  it('proves itself when challenged, and is renewed before it ends', () => {
    const { sent, timers, told } = run([start, challenged(), success(), timer, challenged(), success(3_600)]);
    expect(sent).toEqual(['sip:a 600', 'sip:a 600 proved', 'sip:a 600', 'sip:a 600 proved']);
    expect(told).toEqual(['registered', 'registered']);
    expect(timers).toEqual([486_000, 3_186_000]);
    expect(run([start, success(600)], 0.999).timers[0]).toBeLessThan(540_000);
    expect(run([start, success(30)]).timers[0]).toBe(13_500);
    expect(run([start, success(1)]).timers[0]).toBe(1_000);
  });

  it('takes a second challenge for a wrong password, unless the nonce was too old, and that once', () => {
    const wrong = run([start, challenged(), challenged()]);
    expect(wrong.told).toEqual(['credentials']);
    expect(wrong.timers).toEqual([300_000]);
    expect(run([start, challenged(), challenged(true), success()]).told).toEqual(['registered']);
    expect(run([start, challenged(), challenged(true), challenged(true)]).told).toEqual(['credentials']);
    expect(run([start, { kind: 'challenged', answerable: false, stale: false }]).told).toEqual([
      'credentials',
    ]);
  });

  it('asks for longer where the registrar wants that, but not for ever', () => {
    const longer = (minExpires: number | null): RegistrationEvent => ({ kind: 'too-brief', minExpires });
    expect(run([start, challenged(), longer(1_800), challenged(), success()]).sent).toEqual([
      'sip:a 600',
      'sip:a 600 proved',
      'sip:a 1800',
      'sip:a 1800 proved',
    ]);
    expect(run([start, longer(1_800), success(), timer]).sent.at(-1)).toBe('sip:a 1800');
    for (const useless of [null, 600, 90_000])
      expect(run([start, longer(useless)]).told).toEqual(['interval']);
  });

  it('goes to the next server where one is silent or in trouble, and stays there', () => {
    const over = run([start, silence, success(), timer, success()]);
    expect(over.sent).toEqual(['sip:a 600', 'sip:b 600', 'sip:b 600']);
    expect(run([start, { kind: 'failed', status: 503 }, success()]).told).toEqual(['registered']);
    expect(run([start, { kind: 'failed', status: 403 }]).told).toEqual(['refused']);
  });

  it('waits longer and longer where none answers, at most half an hour', () => {
    const round = [silence, silence, timer];
    const { timers, told } = run([start, ...Array.from({ length: 9 }, () => round).flat()], 0.999_999);
    expect(timers.slice(0, 3)).toEqual([30_000, 60_000, 120_000]);
    expect(timers.at(-1)).toBe(1_799_999);
    expect(new Set(told)).toEqual(new Set(['unreachable']));
  });

  it('is taken back at the end, and begins anew where the SIP server was lost', () => {
    expect(run([start, success(), { kind: 'stop' }]).sent).toEqual(['sip:a 600', 'sip:a 0']);
    expect(run([start, success(), timer, { kind: 'stop' }]).sent.at(-1)).toBe('sip:a 0');
    expect(run([start, { kind: 'stop' }, success(), timer]).sent).toEqual(['sip:a 600']);
    const lost = run([start, success(), { kind: 'carrier-lost' }, timer, start]);
    expect(lost.sent).toEqual(['sip:a 600', 'sip:a 600']);
    expect(lost.told).toEqual(['registered', 'unreachable']);
  });
});

describe('what a registrar grants', () => {
  const contact = '<sip:office@192.0.2.80:5060>;expires=600';

  it('is said by our own binding first', () => {
    const listed = '"x" <sip:office@192.0.2.9>;expires=3600, <sip:office@192.0.2.80:5060>;q=1;expires="120"';
    expect(grantedSeconds(listed, contact, '900', 600)).toBe(120);
  });

  it('else by a lone binding that was rewritten, else by Expires, else it is what was asked for', () => {
    expect(grantedSeconds('<sip:office@203.0.113.1:1024>;expires=60', contact, '900', 600)).toBe(60);
    expect(grantedSeconds('<sip:a@b>;expires=60, <sip:c@d>;expires=50', contact, '900', 600)).toBe(900);
    expect(grantedSeconds(null, contact, null, 600)).toBe(600);
    expect(grantedSeconds('<sip:office@192.0.2.80:5060>', contact, 'soon', 600)).toBe(600);
  });

  it('is at least a second and at most a day', () => {
    expect(grantedSeconds(null, contact, '0', 600)).toBe(1);
    expect(grantedSeconds(null, contact, '999999999', 600)).toBe(86_400);
  });
});
