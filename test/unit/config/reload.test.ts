import { expect, it } from 'vitest';
import { checkConfig, mergedConfig } from '../../../src/config/load.ts';
import { isReloaded, LiveConfig } from '../../../src/config/reload.ts';
import type { Config } from '../../../src/config/schema.ts';

const first = (): Config => checkConfig(mergedConfig(null));

/** The same file with one key of another value. */
function withKey(path: string, value: unknown): Config {
  const config = structuredClone(first()) as unknown as Record<string, unknown>;
  const parts = path.split('.');
  const last = parts.pop() ?? '';
  const at = parts.reduce((tree, key) => tree[key] as Record<string, unknown>, config);
  at[last] = value;
  return checkConfig(config);
}

const others = {
  logLevel: 'debug',
  'sip.maxCalls': 7,
  'lobby.pinTries': 2,
  'lobby.notice': 'short',
  'lobby.noInputSeconds': 9,
  'lobby.maxWaitSeconds': 333,
  'lobby.stillWaitingSeconds': 44,
  'lobby.askAgainSeconds': 55,
  'lobby.maxCallMinutes': 66,
  'lobby.lockoutFailures': 5,
  'lobby.meetingLockoutFailures': 50,
  'lobby.lockoutSeconds': 400,
  'lobby.redialMinutes': 11,
  'callers.pinRotation.hours': 24,
  'callers.pinRotation.eachMeeting': true,
  'callers.announce': 'off',
  'media.echo': false,
} as const;

it.each(Object.entries(others))('%s changes, and nothing else does', (path, value) => {
  const live = new LiveConfig(first());
  const file = withKey(path, value);
  expect(isReloaded(path)).toBe(true);
  expect(live.changes(file)).toEqual({ changed: [path], needRestart: [] });
  live.take(file);
  expect(live.now).toEqual(file);
  expect(live.changes(file)).toEqual({ changed: [], needRestart: [] });
  expect(live.changes(first())).toEqual({ changed: [path], needRestart: [] });
});

it('what needs a restart is named and stays as it was, a list as a whole', () => {
  const live = new LiveConfig(first());
  const trunks = [{ name: 'carrier', sources: ['192.0.2.7'] }];
  const file = { ...withKey('http.port', 1_234), lobby: { ...first().lobby, pinTries: 2 } };
  const changed = checkConfig({ ...file, trunks });
  expect(live.changes(changed)).toEqual({
    changed: ['lobby.pinTries'],
    needRestart: ['http.port', 'trunks'],
  });
  live.take(changed);
  expect(live.now).toEqual({ ...first(), lobby: changed.lobby });
  expect(live.changes(changed)).toEqual({ changed: [], needRestart: ['http.port', 'trunks'] });
});

/** With these trunks, and the rest as it is. */
const withTrunks = (trunks: readonly object[], more: object = {}): Config =>
  checkConfig({ ...first(), trunks, ...more });
const carrier = {
  ...{ name: 'carrier', sources: ['192.0.2.7'], maxCalls: 10 },
  called: [{ number: '+4930*', to: 'ivr' }],
};
const pbx = { name: 'pbx', sources: ['198.51.100.0/24'], language: 'en' };

it('trunks are taken key by key, each as a whole: by whom, from where, to what', () => {
  const live = new LiveConfig(withTrunks([carrier, pbx]));
  const file = withTrunks([
    { ...carrier, sources: ['192.0.2.8'], maxCalls: 2, called: [{ number: '+49*', to: 'refuse' }] },
    { ...pbx, codecs: ['PCMA'], health: { target: 'sip:pbx.example.com' } },
  ]);
  expect(live.changes(file)).toEqual({
    changed: ['trunks[carrier].sources', 'trunks[carrier].maxCalls', 'trunks[carrier].called'],
    // Its codecs could change, but not without the rest of it.
    needRestart: ['trunks[pbx].codecs', 'trunks[pbx].health'],
  });
  live.take(file);
  expect(live.now.trunks).toEqual([file.trunks[0], pbx]);
  // What is left out of the file is left out from then on.
  const { maxCalls: _, ...open } = file.trunks[0]!;
  const without = withTrunks([open, pbx]);
  expect(live.changes(without).changed).toEqual(['trunks[carrier].maxCalls']);
  live.take(without);
  expect(live.now.trunks).toEqual([open, pbx]);
});

it('a trunk that would be open to everybody by half of a change stays as it is', () => {
  const live = new LiveConfig(withTrunks([carrier]));
  const digest = { users: [{ name: 'phone', passwordFile: '/etc/latchkey/phone' }] };
  const file = withTrunks([{ ...carrier, sources: [], digest }]);
  expect(live.changes(file)).toEqual({
    changed: [],
    needRestart: ['trunks[carrier].sources', 'trunks[carrier].digest'],
  });
  live.take(file);
  expect(live.now.trunks).toEqual([carrier]);
});

it('sources need a restart where the SIP server was told them: silence to others, or certificates of clients', () => {
  const moved = { ...carrier, sources: ['192.0.2.9'] };
  const silent = { sip: { ...first().sip, unknownSource: 'drop' } };
  const live = new LiveConfig(withTrunks([carrier], silent));
  expect(live.changes(withTrunks([moved], silent)).needRestart).toEqual(['trunks[carrier].sources']);
  // What else it may is taken all the same, where nothing of it is held back.
  expect(live.changes(withTrunks([{ ...carrier, maxCalls: 3 }], silent)).changed).toEqual([
    'trunks[carrier].maxCalls',
  ]);
});

it('languages change to any whose prompts were read at the start, and to no other', () => {
  const live = new LiveConfig(withTrunks([{ ...pbx, called: [{ number: '*', to: 'ivr', language: 'de' }] }]));
  const german = withTrunks([{ ...pbx, language: 'de', called: [{ number: '*', to: 'ivr' }] }]);
  expect(live.changes(german).changed).toEqual(['trunks[pbx].language', 'trunks[pbx].called']);
  const french = withTrunks([
    { ...pbx, language: 'fr', called: [{ number: '*', to: 'ivr', language: 'de' }] },
  ]);
  expect(live.changes(french)).toEqual({ changed: [], needRestart: ['trunks[pbx].language'] });
  const both = { lobby: { ...first().lobby, languages: ['en', 'de'] } };
  const chosen = withTrunks(live.now.trunks, both);
  expect(live.changes(chosen).changed).toEqual(['lobby.languages']);
});
