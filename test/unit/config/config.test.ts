import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

  it.each(['{"__proto__": {"dataDir": "/elsewhere"}}', '{"http": {"__proto__": {"port": 5}}}'])(
    'refuses %s: a prototype is no key either, and hides none',
    (text) => {
      const dir = mkdtempSync(join(tmpdir(), 'latchkey-config-'));
      const file = join(dir, 'config.json');
      writeFileSync(file, text);
      try {
        expect(() => loadConfig(file)).toThrow(/unknown key (http\.)?__proto__/);
      } finally {
        rmSync(dir, { recursive: true });
      }
    },
  );

  it('names path, value and meaning of what is wrong', () => {
    expect(refusal((c) => (c['http']!['port'] = '80'))).toMatch(
      /^http\.port: "80" must be a whole number of 0 to 65535 .*TCP port/,
    );
    expect(refusal((c) => (c['lobby']!['pinTries'] = 0))).toContain('lobby.pinTries: 0');
    expect(refusal((c) => delete c['sip']!['maxCalls'])).toContain('maxCalls');
  });

  it('refuses a trusted proxy that is no address', () => {
    expect(refusal((c) => (c['http']!['trustedProxies'] = ['10.0.0.0/8', 'proxy']))).toContain(
      'http.trustedProxies.1: “proxy” is no address',
    );
  });

  it('refuses a port range without room', () => {
    expect(refusal((c) => (c['media']!['rtpPorts'] = { min: 20_000, max: 20_002 }))).toContain(
      'media.rtpPorts',
    );
  });

  it('refuses addresses and certificates that contradict themselves', () => {
    const sip = (change: Record<string, unknown>) => refusal((c) => void Object.assign(c['sip']!, change));
    const media = (change: Record<string, unknown>) =>
      refusal((c) => void Object.assign(c['media']!, change));
    const tls = { certFile: '/c', keyFile: '/k', hosts: [], caFile: null, clientCaFile: null };
    const listen = (entry: Record<string, unknown>) => [
      { transport: 'tls', host: '::1', port: 5_061, ...entry },
    ];
    expect(sip({ listen: listen({}) })).toContain('sip.tls: missing');
    expect(sip({ listen: listen({ requireClientCert: true }), tls })).toContain('needs sip.tls.clientCaFile');
    expect(sip({ listen: listen({ host: 'localhost' }), tls })).toContain('“localhost” is no address');
    expect(sip({ dnsServers: ['192.0.2.1'] })).toContain('sip.dnsServers.0: “192.0.2.1”');
    expect(sip({ externalAddress: { address: 'x', localNetworks: [] } })).toContain(
      'sip.externalAddress.address',
    );
    expect(media({ otherHost: '127.0.0.2' })).toContain('of the same family');
    const trunk = (own: Record<string, unknown>, more: Record<string, unknown> = {}) =>
      refusal((c) => {
        Object.assign(c['sip']!, { tls: { ...tls, clientCaFile: '/a' } });
        Object.assign(c, { trunks: [{ name: 'a', sources: ['192.0.2.1'], tls: own, ...more }] });
      });
    expect(trunk({ clientNames: ['x.example'] })).toContain('needs transports: ["tls"]');
    expect(trunk({ servers: ['x.example'], certFile: '/c' })).toContain('certFile and keyFile go together');
    expect(trunk({ caFile: '/c' })).toContain('trunks.0.tls.servers');
    expect(trunk({ servers: ['x.example'] })).toContain('trunks.0.tls.servers');
  });

  it('shares only what others reach as well', () => {
    const sharing = {
      ...{ url: 'postgres://s@localhost/l', passwordFile: null, group: 'a' },
      ...{ contact: '192.0.2.1:5060', redirect: true, leaseSeconds: 10 },
    };
    const postgres = { url: 'postgres://l@localhost/l', passwordFile: null, log: 'a' };
    const server = { url: 'wss://x', apiKey: 'a', apiSecretFile: '/s' };
    const fault = (change: Record<string, unknown>, apart: 'ledger' | 'meeting' | null = null) =>
      refusal((c) => {
        Object.assign(c, { sharing: { ...sharing, ...change } });
        if (apart !== 'ledger') Object.assign(c['ledger']!, { store: 'postgres', postgres });
        if (apart !== 'meeting') Object.assign(c['meeting']!, { server });
      });
    expect(fault({}, 'ledger')).toContain('sharing: needs ledger.store "postgres"');
    expect(fault({}, 'meeting')).toContain('sharing: needs meeting.server');
    for (const contact of ['x', 'sip:192.0.2.1:5060', '192.0.2.1:5060>', '192.0.2.1:5060;lr', 'a b:1'])
      expect(fault({ contact })).toContain('sharing.contact');
    expect(fault({ leaseSeconds: 4 })).toContain('sharing.leaseSeconds');
    expect(fault({ group: '' })).toContain('sharing.group');
    const given = { ...sharing, contact: '[2001:db8::1]:5061;transport=tls' };
    const config = defaults() as unknown as Record<string, object>;
    Object.assign(config['ledger']!, { store: 'postgres', postgres });
    Object.assign(config['meeting']!, { server });
    expect(checkConfig({ ...config, sharing: given }).sharing).toEqual(given);
  });

  describe('trunks', () => {
    const trunk = { name: 'carrier', sources: ['192.0.2.0/24'] };
    const fault = (change: Record<string, unknown>, ...more: unknown[]) =>
      refusal((c) => ((c as Record<string, unknown>)['trunks'] = [{ ...trunk, ...change }, ...more]));

    it('are taken as short as name and sources', () => {
      const config = { ...defaults(), trunks: [trunk] };
      expect(checkConfig(config).trunks).toEqual([trunk]);
    });

    it('are refused by name and key where they are open to anybody or contradict themselves', () => {
      const users = [{ name: 'a', passwordFile: '/x' }];
      expect(fault({ sources: ['192.0.2.0/33'] })).toMatch(
        /^trunks\.0\.sources: “192\.0\.2\.0\/33” .*\(trunk carrier\)/,
      );
      expect(fault({ sources: ['example.com'] })).toContain('no address and no range');
      expect(fault({ sources: [] })).toContain('anybody could call');
      expect(fault({ callerId: ['pai'] })).toContain('callerId: “pai” is believed of trusted trunks only');
      expect(fault({ srtp: 'require' })).toContain('srtp: “require” needs transports: ["tls"]');
      expect(fault({ whenFull: 486 })).toContain('whenFull');
      expect(fault({ digest: { users } }, { ...trunk, name: 'b', digest: { users } })).toContain(
        'stands twice',
      );
      expect(fault({ digest: { users, algorithms: ['MD5'] } })).toContain('MD5 needs allowMd5');
      expect(fault({}, trunk)).toContain('name: stands twice');
      expect(fault({ called: [{ number: '+49 30', to: 'ivr' }] })).toContain('trunks');
      expect(fault({ maxcalls: 3 })).toContain('unknown key trunks.0.maxcalls');
    });
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
