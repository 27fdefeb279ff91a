import { expect, it } from 'vitest';
import { LatchkeyError } from '../../../src/base/errors.ts';
import { checkConfig, mergedConfig } from '../../../src/config/load.ts';
import { LiveConfig } from '../../../src/config/reload.ts';
import type { Config } from '../../../src/config/schema.ts';
import { createReload } from '../../../src/reload.ts';

/** A running connector's configuration, whose file, ledger and log are lists. */
function stage() {
  const first = checkConfig(mergedConfig(null));
  const live = new LiveConfig(first);
  const happened: string[] = [];
  const told: Config[] = [];
  let file: () => Config = () => first;
  let ledger: () => Promise<void> = () => Promise.resolve();
  const say = (level: string) => (about: object, text: string) =>
    void happened.push(`${level}: ${text} ${JSON.stringify(about)}`);
  const log = { level: 'info', info: say('info'), warn: say('warn'), error: say('error') };
  const reload = createReload({
    ...{ live, log },
    read: () => file(),
    reread: () => void happened.push('files'),
    onTaken: (now) => void told.push(now),
    append: async ({ type, data }) => {
      await ledger();
      happened.push(`${type} ${String(data?.['action'])}`);
    },
  });
  return {
    ...{ live, reload, happened, told, log, first },
    write: (next: () => Config) => void (file = next),
    breakLedger: () => void (ledger = () => Promise.reject(new Error('full'))),
  };
}

it('SIGHUP: certificates first, recorded before it is done, what needs a restart is named, no value is', async () => {
  const { live, reload, happened, log, first, write } = stage();
  write(() => ({
    ...first,
    logLevel: 'debug',
    dataDir: '/elsewhere',
    lobby: { ...first.lobby, pinTries: 2 },
  }));
  await reload.onSignal();
  expect(happened).toEqual([
    'files',
    'operator-action config-reload',
    'info: configuration taken {"changed":["logLevel","lobby.pinTries"]}',
    'warn: changed in the file, in force after a restart {"needRestart":["dataDir"]}',
  ]);
  expect([live.now.lobby.pinTries, live.now.dataDir, log.level]).toEqual([2, first.dataDir, 'debug']);
});

it('a file that is not valid changes nothing and says why, by signal and by API; certificates are read all the same', async () => {
  const { live, reload, happened, told, first, write } = stage();
  write(() => {
    throw new LatchkeyError('config-invalid', 'lobby.pinTries: 0, expected 1 to 10');
  });
  await reload.onSignal();
  expect(reload.now()).toEqual({
    ...{ ok: false, reason: 'config-invalid' },
    detail: 'lobby.pinTries: 0, expected 1 to 10',
  });
  expect([live.now, told]).toEqual([first, []]);
  expect(happened).toEqual([
    'files',
    'error: configuration not taken: nothing has changed {"reason":"lobby.pinTries: 0, expected 1 to 10"}',
    'files',
    'error: configuration not taken: nothing has changed {"reason":"lobby.pinTries: 0, expected 1 to 10"}',
  ]);
});

it('nothing changes by a signal that the ledger does not take', async () => {
  const { live, reload, happened, first, write, breakLedger } = stage();
  write(() => ({ ...first, lobby: { ...first.lobby, pinTries: 2 } }));
  breakLedger();
  await reload.onSignal();
  expect(live.now).toEqual(first);
  expect(happened.at(-1)).toContain('the ledger does not record it');
});

it('the API’s word is recorded by the route: it is taken at once', () => {
  const { live, reload, happened, told, first, write } = stage();
  write(() => ({ ...first, sip: { ...first.sip, maxCalls: 3 } }));
  expect(reload.now()).toEqual({ ok: true, value: { changed: ['sip.maxCalls'], needRestart: [] } });
  expect(live.now.sip.maxCalls).toBe(3);
  // And whoever does not read it for each call is told.
  expect(told).toEqual([live.now]);
  expect(happened).toEqual(['files', 'info: configuration taken {"changed":["sip.maxCalls"]}']);
});
