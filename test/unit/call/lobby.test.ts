import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  lobbyStart,
  type LobbyEffect,
  type LobbyEntry,
  type LobbyEvent,
  type LobbyRules,
  type LobbyState,
} from '../../../src/call/lobby-state.ts';
import { lobbyStep } from '../../../src/call/lobby.ts';

const rules: LobbyRules = {
  pinTries: 3,
  notice: 'full',
  noInputMs: 8_000,
  maxWaitMs: 900_000,
  stillWaitingMs: 45_000,
  askAgainMs: 60_000,
  maxCallMs: 3_600_000,
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
const answered = (entry: LobbyEntry = { kind: 'pin' }, languages: readonly string[] = []): LobbyEvent => ({
  kind: 'answered',
  ...{ entry, languages },
});
const accepted: LobbyEvent = { kind: 'pin-accepted', hostPresent: true, again: false };
const waiting = run([answered(), ...digits('123456'), accepted, ...digits('1')]).state;
const talking = run([{ kind: 'admitted' }], waiting).state;

it('a called number that names the meeting needs no PIN, and is told the notice all the same', () => {
  const placed = run([answered({ kind: 'meeting', hostPresent: false, again: false })]);
  expect(placed.state).toMatchObject({ kind: 'notice', silences: 0, hostPresent: false });
  expect(placed.prompts).toEqual(['notice']);
  expect(run(digits('1'), placed.state).kinds).toContain('ask-host');
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
    const early = run([answered(), ...digits('123456'), accepted]).state;
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
      { kind: 'play', prompts: ['bridge-code', ...spoken, 'bridge-code-hint'], turn: 'after' },
    ]);
    const again = run(digits('*2'), heard.state);
    expect(again.prompts).toEqual(['bridge-code', ...spoken, 'bridge-code-hint']);
    expect(again.effects[0]).not.toHaveProperty('turn');
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
    const { effects } = run([answered(), ...digits('123456')]);
    expect(effects).toContainEqual({ kind: 'check-pin', code: null, digits: '123456' });
  });

  it('checks a shorter one at #, and nothing at # alone', () => {
    expect(run([answered(), ...digits('12#')]).effects).toContainEqual({
      kind: 'check-pin',
      code: null,
      digits: '12',
    });
    expect(run([answered(), ...digits('#')]).kinds).not.toContain('check-pin');
  });

  it('lets the caller start the PIN anew with *', () => {
    expect(run([answered(), ...digits('99*123456')]).effects).toContainEqual({
      kind: 'check-pin',
      code: null,
      digits: '123456',
    });
  });

  it('ends the call politely at the third wrong PIN, and not before', () => {
    const wrong: LobbyEvent[] = [...digits('000000'), { kind: 'pin-wrong' }];
    expect(run([answered(), ...wrong, ...wrong]).state.kind).toBe('pin');
    const third = run([answered(), ...wrong, ...wrong, ...wrong]);
    expect(third.state.kind).toBe('ending');
    expect(third.prompts.slice(-2)).toEqual(['pin-wrong-last', 'goodbye']);
  });

  it('says the notice after the PIN, and asks the host only after the 1', () => {
    const before = run([answered(), ...digits('123456'), accepted]);
    expect(before.prompts).toContain('notice');
    expect(before.kinds).not.toContain('ask-host');
    const after = run(digits('1'), before.state);
    expect(after.kinds.indexOf('notice-answered')).toBeLessThan(after.kinds.indexOf('ask-host'));
    expect(after.state.kind).toBe('waiting');
  });

  it('takes silence after the notice for a no, and records it', () => {
    const silence: LobbyEvent = { kind: 'no-input' };
    const { state, effects } = run([answered(), ...digits('123456'), accepted, silence, silence, silence]);
    expect(state.kind).toBe('ending');
    expect(effects).toContainEqual({ kind: 'notice-answered', accepted: false, form: 'full' });
  });

  it('does not say that the host was asked where nobody has claimed the meeting', () => {
    const { prompts } = run([
      answered(),
      ...digits('123456'),
      { kind: 'pin-accepted', hostPresent: false, again: false },
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
    expect(muted.prompts).toEqual(['muted-by-host']);
    expect(muted.state).toMatchObject({ kind: 'talking', hostMuted: true, muted: false });
    // His own key takes back nothing of what the host did.
    expect(run(digits('*6*6'), muted.state).prompts).toEqual(['muted', 'unmuted', 'muted-by-host']);
    expect(run(digits('*1'), muted.state).prompts).toEqual(['admitted', 'muted-by-host']);
    expect(run([{ kind: 'host-muted', muted: false }], muted.state).prompts).toEqual(['unmuted-by-host']);
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

describe('the ways in', () => {
  it('asks for the code and then the PIN where there are several meetings', () => {
    const { effects, prompts } = run([answered({ kind: 'code' }), ...digits('111222333444')]);
    expect(prompts).toEqual(['welcome-enter-code', 'enter-pin']);
    expect(effects).toContainEqual({ kind: 'check-pin', code: '111222', digits: '333444' });
    const wrong = run([answered({ kind: 'code' }), ...digits('111222333444'), { kind: 'pin-wrong' }]);
    expect(wrong.state).toMatchObject({ kind: 'code', wrong: 1, digits: '' });
    expect(wrong.prompts.at(-1)).toBe('code-pin-wrong');
    // A # out of habit behind either costs nothing, and the question that it cut short is asked again.
    const habit = run([answered({ kind: 'code' }), ...digits('111222#333444#')]);
    expect(habit.effects).toContainEqual({ kind: 'check-pin', code: '111222', digits: '333444' });
    expect(habit.prompts).toEqual(['welcome-enter-code', 'enter-pin', 'enter-pin']);
  });

  it('offers each language in itself, takes the first after silence, and asks nobody who has one', () => {
    const asked = run([answered({ kind: 'pin' }, ['en', 'de', 'fr'])]);
    expect(asked.prompts).toEqual(
      ['en', 'de', 'fr'].flatMap((each, i) => [`${each}/language-offer`, `${each}/digit-${i + 1}`]),
    );
    const german = run(digits('2'), asked.state);
    expect(german.effects[0]).toEqual({ kind: 'language', language: 'de' });
    expect(german.prompts).toEqual(['welcome-enter-pin']);
    expect(run(digits('4'), asked.state).prompts).toEqual(asked.prompts);
    const silent = run([{ kind: 'no-input' }, { kind: 'no-input' }], asked.state);
    expect(silent.effects).toContainEqual({ kind: 'language', language: 'en' });
    expect(silent.state.kind).toBe('pin');
    expect(run([answered({ kind: 'pin' }, ['de'])]).prompts).toEqual(['welcome-enter-pin']);
  });

  it('sends a caller of the echo test back to himself, and nowhere else', () => {
    const echo = run([answered({ kind: 'echo' }, ['en', 'de'])]);
    expect(echo.kinds).toContain('echo');
    expect(run(digits('123456*1'), echo.state).kinds).toEqual([]);
    expect(run([{ kind: 'max-wait' }], echo.state).prompts).toEqual(['echo-over', 'goodbye']);
  });

  it('tells a caller whose call broke off that the host is asked again', () => {
    const again: LobbyEvent = { kind: 'pin-accepted', hostPresent: true, again: true };
    const { prompts } = run([answered(), ...digits('123456'), again, ...digits('1')]);
    expect(prompts.slice(-2)).toEqual(['redialled', 'lobby-waiting']);
  });

  it('locks out politely, and says whether it is the line or the meeting', () => {
    const checking = run([answered(), ...digits('123456')]).state;
    for (const [by, prompt] of [
      ['source', 'pin-locked-out'],
      ['meeting', 'meeting-locked-out'],
    ] as const) {
      const { state, prompts } = run([{ kind: 'pin-locked-out', by }], checking);
      expect(state.kind).toBe('ending');
      expect(prompts).toEqual([prompt, 'goodbye']);
    }
  });
});

describe('the notice', () => {
  const at = (notice: 'full' | 'short', events: readonly LobbyEvent[]) => {
    let state: LobbyState = lobbyStart;
    const effects: LobbyEffect[] = [];
    let now = 0;
    for (const event of [answered({ kind: 'meeting', hostPresent: true, again: false }), ...events]) {
      const step = lobbyStep(state, event, { ...rules, notice }, now);
      now += 600;
      state = step.state;
      effects.push(...step.effects);
    }
    return effects;
  };

  it('has a short form, and * says the whole; what was said last is what was accepted', () => {
    const short = at('short', digits('1'));
    expect(short).toContainEqual({ kind: 'play', prompts: ['notice-short'] });
    expect(short).toContainEqual({ kind: 'notice-answered', accepted: true, form: 'short' });
    const whole = at('short', digits('*1'));
    expect(whole).toContainEqual({ kind: 'play', prompts: ['notice'] });
    expect(whole).toContainEqual({ kind: 'notice-answered', accepted: true, form: 'full' });
  });
});

describe('a 1 at the moment when the notice begins', () => {
  const entry: LobbyEntry = { kind: 'meeting', hostPresent: true, again: false };
  const press = (from: LobbyState, at: number) => run(digits('1'), from, at);

  it('was pressed before it: it counts, and the caller is told what he has accepted', () => {
    const notice = run([answered(entry)], lobbyStart, 1_000).state;
    const soon = press(notice, 1_499);
    expect(soon.prompts).toEqual(['notice-taken', 'lobby-waiting']);
    expect(soon.effects).toContainEqual({ kind: 'notice-answered', accepted: true, form: 'taken' });
    const heard = press(notice, 1_500);
    expect(heard.prompts).toEqual(['lobby-waiting']);
    expect(heard.effects).toContainEqual({ kind: 'notice-answered', accepted: true, form: 'full' });
  });

  it('is not, where he has heard it to its end before', () => {
    const again = run([answered(entry), { kind: 'no-input' }]).state;
    expect(press(again, 100).prompts).toEqual(['lobby-waiting']);
  });

  it('is one of the words before it, where this connector has called', () => {
    const before = ['invited', 'invited-number', 'digit-4', 'digit-9'];
    const called = run([answered({ ...entry, before })]);
    expect(called.prompts).toEqual([...before, 'notice']);
    expect(press(called.state, 4_000).prompts[0]).toBe('notice-taken');
    expect(press(called.state, 10_000).prompts).toEqual(['lobby-waiting']);
  });
});

describe('“still waiting”', () => {
  it('waits for a quiet moment: what a caller has asked for is not cut off', () => {
    const { effects } = run([{ kind: 'still-waiting' }], waiting);
    expect(effects[0]).toEqual({ kind: 'play', prompts: ['lobby-still-waiting'], turn: 'idle' });
    const away = run([{ kind: 'host-present', present: false }, { kind: 'still-waiting' }], waiting);
    expect(away.effects).toContainEqual({ kind: 'play', prompts: ['lobby-host-absent'], turn: 'idle' });
  });
});

describe('keys that come early', () => {
  it('count before the first word, and while a PIN is checked', () => {
    const early = run([...digits('123456'), answered()]);
    expect(early.effects).toContainEqual({ kind: 'check-pin', code: null, digits: '123456' });
    const right = run([...digits('654321'), { kind: 'pin-wrong' }], early.state);
    expect(right.effects).toContainEqual({ kind: 'check-pin', code: null, digits: '654321' });
  });

  it('accept the notice, and say then what was accepted; other keys answer nothing', () => {
    const ahead = run([answered(), ...digits('1234561'), accepted]);
    expect(ahead.effects).toContainEqual({ kind: 'notice-answered', accepted: true, form: 'taken' });
    expect(ahead.prompts.slice(-2)).toEqual(['notice-taken', 'lobby-waiting']);
    const others = run([answered(), ...digits('123456#29'), accepted]);
    expect(others.state).toMatchObject({ kind: 'notice', held: null });
    expect(others.kinds).not.toContain('ask-host');
  });

  const inputs = fc.array(fc.constantFrom(...Array.from('0123456789')), { minLength: 18, maxLength: 18 });

  it('are neither lost nor doubled, wherever among them the answers come', () => {
    fc.assert(
      fc.property(inputs, fc.array(fc.nat({ max: 18 }), { minLength: 3, maxLength: 3 }), (keys, cuts) => {
        // Three PINs typed in one go; the call is answered, and the first two found wrong, at any moments.
        const [open = 0, first = 0, second = 0] = [...cuts].sort((a, b) => a - b);
        let state: LobbyState = lobbyStart;
        const checked: string[] = [];
        const feed = (event: LobbyEvent): void => {
          const step = lobbyStep(state, event, rules, 0);
          state = step.state;
          for (const effect of step.effects) if (effect.kind === 'check-pin') checked.push(effect.digits);
        };
        let wrong = 0;
        const answerChecks = (upTo: number): void => {
          while (wrong < upTo && state.kind === 'checking') {
            wrong += 1;
            feed({ kind: 'pin-wrong' });
          }
        };
        for (let i = 0; i <= keys.length; i++) {
          if (i === open) feed(answered());
          if (i >= first) answerChecks(1);
          if (i >= second) answerChecks(2);
          const digit = keys[i];
          if (digit !== undefined) feed({ kind: 'digit', digit });
        }
        answerChecks(2);
        const typed = keys.join('');
        expect(checked).toEqual([typed.slice(0, 6), typed.slice(6, 12), typed.slice(12)]);
      }),
    );
  });
});

describe('keys in and before the meeting', () => {
  it('*1 says where he is, and how many callers are in', () => {
    expect(run(digits('*1'), waiting).prompts).toEqual(['status-waiting']);
    const two = run([{ kind: 'inside', count: 2 }, ...digits('*1'), { kind: 'still-waiting' }], waiting);
    expect(two.prompts).toEqual([
      'status-waiting',
      { kind: 'inside', count: 2 },
      'lobby-still-waiting',
      { kind: 'inside', count: 2 },
    ]);
    expect(run(digits('*1'), talking).prompts).toEqual(['status-heard']);
  });

  it('*0 says the keys that there are', () => {
    const away = run([{ kind: 'refused', reason: 'denied' }], waiting).state;
    expect(run(digits('*0'), waiting).prompts).toEqual(['help-waiting']);
    expect(run(digits('*0'), talking).prompts).toEqual(['help-talking']);
    expect(run(digits('*0'), away).prompts).toEqual(['help-turned-away']);
  });

  it('## leaves from everywhere, if the second comes soon', () => {
    const away = run([{ kind: 'refused', reason: 'denied' }], waiting).state;
    const notice = run([answered(), ...digits('123456'), accepted]).state;
    const echo = run([answered({ kind: 'echo' })]).state;
    const pin = run([answered()]).state;
    for (const from of [waiting, talking, away, notice, echo, pin]) {
      const { state, prompts, effects } = run(digits('##'), from);
      expect(state.kind).toBe('ending');
      expect(prompts.slice(-2)).toEqual(['leaving', 'goodbye']);
      expect(effects).toContainEqual({ kind: 'end', reason: 'left' });
      const one = lobbyStep(from, { kind: 'digit', digit: '#' }, rules, 0).state;
      expect(lobbyStep(one, { kind: 'digit', digit: '#' }, rules, 6_000).state.kind).toBe(from.kind);
      expect(run(digits('#2#'), from).state.kind).not.toBe('ending');
    }
  });

  it('ends at the longest time of a call, with a warning behind what is being said', () => {
    const { effects } = run([answered()]);
    expect(effects).toContainEqual({ kind: 'timer', name: 'call-warning', ms: 3_540_000 });
    expect(effects).toContainEqual({ kind: 'timer', name: 'max-call', ms: 3_600_000 });
    expect(run([{ kind: 'call-warning' }], talking).effects).toEqual([
      { kind: 'play', prompts: ['call-warning'], turn: 'after' },
    ]);
    expect(run([{ kind: 'max-call' }], talking).prompts).toEqual(['max-call', 'goodbye']);
    const endless = lobbyStep(lobbyStart, answered(), { ...rules, maxCallMs: null }, 0);
    expect(endless.effects).not.toContainEqual(expect.objectContaining({ name: 'max-call' }));
  });
});

const anyEvent: fc.Arbitrary<LobbyEvent> = fc.oneof(
  fc.constantFrom(...'0123456789*#'.split('')).map((digit): LobbyEvent => ({ kind: 'digit', digit })),
  fc.constantFrom<LobbyEvent>(
    answered(),
    answered({ kind: 'code' }, ['en', 'de']),
    { kind: 'inside', count: 3 },
    { kind: 'call-warning' },
    { kind: 'max-call' },
    { kind: 'host-muted', muted: true },
    { kind: 'no-input' },
    { kind: 'pin-accepted', hostPresent: true, again: false },
    { kind: 'pin-accepted', hostPresent: false, again: false },
    { kind: 'pin-wrong' },
    { kind: 'pin-locked-out', by: 'source' },
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
    { kind: 'gate-closed', reason: 'lease-lost' },
    { kind: 'served-elsewhere' },
    { kind: 'bridge-failed' },
    { kind: 'draining' },
    { kind: 'ended-by-operator' },
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

  it('whoever runs the connector ends a call in any state, and its caller hears who', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
        const { state } = run(events);
        if (state.kind === 'ending') return;
        const ended = run([{ kind: 'ended-by-operator' }], state);
        expect(ended.prompts).toEqual(['ended-by-operator', 'goodbye']);
        expect(ended.effects.at(-1)).toEqual({ kind: 'end', reason: 'ended-by-operator' });
      }),
    );
  });

  it('an ending call stays ending and says goodbye exactly once', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        const { prompts, kinds, state, effects } = run(events);
        const byes = prompts.filter((p) => p === 'goodbye').length;
        const held = effects.filter((e) => e.kind === 'timer').at(-1);
        if (state.kind === 'ending') expect(held?.ms ?? null).toBeNull();
        expect(byes).toBe(state.kind === 'ending' ? 1 : 0);
        expect(kinds.filter((k) => k === 'end').length).toBe(byes);
      }),
    );
  });
});
