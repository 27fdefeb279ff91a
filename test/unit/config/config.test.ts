import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkConfig, loadConfig } from '../../../src/config/load.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { configTable } from '../../../src/config/table.ts';

const defaults = () =>
  structuredClone(loadConfig(null)) as unknown as Record<string, Record<string, unknown>>;

function refusal(change: (config: Record<string, Record<string, unknown>>) => void): string {
  const config = defaults();
  change(config);
  try {
    checkConfig(config);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('accepted');
}

describe('the configuration', () => {
  it('has a default for every key', () => {
    const missing = Object.keys(configSchema.properties).filter((key) => !(key in defaults()));
    expect(missing).toEqual([]);
  });

  it('refuses unknown keys by their path', () => {
    expect(refusal((c) => (c['sip']!['lisetn'] = []))).toContain('unknown key sip.lisetn');
  });

  it('names path, value and meaning of what is wrong', () => {
    expect(refusal((c) => (c['http']!['port'] = '80'))).toMatch(
      /^http\.port: "80" must be integer .*TCP port/,
    );
    expect(refusal((c) => (c['lobby']!['pinTries'] = 0))).toContain('lobby.pinTries: 0');
    expect(refusal((c) => delete c['sip']!['maxCalls'])).toContain('maxCalls');
  });

  it('refuses a port range without room', () => {
    expect(refusal((c) => (c['media']!['rtpPorts'] = { min: 20_000, max: 20_002 }))).toContain(
      'media.rtpPorts',
    );
  });

  it('is documented key by key, from the schema itself', () => {
    const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
    expect(page).toContain(configTable());
  });

  it('stays on loopback unless told otherwise', () => {
    const hosts = JSON.stringify(defaults()).match(/"(?:host|bindAddress|rtcBindAddress)":"([^"]+)"/g) ?? [];
    expect(hosts.length).toBeGreaterThan(4);
    for (const host of hosts) expect(host).toContain('127.0.0.1');
  });
});
