import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  lobbyStart,
  lobbyStep,
  type LobbyEffect,
  type LobbyEvent,
  type LobbyRules,
  type LobbyState,
} from '../../../src/call/lobby.ts';

const rules: LobbyRules = {
  pinTries: 3,
  noInputMs: 8_000,
  maxWaitMs: 900_000,
  stillWaitingMs: 45_000,
  askAgainMs: 60_000,
};

function run(events: readonly LobbyEvent[], from: LobbyState = lobbyStart, now = 0) {
  let state = from;
  const effects: LobbyEffect[] = [];
  for (const event of events) {
    const step = lobbyStep(state, event, rules, now);
    state = step.state;
    effects.push(...step.effects);
  }
  const prompts = effects.flatMap((e) => (e.kind === 'play' ? e.prompts : []));
  return { state, effects, prompts, kinds: effects.map((e) => e.kind) };
}

const digits = (text: string): LobbyEvent[] => text.split('').map((digit) => ({ kind: 'digit', digit }));
const accepted: LobbyEvent = { kind: 'pin-accepted', hostPresent: true };
const waiting = run([{ kind: 'answered' }, ...digits('123456'), accepted, ...digits('1')]).state;
const talking = run([{ kind: 'admitted' }], waiting).state;

it('a called number that names the meeting needs no PIN, and is told the notice all the same', () => {
  const placed = run([{ kind: 'placed', hostPresent: false }]);
  expect(placed.state).toEqual({ kind: 'notice', silences: 0, hostPresent: false });
  expect(placed.prompts).toEqual(['notice']);
  expect(run(digits('1'), placed.state).kinds).toContain('ask-host');
  expect(run([{ kind: 'placed', hostPresent: true }], talking).state).toEqual(talking);
});

describe('another identity, peer or transport in the dialog', () => {
  it('takes a caller out of the room, says so, and asks the host anew', () => {
    for (const from of [talking, waiting]) {
      const { state, prompts, kinds } = run([{ kind: 'peer-changed' }], from);
      expect(state.kind).toBe('waiting');
      expect(prompts).toEqual(['asking-again', 'lobby-waiting']);
      expect(kinds).toContain('ask-host');
    }
  });

  it('asks nobody for a caller who was turned away or has not accepted the notice', () => {
    const denied = run([{ kind: 'refused', reason: 'denied' }], waiting).state;
    const early = run([{ kind: 'answered' }, ...digits('123456'), accepted]).state;
    for (const from of [denied, early]) {
      expect(run([{ kind: 'peer-changed' }], from)).toMatchObject({ state: from, effects: [] });
    }
  });
});

describe('the bridge code', () => {
  const code: LobbyEvent = { kind: 'bridge-code', digits: '00417398' };
  const spoken = ['0', '0', '4', '1', '7', '3', '9', '8'].map((digit) => `digit-${digit}`);

  it('is said behind what is being said, and again on *2, before and after admission', () => {
    const heard = run([code], waiting);
    expect(heard.effects).toEqual([
      { kind: 'play', prompts: ['bridge-code', ...spoken, 'bridge-code-hint'], behind: true },
    ]);
    const again = run(digits('*2'), heard.state);
    expect(again.prompts).toEqual(['bridge-code', ...spoken, 'bridge-code-hint']);
    expect(again.effects[0]).not.toHaveProperty('behind');
    const inside = run([{ kind: 'admitted' }, ...digits('*6*2')], heard.state);
    expect(inside.prompts).toEqual(expect.arrayContaining(spoken));
    expect(inside.state).toMatchObject({ kind: 'talking', muted: true });
  });

  it('is of one request: who asks again has none until the next one comes', () => {
    const refused = run([code, { kind: 'refused', reason: 'denied' }], waiting).state;
    const asking = run(digits('*1'), refused, 60_000).state;
    expect(run(digits('*2'), asking).prompts).toEqual(['bridge-code-none']);
  });

  it('means nothing to a caller who has not asked', () => {
    expect(run([code]).effects).toEqual([]);
  });
});

describe('the way into the lobby', () => {
  it('checks a PIN at the sixth digit, without #', () => {
    const { effects } = run([{ kind: 'answered' }, ...digits('123456')]);
    expect(effects).toContainEqual({ kind: 'check-pin', digits: '123456' });
  });

  it('checks a shorter one at #, and nothing at # alone', () => {
    expect(run(digits('12#')).effects).toContainEqual({ kind: 'check-pin', digits: '12' });
    expect(run(digits('#')).kinds).not.toContain('check-pin');
  });

  it('lets the caller start the PIN anew with *', () => {
    expect(run(digits('99*123456')).effects).toContainEqual({ kind: 'check-pin', digits: '123456' });
  });

  it('ends the call politely at the third wrong PIN, and not before', () => {
    const wrong: LobbyEvent[] = [...digits('000000'), { kind: 'pin-wrong' }];
    expect(run([...wrong, ...wrong]).state.kind).toBe('pin');
    const third = run([...wrong, ...wrong, ...wrong]);
    expect(third.state.kind).toBe('ending');
    expect(third.prompts.slice(-2)).toEqual(['pin-wrong-last', 'goodbye']);
  });

  it('says the notice after the PIN, and asks the host only after the 1', () => {
    const before = run([...digits('123456'), accepted]);
    expect(before.prompts).toContain('notice');
    expect(before.kinds).not.toContain('ask-host');
    const after = run(digits('1'), before.state);
    expect(after.kinds.indexOf('notice-answered')).toBeLessThan(after.kinds.indexOf('ask-host'));
    expect(after.state.kind).toBe('waiting');
  });

  it('takes silence after the notice for a no, and records it', () => {
    const silence: LobbyEvent = { kind: 'no-input' };
    const { state, effects } = run([...digits('123456'), accepted, silence, silence, silence]);
    expect(state.kind).toBe('ending');
    expect(effects).toContainEqual({ kind: 'notice-answered', accepted: false });
  });

  it('does not say that the host was asked where nobody has claimed the meeting', () => {
    const { prompts } = run([
      ...digits('123456'),
      { kind: 'pin-accepted', hostPresent: false },
      ...digits('1'),
    ]);
    expect(prompts).toContain('lobby-host-absent');
    expect(prompts).not.toContain('lobby-waiting');
  });

  it('says so where the host is not there yet, and asks once he is', () => {
    const absent = run([{ kind: 'host-present', present: false }], waiting);
    expect(absent.prompts).toEqual(['lobby-host-absent']);
    const back = run([{ kind: 'host-present', present: true }], absent.state);
    expect(back.kinds).toContain('ask-host');
  });
});

describe('after the answer', () => {
  it.each([
    ['denied', 'denied'],
    ['locked', 'meeting-locked'],
    ['request-invalid', 'bridge-failed'],
  ] as const)('says why a caller was refused: %s', (reason, prompt) => {
    const { state, prompts } = run([{ kind: 'refused', reason }], waiting);
    expect(state.kind).toBe('turned-away');
    expect(prompts).toEqual([prompt, 'ask-again-hint']);
  });

  it('keeps asking where the host did not answer', () => {
    const { state, kinds } = run([{ kind: 'refused', reason: 'no-answer' }], waiting);
    expect(state.kind).toBe('waiting');
    expect(kinds).toContain('ask-host');
  });

  it('asks again at *1 after a minute, and not sooner', () => {
    const refused = run([{ kind: 'refused', reason: 'denied' }], waiting, 1_000).state;
    const soon = run(digits('*1'), refused, 60_000);
    expect(soon.prompts).toEqual(['ask-too-soon']);
    expect(soon.kinds).not.toContain('ask-host');
    expect(run(digits('*1'), refused, 61_001).kinds).toContain('ask-host');
  });

  it('does not take 1 alone for *1', () => {
    const refused = run([{ kind: 'refused', reason: 'denied' }], waiting, 0).state;
    expect(run(digits('1'), refused, 100_000).kinds).not.toContain('ask-host');
  });

  it('speaks a revoke and leaves the caller in the lobby', () => {
    const { state, prompts } = run([{ kind: 'gate-closed', reason: 'revoked' }], talking);
    expect(state.kind).toBe('turned-away');
    expect(prompts).toEqual(['revoked', 'ask-again-hint']);
  });

  it('waits for the host who left, without blaming the caller', () => {
    const { state, prompts } = run([{ kind: 'gate-closed', reason: 'host-left' }], talking);
    expect(state).toMatchObject({ kind: 'waiting', hostPresent: false });
    expect(prompts).toEqual(['host-left']);
  });

  it('ends the call with the meeting', () => {
    const { state, prompts } = run([{ kind: 'gate-closed', reason: 'meeting-ended' }], talking);
    expect(state.kind).toBe('ending');
    expect(prompts).toEqual(['meeting-ended', 'goodbye']);
  });

  it('says what the host does to this one caller: muted, heard again, ended', () => {
    const muted = run([{ kind: 'host-muted', muted: true }], talking);
    expect(muted.prompts).toEqual(['muted']);
    expect(muted.state).toEqual(talking);
    expect(run([{ kind: 'host-muted', muted: false }], talking).prompts).toEqual(['unmuted']);
    const ended = run([{ kind: 'refused', reason: 'ended' }], talking);
    expect(ended.prompts).toEqual(['ended', 'ask-again-hint']);
    const over = run([{ kind: 'gate-closed', reason: 'until-reached' }], talking);
    expect(over.prompts).toEqual(['until-reached', 'ask-again-hint']);
    expect(ended.state.kind).toBe('turned-away');
    // Nobody who is not in is told that he is muted.
    expect(run([{ kind: 'host-muted', muted: true }], waiting).prompts).toEqual([]);
  });

  it('turns away where the meeting is locked, and where too many have asked', () => {
    expect(run([{ kind: 'refused', reason: 'locked' }], waiting).prompts[0]).toBe('meeting-locked');
    expect(run([{ kind: 'refused', reason: 'too-many' }], waiting).prompts[0]).toBe('ask-too-soon');
  });

  it('asks the new host by itself, or ends the call, as the registration says of a change of host', () => {
    for (const state of [talking, waiting]) {
      const asks = run([{ kind: 'gate-closed', reason: 'host-changed' }], state);
      expect(asks.prompts[0]).toBe('host-changed');
      expect(asks.kinds).toContain('ask-host');
      const drops = run([{ kind: 'gate-closed', reason: 'dropped' }], state);
      expect(drops.state.kind).toBe('ending');
      expect(drops.prompts).toEqual(['revoked', 'goodbye']);
    }
  });

  it('mutes and unmutes with *6', () => {
    const muted = run(digits('*6'), talking);
    expect(muted.effects).toContainEqual({ kind: 'mute', muted: true });
    expect(run(digits('*6'), muted.state).effects).toContainEqual({ kind: 'mute', muted: false });
  });
});

const anyEvent: fc.Arbitrary<LobbyEvent> = fc.oneof(
  fc.constantFrom(...'0123456789*#'.split('')).map((digit): LobbyEvent => ({ kind: 'digit', digit })),
  fc.constantFrom<LobbyEvent>(
    { kind: 'answered' },
    { kind: 'no-input' },
    { kind: 'pin-accepted', hostPresent: true },
    { kind: 'pin-accepted', hostPresent: false },
    { kind: 'pin-wrong' },
    { kind: 'pin-locked-out' },
    { kind: 'host-present', present: true },
    { kind: 'host-present', present: false },
    { kind: 'still-waiting' },
    { kind: 'max-wait' },
    { kind: 'admitted' },
    { kind: 'refused', reason: 'denied' },
    { kind: 'refused', reason: 'no-answer' },
    { kind: 'gate-closed', reason: 'revoked' },
    { kind: 'gate-closed', reason: 'host-left' },
    { kind: 'peer-changed' },
    { kind: 'bridge-failed' },
    { kind: 'draining' },
  ),
);

describe('in any order of events', () => {
  it('nobody is asked for, or lets a caller in, before a PIN was accepted and the notice answered', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        let state = lobbyStart;
        let pinAccepted = false;
        let noticeAccepted = false;
        for (const event of events) {
          const inChecking = state.kind === 'checking';
          const step = lobbyStep(state, event, rules, 0);
          if (inChecking && event.kind === 'pin-accepted') pinAccepted = true;
          for (const effect of step.effects) {
            if (effect.kind === 'notice-answered' && effect.accepted) noticeAccepted = true;
            if (effect.kind === 'ask-host') expect(pinAccepted && noticeAccepted).toBe(true);
          }
          if (step.state.kind === 'talking') expect(noticeAccepted).toBe(true);
          state = step.state;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('an ending call stays ending and says goodbye exactly once', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        const { prompts, kinds, state } = run(events);
        const byes = prompts.filter((p) => p === 'goodbye').length;
        expect(byes).toBe(state.kind === 'ending' ? 1 : 0);
        expect(kinds.filter((k) => k === 'end').length).toBe(byes);
      }),
    );
  });
});
