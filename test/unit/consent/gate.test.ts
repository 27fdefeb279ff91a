import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isOpen,
  maySpeak,
  mayHear,
  newGate,
  stepGate,
  type Gate,
  type GateEffect,
  type GateEvent,
} from '../../../src/consent/gate.ts';
import { isAfter, type KeyTime } from '../../../src/consent/key-time.ts';
import type { GateScope } from '../../../src/consent/gate-legs.ts';

const at = (epoch: number, term = 1): KeyTime => ({ term, epoch });
const run = (events: readonly GateEvent[], gate = newGate(at(0))): { gate: Gate; effects: GateEffect[] } => {
  const effects: GateEffect[] = [];
  for (const event of events) {
    const step = stepGate(gate, event);
    gate = step.gate;
    effects.push(...step.effects);
  }
  return { gate, effects };
};

const asked: GateEvent = { kind: 'asked', request: 'r1' };
const scope = { audio: 'both', anyone: false, next: 0 } as const;
const grant = { kind: 'grant', request: 'r1', grant: 'g1', at: at(5), scope, legs: ['l1'] } as const;
const opened: GateEvent = { kind: 'opened', grant: 'g1' };
const opening = [asked, grant, opened];

describe('the way to open', () => {
  it('is asked, granted, opened, in this order and once', () => {
    const { gate, effects } = run(opening);
    expect(isOpen(gate)).toBe(true);
    expect(effects.map((e) => e.kind)).toEqual(['open-key', 'admit']);
  });

  it.each([
    ['not asked', [grant, opened]],
    ['not granted', [asked, opened]],
    ['another request', [asked, { ...grant, request: 'r2' }, opened]],
    ['another grant opened', [asked, grant, { ...opened, grant: 'g2' }]],
    ['denied first', [asked, { kind: 'denial', request: 'r1', reason: 'denied' }, grant, opened]],
    ['timed out first', [asked, { kind: 'timed-out', request: 'r1' }, grant, opened]],
    ['withdrawn first', [asked, { kind: 'withdrawn', request: 'r1' }, grant, opened]],
    [
      'revoked before it was granted',
      [{ kind: 'revocation', grant: 'g1', at: at(1), reason: 'revoked' }, ...opening],
    ],
    [
      'revoked by epoch before',
      [{ kind: 'revocation', grant: '', at: at(5), reason: 'revoked' }, ...opening],
    ],
    [
      'revoked while opening',
      [asked, grant, { kind: 'revocation', grant: 'g1', at: at(6), reason: 'revoked' }, opened],
    ],
    ['of an epoch below the floor', [asked, { ...grant, at: at(0) }, opened]],
    ['of a term below the floor', [asked, { ...grant, at: at(9, 0) }, opened]],
    ['another instance meanwhile', [asked, { kind: 'instance', term: 2 }, grant, opened]],
    ['ended', [{ kind: 'end', reason: 'draining' }, ...opening]],
  ] as [string, GateEvent[]][])('is shut: %s', (_name, events) => {
    expect(isOpen(run(events).gate)).toBe(false);
  });
});

describe('an open gate', () => {
  const { gate } = run(opening);

  it.each([
    ['revocation of the grant', { kind: 'revocation', grant: 'g1', at: at(1), reason: 'revoked' }],
    ['revocation by bridge and epoch', { kind: 'revocation', grant: '', at: at(6), reason: 'revoked' }],
    ['a denial that came late', { kind: 'denial', request: 'r1', reason: 'denied' }],
    ['a roster without the bridge', { kind: 'not-holder', at: at(6) }],
    ['30 s without a heartbeat', { kind: 'heartbeat-lost' }],
    ['another instance', { kind: 'instance', term: 2 }],
    ['close', { kind: 'close', reason: 'ledger-failed' }],
    ['end', { kind: 'end', reason: 'draining' }],
  ] as [string, GateEvent][])('closes on %s, and the same grant never opens it again', (_name, event) => {
    const closed = stepGate(gate, event);
    expect(closed.gate.phase.kind).toBe('idle');
    expect(closed.effects.map((e) => e.kind)).toEqual(['close']);
    expect(
      isOpen(
        run([...opening, { ...asked, request: 'r2' }, { ...grant, request: 'r2' }, opened], closed.gate).gate,
      ),
    ).toBe(false);
  });

  it('closes for the reason that the host took the key back for', () => {
    const over = stepGate(gate, { kind: 'revocation', grant: 'g1', at: at(6), reason: 'until-reached' });
    expect(over.effects).toMatchObject([{ kind: 'close', reason: 'until-reached' }]);
  });

  it('mutes after 10 s without a heartbeat and comes back with the next', () => {
    const late = stepGate(gate, { kind: 'heartbeat-late' });
    expect(isOpen(late.gate)).toBe(false);
    expect(late.effects).toEqual([{ kind: 'mute' }]);
    expect(stepGate(late.gate, { kind: 'heartbeat-late' }).effects).toEqual([]);
    expect(isOpen(stepGate(late.gate, { kind: 'heartbeat' }).gate)).toBe(true);
  });

  it('stays open over old revocations, rosters and strangers', () => {
    const events: GateEvent[] = [
      { kind: 'revocation', grant: 'g0', at: at(4), reason: 'revoked' },
      { kind: 'not-holder', at: at(4) },
      { kind: 'denial', request: 'r0', reason: 'denied' },
      { kind: 'rekey', grant: 'g0', at: at(9) },
      { kind: 'timed-out', request: 'r1' },
      asked,
      grant,
    ];
    const after = run(events, gate);
    expect(isOpen(after.gate)).toBe(true);
    expect(after.effects).toEqual([]);
  });

  it('takes rekeys upwards only', () => {
    const up = stepGate(gate, { kind: 'rekey', grant: 'g1', at: at(7) });
    expect(up.effects).toEqual([{ kind: 'use-rekey', at: at(7) }]);
    expect(stepGate(up.gate, { kind: 'rekey', grant: 'g1', at: at(7) }).effects).toEqual([]);
    expect(stepGate(up.gate, { kind: 'rekey', grant: 'g1', at: at(6) }).effects).toEqual([]);
    expect(stepGate(up.gate, { kind: 'rekey', grant: 'g1', at: at(8, 2) }).effects).toEqual([]);
  });
});

describe('callers in an open gate', () => {
  const openWith = (over: Partial<GateScope> = {}, named: readonly string[] = ['l1']): Gate =>
    run([asked, { ...grant, scope: { ...scope, ...over }, legs: named }, opened]).gate;
  const admission = (
    legs: readonly string[],
    by: 'click' | 'any' | 'next',
    left = 0,
  ): Extract<GateEvent, { kind: 'admission' }> => ({
    kind: 'admission',
    grant: 'g1',
    legs,
    by,
    left,
  });
  const ways = (gate: Gate, leg: string): readonly [boolean, boolean] => [
    mayHear(gate, leg),
    maySpeak(gate, leg),
  ];

  it('are those that the grant names, in the directions that its scope allows', () => {
    expect(ways(openWith(), 'l1')).toEqual([true, true]);
    expect(ways(openWith(), 'l2')).toEqual([false, false]);
    expect(ways(openWith({ audio: 'listen' }), 'l1')).toEqual([true, false]);
    expect(ways(openWith({ audio: 'speak' }), 'l1')).toEqual([false, true]);
    expect(ways(stepGate(openWith(), { kind: 'heartbeat-late' }).gate, 'l1')).toEqual([false, false]);
    expect(ways(run([asked, grant]).gate, 'l1')).toEqual([false, false]);
  });

  it('who are muted hear, are not heard, and speak again', () => {
    const change = (gate: Gate, to: 'muted' | 'unmuted' | 'ended', of = 'g1'): Gate =>
      stepGate(gate, { kind: 'legs', grant: of, legs: ['l1'], change: to }).gate;
    const muted = change(openWith(), 'muted');
    expect(ways(muted, 'l1')).toEqual([true, false]);
    expect(ways(change(muted, 'unmuted'), 'l1')).toEqual([true, true]);
    expect(ways(change(openWith(), 'muted', 'g2'), 'l1')).toEqual([true, true]);
    // Let in again while muted: still muted.
    expect(ways(stepGate(muted, admission(['l1'], 'click')).gate, 'l1')).toEqual([true, false]);
    const ended = change(openWith({}, ['l1', 'l2']), 'ended');
    expect([ways(ended, 'l1'), ways(ended, 'l2')]).toEqual([
      [false, false],
      [true, true],
    ]);
    expect(ways(stepGate(openWith(), { kind: 'leg-gone', leg: 'l1' }).gate, 'l1')).toEqual([false, false]);
  });

  it('who come later need a click, or what the grant says of any or the next so many', () => {
    const enters = (gate: Gate, event: GateEvent): boolean => mayHear(stepGate(gate, event).gate, 'l2');
    expect(enters(openWith(), admission(['l2'], 'click'))).toBe(true);
    expect(enters(openWith(), admission(['l2'], 'any'))).toBe(false);
    expect(enters(openWith({ anyone: true }), admission(['l2'], 'any'))).toBe(true);
    expect(enters(openWith(), admission(['l2'], 'next'))).toBe(false);
    const two = openWith({ next: 2 });
    expect(enters(two, admission(['l2'], 'next', 1))).toBe(true);
    expect(enters(two, admission(['l2'], 'next', 2))).toBe(false);
    expect(enters(two, admission(['l2', 'l3', 'l4'], 'next', 0))).toBe(false);
    // An admission that never came here: the host's count is the lower one.
    expect(enters(two, admission(['l2'], 'next', 0))).toBe(true);
    expect(stepGate(two, admission(['l2'], 'next', 2)).effects).toEqual([{ kind: 'overdrawn', grant: 'g1' }]);
    expect(enters(openWith({ next: 9 }), { ...admission(['l2'], 'next', 0), grant: 'g2' })).toBe(false);
  });

  it('in a locked meeting are those who are in: nobody is asked for, nobody comes in, nobody goes', () => {
    const locked = stepGate(openWith({ anyone: true }), { kind: 'locked', locked: true }).gate;
    expect(ways(locked, 'l1')).toEqual([true, true]);
    for (const by of ['click', 'any'] as const)
      expect(ways(stepGate(locked, admission(['l2'], by)).gate, 'l2')).toEqual([false, false]);
    const shut = stepGate(newGate(at(0)), { kind: 'locked', locked: true }).gate;
    expect(stepGate(shut, asked).gate.phase.kind).toBe('idle');
    const free = stepGate(locked, { kind: 'locked', locked: false }).gate;
    expect(ways(stepGate(free, admission(['l2'], 'click')).gate, 'l2')).toEqual([true, true]);
  });

  it('are out when the time of their grant is over, and not when that of another is', () => {
    expect(stepGate(openWith(), { kind: 'until', grant: 'g1' }).effects).toMatchObject([
      { kind: 'close', reason: 'until-reached' },
    ]);
    expect(isOpen(stepGate(openWith(), { kind: 'until', grant: 'g0' }).gate)).toBe(true);
  });
});

const name = (prefix: string): fc.Arbitrary<string> => fc.nat(3).map((n) => `${prefix}${String(n)}`);
const legs = fc.uniqueArray(name('l'), { maxLength: 3 });
const time = fc.record({ term: fc.integer({ min: 1, max: 2 }), epoch: fc.nat(9) });
const anyEvent: fc.Arbitrary<GateEvent> = fc.oneof(
  fc.record({ kind: fc.constant('asked' as const), request: name('r') }),
  fc.record({ kind: fc.constantFrom('withdrawn' as const, 'timed-out' as const), request: name('r') }),
  fc.record({
    kind: fc.constant('grant' as const),
    request: name('r'),
    grant: name('g'),
    at: time,
    scope: fc.record({
      audio: fc.constantFrom('both' as const, 'listen' as const, 'speak' as const),
      anyone: fc.boolean(),
      next: fc.nat(3),
    }),
    legs,
  }),
  fc.record({
    kind: fc.constant('admission' as const),
    grant: name('g'),
    legs,
    by: fc.constantFrom('click' as const, 'any' as const, 'next' as const),
    left: fc.nat(3),
  }),
  fc.record({
    kind: fc.constant('legs' as const),
    grant: name('g'),
    legs,
    change: fc.constantFrom('muted' as const, 'unmuted' as const, 'ended' as const),
  }),
  fc.record({ kind: fc.constant('leg-gone' as const), leg: name('l') }),
  fc.record({ kind: fc.constant('locked' as const), locked: fc.boolean() }),
  fc.record({ kind: fc.constant('until' as const), grant: name('g') }),
  fc.record({
    kind: fc.constant('denial' as const),
    request: name('r'),
    reason: fc.constant('denied' as const),
  }),
  fc.record({ kind: fc.constant('opened' as const), grant: name('g') }),
  fc.record({
    kind: fc.constant('open-failed' as const),
    grant: name('g'),
    reason: fc.constant('key-mismatch' as const),
  }),
  fc.record({ kind: fc.constant('rekey' as const), grant: name('g'), at: time }),
  fc.record({
    kind: fc.constant('revocation' as const),
    reason: fc.constantFrom('revoked' as const, 'until-reached' as const, 'meeting-ended' as const),
    grant: fc.oneof(fc.constant(''), name('g')),
    at: time,
  }),
  fc.record({ kind: fc.constant('not-holder' as const), at: time }),
  fc.constantFrom<GateEvent[]>(
    { kind: 'heartbeat' },
    { kind: 'heartbeat-late' },
    { kind: 'heartbeat-lost' },
    { kind: 'close', reason: 'until-reached' },
  ),
  fc.record({ kind: fc.constant('instance' as const), term: fc.integer({ min: 1, max: 3 }) }),
);
const anyStory = fc.array(anyEvent, { maxLength: 60 });

/** Watches one story from outside, and holds the gate to what it may do. */
function witness() {
  const admitted = new Set<string>();
  const revoked = new Set<string>();
  const answered = new Set<string>();
  let highest = at(0);
  const rises = (to: KeyTime): void => {
    expect(isAfter(to, highest)).toBe(true);
    highest = to;
  };
  const raise = (to: KeyTime): void => void (highest = isAfter(to, highest) ? to : highest);
  return {
    effect(effect: GateEffect, before: Gate): void {
      if (effect.kind === 'open-key') {
        expect(before.phase.kind).toBe('requested');
        expect(revoked.has(effect.grant)).toBe(false);
        rises(effect.at);
      }
      if (effect.kind === 'use-rekey') rises(effect.at);
      if (effect.kind === 'admit') {
        // Once by its grant; after that by admissions, which the open gate alone takes.
        expect(admitted.has(effect.grant)).toBe(before.phase.kind === 'open');
        admitted.add(effect.grant);
      }
      if (effect.kind === 'close') revoked.add(effect.grant);
    },
    event(event: GateEvent, { phase }: Gate): void {
      if (event.kind === 'revocation') {
        if (event.grant !== '') revoked.add(event.grant);
        raise(event.at);
        if (phase.kind === 'open' || phase.kind === 'opening') {
          expect(phase.grant).not.toBe(event.grant);
          expect(isAfter(event.at, phase.at)).toBe(false);
        }
      }
      if (event.kind === 'not-holder') raise(event.at);
      if (event.kind === 'instance') {
        expect(phase.kind).toBe('idle');
        raise({ term: event.term, epoch: 0 });
      }
    },
    /** A request is answered once: whatever answered it, it is not open again. */
    request(before: Gate, after: Gate): void {
      if (after.phase.kind === 'requested') expect(answered.has(after.phase.request)).toBe(false);
      if (before.phase.kind === 'requested' && after.phase.kind !== 'requested') {
        answered.add(before.phase.request);
      }
    },
  };
}

describe('over every order, with duplicates and delays', () => {
  it('no grant is opened twice, none after its revocation, none below a time that was seen', () => {
    fc.assert(
      fc.property(anyStory, (events) => {
        let gate = newGate(at(0));
        const watch = witness();
        for (const event of events) {
          const before = gate;
          const step = stepGate(gate, event);
          gate = step.gate;
          for (const effect of step.effects) watch.effect(effect, before);
          watch.event(event, gate);
          watch.request(before, gate);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('the floor never sinks, and audio passes only between an admission and the next closing', () => {
    fc.assert(
      fc.property(anyStory, (events) => {
        let gate = newGate(at(0));
        let admitted = false;
        for (const event of events) {
          const { gate: next, effects } = stepGate(gate, event);
          expect(isAfter(gate.floor, next.floor)).toBe(false);
          gate = next;
          for (const effect of effects) {
            if (effect.kind === 'admit') admitted = true;
            if (effect.kind === 'close') admitted = false;
          }
          if (isOpen(gate)) expect(admitted).toBe(true);
          if (gate.phase.kind === 'open') expect(admitted).toBe(true);
        }
        const ended = stepGate(gate, { kind: 'end', reason: 'draining' }).gate;
        expect(isOpen(run(events, ended).gate)).toBe(false);
      }),
      { numRuns: 3_000 },
    );
  });

  it('is a pure function: its input is left as it was', () => {
    fc.assert(
      fc.property(anyStory, anyEvent, (events, event) => {
        const { gate } = run(events);
        const copy = structuredClone(gate);
        stepGate(gate, event);
        expect(gate).toEqual(copy);
      }),
      { numRuns: 300 },
    );
  });

  it('nobody hears or is heard whom no grant or admission named, beyond scope, mute and count', () => {
    fc.assert(
      fc.property(anyStory, (events) => {
        let gate = newGate(at(0));
        const people = witnessOfCallers();
        for (const event of events) {
          const { gate: next, effects } = stepGate(gate, event);
          people.event(event, gate, next);
          gate = next;
          for (const effect of effects) people.effect(effect);
          people.check(gate);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

/** A second book of who may be in, kept from the outside. */
function witnessOfCallers() {
  const named = new Set<string>();
  const muted = new Set<string>();
  let unclicked = 0;
  let allowance = 0;
  const clear = (): void => {
    named.clear();
    muted.clear();
  };
  return {
    effect(effect: GateEffect): void {
      if (effect.kind === 'admit') for (const leg of effect.legs) named.add(leg);
      if (effect.kind === 'close') clear();
    },
    event(event: GateEvent, before: Gate, after: Gate): void {
      if (before.phase.kind !== 'open' && after.phase.kind === 'open') {
        clear();
        unclicked = 0;
        allowance = after.phase.scope.next;
      }
      if (before.phase.kind !== 'open' || after.phase.kind !== 'open') return;
      const counted = before.phase.scope.next - after.phase.scope.next;
      expect(counted).toBeGreaterThanOrEqual(0);
      unclicked += counted;
      expect(unclicked).toBeLessThanOrEqual(allowance);
      if (before.locked) expect(after.phase.legs.length).toBeLessThanOrEqual(before.phase.legs.length);
      if (event.kind === 'leg-gone') {
        named.delete(event.leg);
        muted.delete(event.leg);
      }
      if (event.kind !== 'legs' || event.grant !== before.phase.grant) return;
      for (const leg of event.legs) {
        if (event.change === 'ended') named.delete(leg);
        if (event.change === 'muted' && before.phase.legs.some((l) => l.leg === leg)) muted.add(leg);
        else muted.delete(leg);
      }
    },
    check(gate: Gate): void {
      const audio = gate.phase.kind === 'open' ? gate.phase.scope.audio : 'none';
      for (const leg of ['l0', 'l1', 'l2', 'l3']) {
        if (mayHear(gate, leg)) expect(named.has(leg) && audio !== 'speak').toBe(true);
        if (maySpeak(gate, leg)) expect(named.has(leg) && audio !== 'listen' && !muted.has(leg)).toBe(true);
        if (!isOpen(gate)) expect(mayHear(gate, leg) || maySpeak(gate, leg)).toBe(false);
      }
    },
  };
}
