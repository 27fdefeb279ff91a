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
