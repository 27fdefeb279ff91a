import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nearestOf } from '../../../src/base/nearest.ts';
import { fileProblem, modeProblem, namedFiles } from '../../../src/config/files.ts';
import { configFaults, loadConfig } from '../../../src/config/load.ts';
import { masked } from '../../../src/config/masked.ts';

type Tree = Record<string, Record<string, unknown>>;
const defaults = (): Tree => structuredClone(loadConfig(null)) as unknown as Tree;
const folder = mkdtempSync(join(tmpdir(), 'latchkey-faults-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('what is wrong with a configuration', () => {
  it('is told all at once, each with its path, what is expected and what stands there', () => {
    const config = defaults();
    config['http']!['port'] = '80';
    config['lobby']!['pinTries'] = 0;
    config['sip']!['lisetn'] = [];
    delete config['sip']!['maxCalls'];
    config['sip']!['listen'] = [{ transport: 'tpc', host: '127.0.0.1', port: 5060 }];
    const faults = configFaults(config);
    expect(faults.map(({ path }) => path).sort()).toEqual([
      'http.port',
      'lobby.pinTries',
      'sip.lisetn',
      'sip.listen.0.transport',
      'sip.maxCalls',
    ]);
    const at = (path: string) => faults.find((fault) => fault.path === path);
    expect(at('http.port')).toMatchObject({ got: '"80"' });
    expect(at('http.port')?.expected).toMatch(/^a whole number of 0 to 65535 \(TCP port/);
    expect(at('sip.lisetn')).toMatchObject({ nearest: 'sip.listen', got: null });
    expect(at('sip.maxCalls')?.text).toMatch(/^sip\.maxCalls: missing: must be a whole number of 1 to 5000/);
  });

  it('looks into what may be null, and into lists', () => {
    const config = defaults() as unknown as Record<string, unknown>;
    config['trunks'] = [
      { name: 'a', sources: ['::1'] },
      { name: 'b', sources: [1], digets: {} },
    ];
    config['meeting'] = { server: { url: 'ws://x', apiKye: 'k' }, bindAddress: null };
    expect(configFaults(config).map(({ path, nearest }) => [path, nearest])).toEqual([
      ['trunks.1.sources.0', null],
      ['trunks.1.digets', 'trunks.1.digest'],
      ['meeting.server.apiKey', null],
      ['meeting.server.apiSecretFile', null],
      ['meeting.server.apiKye', 'meeting.server.apiKey'],
    ]);
  });

  it('shows no value that may be a secret', () => {
    const config = defaults();
    config['keys']!['passphrase'] = 'correct horse';
    config['meeting']!['server'] = { url: 'ws://x', apiKey: 4711, apiSecretFile: '/x' };
    const text = JSON.stringify(configFaults(config));
    expect(text).toContain('meeting.server.apiKey');
    expect(text).toContain('keys.passphrase');
    expect(text).not.toContain('horse');
    expect(text).not.toContain('4711');
  });

  it('names every rule that is broken, not only the first', () => {
    const config = defaults() as unknown as Record<string, Record<string, unknown>>;
    config['media']!['rtpPorts'] = { min: 20_000, max: 20_001 };
    config['keys']!['protect'] = 'passphrase';
    config['ledger']!['store'] = 'postgres';
    expect(configFaults(config).map(({ path }) => path)).toEqual([
      'ledger.postgres',
      'media.rtpPorts',
      'keys.secretFile',
    ]);
  });
});

it('what was probably meant is near, and nothing is guessed from far away', () => {
  expect(nearestOf('pintries', ['pinTries', 'noInput'])).toBe('pinTries');
  expect(nearestOf('lisetn', ['listen', 'drachtio'])).toBe('listen');
  expect(nearestOf('secret', ['protect', 'secretFile'])).toBe('secretFile');
  expect(nearestOf('zz', ['sip', 'sfu'])).toBeNull();
});

it('the files that a configuration names are found by their keys, and the secret ones are told apart', () => {
  const secret = join(folder, 'secret');
  writeFileSync(secret, 'x\n');
  chmodSync(secret, 0o640);
  const config = loadConfig(null);
  const files = namedFiles({
    ...config,
    http: { ...config.http, tls: { certFile: join(folder, 'no.pem'), keyFile: secret } },
  });
  expect(files.map(({ path, secret: s }) => [path, s])).toEqual([
    ['http.tls.certFile', false],
    ['http.tls.keyFile', true],
  ]);
  expect(files.map(fileProblem)).toEqual([expect.stringContaining('there is no file'), null]);
  expect(modeProblem(files[1]!)).toContain('0640');
  chmodSync(secret, 0o600);
  expect(modeProblem(files[1]!)).toBeNull();
});

it('what is shown of a configuration holds no secret', () => {
  const shown = masked({
    meeting: { server: { url: 'wss://user:hush@x/', apiKey: 'devkey', apiSecretFile: '/etc/s' } },
    list: [{ password: 'p4ss' }],
    lobby: { pinTries: 3 },
  });
  expect(shown).toEqual({
    meeting: { server: { url: 'wss://user:[secret]@x/', apiKey: '[secret]', apiSecretFile: '/etc/s' } },
    list: [{ password: '[secret]' }],
    lobby: { pinTries: 3 },
  });
});
