import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Value } from 'typebox/value';
import { systemClock } from '../../../src/base/clock.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';
import { checkAddresses } from '../../../src/doctor/addresses.ts';
import { checkClock } from '../../../src/doctor/clock.ts';
import { checkDisk } from '../../../src/doctor/disk.ts';
import { examine } from '../../../src/doctor/examine.ts';
import { reportSchema, type Finding, type Patient } from '../../../src/doctor/finding.ts';
import { checkKeys } from '../../../src/doctor/keys.ts';
import { checkLedger } from '../../../src/doctor/ledger.ts';
import { checkNames } from '../../../src/doctor/names.ts';
import { checkPorts } from '../../../src/doctor/ports.ts';
import { checkPrompts } from '../../../src/doctor/prompts.ts';
import { checkConfigFiles } from '../../../src/doctor/runtime.ts';
import { checkMeetingServer, checkSipServer } from '../../../src/doctor/servers.ts';
import { clockFindings, operatorFindings } from '../../../src/doctor/sharing.ts';
import { checkTls } from '../../../src/doctor/tls.ts';
import { checkTrunks } from '../../../src/doctor/trunks.ts';
import { openAppLink } from '../../../src/sip-server/app/link.ts';
import { rootAuthority } from '../../support/stir-signer.ts';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-doctor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

function patient(change: (config: Config) => Partial<Config> = () => ({}), dataDir = folder): Patient {
  const config = loadConfig(null);
  return { config: { ...config, ...change(config) }, dataDir, clock: systemClock };
}

const levels = (findings: readonly Finding[]): string[] => findings.map(({ level }) => level);

/** What the one finding that is not well says. */
function complaint(findings: readonly Finding[]): string {
  const [first, ...more] = findings.filter(({ level }) => level !== 'ok');
  expect(more).toEqual([]);
  expect(first?.why).toBeTruthy();
  expect(first?.remedy).toBeTruthy();
  return `${first?.level ?? 'ok'}: ${first?.found ?? ''}`;
}

/** Ports that were free a moment ago. */
async function freePorts(config: Config): Promise<Partial<Config>> {
  const [http, sip, sfu, admin] = await Promise.all([1, 2, 3, 4].map(() => listening(createServer())));
  for (const server of servers.splice(0)) await new Promise((done) => server.close(done));
  return {
    http: { ...config.http, port: http! },
    admin: { ...config.admin, port: admin! },
    sip: { ...config.sip, listen: [{ transport: 'udp', host: '127.0.0.1', port: sip! }] },
    sfu: { ...config.sfu, port: sfu! },
  };
}

it('the embedded defaults are well, and the report keeps to its closed schema', async () => {
  const defaults = loadConfig(null);
  const config = { ...defaults, ...(await freePorts(defaults)), dataDir: join(folder, 'none-yet') };
  const report = await examine({ config, file: null, clock: systemClock });
  expect(report.findings.filter(({ level }) => level === 'error')).toEqual([]);
  expect(report).toMatchObject({ ok: true, errors: 0 });
  expect(new Set(report.findings.map(({ check }) => check)).size).toBeGreaterThanOrEqual(15);
  expect(Value.Check(reportSchema, report)).toBe(true);
  expect(Value.Check(reportSchema, { ...report, more: 1 })).toBe(false);
});

it('docs/schemas/doctor.schema.json is that schema', () => {
  const file = new URL('../../../docs/schemas/doctor.schema.json', import.meta.url);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(reportSchema)));
});

describe('the clock of the shared database', () => {
  it('agrees within two seconds, however long the answer took; farther apart it is said by how much', () => {
    for (const now of [1_000, 4_000, 5_000, 8_000, 10_000])
      expect(levels(clockFindings(now, 3_000, 8_000)), String(now)).toEqual(['ok']);
    expect(complaint(clockFindings(10_001, 3_000, 8_000))).toContain('2001 ms ahead');
    expect(complaint(clockFindings(500, 3_000, 8_000))).toContain('2500 ms behind');
  });
});

describe('connectors of one group', () => {
  const [a, b] = [
    { log: 'bridge-a', operator: 'T1' },
    { log: 'bridge-b', operator: 'T1' },
  ];

  it('have one operator, or those that have another are named', () => {
    expect(operatorFindings([], null)).toEqual([]);
    expect(levels(operatorFindings([a, b], null))).toEqual(['ok']);
    const found = complaint(operatorFindings([a, b, { log: 'bridge-c', operator: 'T2' }], null));
    expect(found).toContain('bridge-a, bridge-b: T1; bridge-c: T2');
  });

  it('are compared with the certificate that is here, which a restart will take', () => {
    expect(levels(operatorFindings([a, b], { log: 'bridge-a', operator: 'T1' }))).toEqual(['ok']);
    const found = complaint(operatorFindings([a, b], { log: 'bridge-a', operator: 'T2' }));
    expect(found).toContain('bridge-a: T2; bridge-b: T1');
    expect(levels(operatorFindings([a], { log: 'bridge-a', operator: 'T2' }))).toEqual(['ok']);
  });
});

describe('ports', () => {
  it('a port that another program holds is an error that names the program', async () => {
    const port = await listening(createServer());
    const found = await checkPorts(patient((c) => ({ http: { ...c.http, port } })));
    const [http] = found;
    expect(http?.level).toBe('error');
    expect(http?.found).toMatch(
      new RegExp(`^http: tcp 127.0.0.1:${port} is held by .+ \\(process ${process.pid}\\)`),
    );
    expect(http?.remedy).toContain('http.port');
  });

  it('one that a process of this installation holds is none, however it was started', async () => {
    const root = join(import.meta.dirname, '../../..');
    const script = `require('node:net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
    const child = spawn(process.execPath, ['-e', script, '--', 'src/main.ts'], { cwd: root });
    try {
      const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
      const port = Number(chunk.toString());
      const [http] = await checkPorts(patient((c) => ({ http: { ...c.http, port } })));
      expect(http).toMatchObject({ level: 'note' });
      expect(http?.found).toContain(`running connector of this installation (process ${child.pid ?? 0})`);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('an address that is not this machine’s, and a range too narrow for maxCalls', async () => {
    const found = await checkPorts(
      patient((c) => ({
        http: { ...c.http, port: 0 },
        admin: { ...c.admin, port: 0 },
        sfu: { ...c.sfu, port: 0 },
        sip: { ...c.sip, listen: [{ transport: 'udp', host: '192.0.2.1', port: 5060 }] },
        media: { ...c.media, rtpPorts: { min: 20_000, max: 20_009 } },
      })),
    );
    expect(levels(found)).toEqual(['error', 'warning']);
    expect(found[0]?.found).toContain('no such address');
    expect(found[1]?.found).toContain('for 5 legs');
  });
});

it('audio that telephones would send to themselves is an error', () => {
  const open = (media: string): Finding[] =>
    checkAddresses(
      patient((c) => ({
        sip: { ...c.sip, listen: [{ transport: 'udp', host: '0.0.0.0', port: 5060 }] },
        media: { ...c.media, host: media },
      })),
    );
  expect(complaint(open('127.0.0.1'))).toMatch(/^error: media.host is 127.0.0.1, and calls come/);
  expect(complaint(open('0.0.0.0'))).toMatch(/^error: media.host is 0.0.0.0/);
  expect(complaint(open('192.0.2.77'))).toMatch(
    /^error: media.host 192.0.2.77 is no address of this machine/,
  );
});

it('an outer address has to be one, and stands in signalling and media alike', () => {
  const outer = (address: string, both = true): Finding[] =>
    checkAddresses(
      patient((c) => ({
        sip: { ...c.sip, externalAddress: { address, localNetworks: [] } },
        media: { ...c.media, externalAddress: both ? { address, localNetworks: [] } : null },
      })),
    );
  expect(levels(outer('203.0.113.5'))).toEqual(['note', 'ok', 'ok', 'ok']);
  expect(levels(outer('10.0.0.5'))).toEqual(['note', 'ok', 'error', 'error']);
  expect(outer('203.0.113.5', false).at(-1)).toMatchObject({ level: 'warning' });
});

it('pages for other machines need TLS and a meeting server that they reach', () => {
  const found = checkAddresses(patient((c) => ({ http: { ...c.http, host: '0.0.0.0' } })));
  expect(levels(found)).toEqual(['note', 'ok', 'warning', 'error']);
});

it('names that do not resolve are errors where nothing starts without them', async () => {
  const drachtio = { host: 'no-such-host.invalid', port: 9022, secretFile: '/x' };
  const found = await checkNames(patient((c) => ({ sip: { ...c.sip, drachtio } })));
  expect(complaint(found)).toMatch(/^error: sip.drachtio.host: no-such-host.invalid does not resolve/);
});

it('a clock that is set while it is watched is told', async () => {
  let reads = 0;
  const stepped = { ...systemClock, wallMs: () => systemClock.wallMs() + (reads++ === 0 ? 0 : 5_000) };
  expect(complaint(await checkClock({ ...patient(), clock: stepped }))).toMatch(
    /^error: the clock was set by (4999|500\d) ms/,
  );
});

describe('certificates', () => {
  const root = rootAuthority('doctor root');
  const issued = root.issue({ name: 'doctor', dns: 'meet.example.org' });
  const other = root.issue({ name: 'other' });
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const certFile = write('cert.pem', issued.pem);
  const keyFile = write('key.pem', issued.keyPem);
  const look = (tls: { certFile: string; keyFile: string }, at = systemClock.wallMs()): Finding[] =>
    checkTls({
      ...patient((c) => ({ http: { ...c.http, tls, publicUrl: 'https://meet.example.org' } })),
      clock: { ...systemClock, wallMs: () => at },
    });

  it('a pair in time is well', () => {
    expect(levels(look({ certFile, keyFile }))).toEqual(['ok']);
  });

  it('the key of another, the end of its time, a chain out of order, and no PEM are told apart', () => {
    const otherKey = write('other.pem', other.keyPem);
    expect(complaint(look({ certFile, keyFile: otherKey }))).toContain(
      'is not the key of the first certificate',
    );
    const year = 365 * 24 * 3_600_000;
    expect(complaint(look({ certFile, keyFile }, systemClock.wallMs() + 40 * year))).toContain('ended on');
    const chain = write('chain.pem', `${issued.pem}${other.pem}`);
    expect(complaint(look({ certFile: chain, keyFile }))).toContain('did not issue the one before it');
    expect(complaint(look({ certFile: write('empty.pem', 'x'), keyFile }))).toContain('holds no certificate');
  });

  it('a name that the certificate is not for is told', () => {
    const certFile2 = write('other-cert.pem', other.pem);
    const keyFile2 = write('other-key.pem', other.keyPem);
    expect(complaint(look({ certFile: certFile2, keyFile: keyFile2 }))).toContain('not for meet.example.org');
  });
});

it('files that are missing are errors, secrets that others can read are warnings', () => {
  const open = join(folder, 'open-secret');
  writeFileSync(open, 's\n');
  chmodSync(open, 0o644);
  const with_ = (secretFile: string): Finding[] =>
    checkConfigFiles(patient((c) => ({ keys: { ...c.keys, secretFile } })));
  expect(complaint(with_('/no/such/file'))).toBe('error: keys.secretFile: there is no file /no/such/file');
  expect(complaint(with_(open))).toContain('mode 0644');
});

it('keys and ledger: not there yet is well; open folders and broken logs are errors', async () => {
  const none = patient(() => ({}), join(folder, 'nothing-here'));
  expect(levels(await checkKeys(none))).toEqual(['ok']);
  expect(levels(await checkLedger(none))).toEqual(['ok']);
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir, { mode: 0o755 });
  writeFileSync(join(dataDir, 'ledger.sqlite'), 'this is no database');
  const broken = patient(() => ({ dataDir }), dataDir);
  expect((await checkKeys(broken)).filter(({ level }) => level === 'error')[0]?.found).toContain('mode 0755');
  expect(complaint(await checkLedger(broken))).toMatch(/^error: .*ledger\.sqlite/);
});

it('a folder that cannot be written to is an error with its name', () => {
  const found = checkDisk(patient(() => ({}), '/proc/latchkey'));
  expect(levels(found)).toEqual(['error']);
  expect(found[0]?.found).toContain('/proc');
});

it('prompts that are missing are named, language by language', async () => {
  const promptsDir = join(folder, 'prompts');
  mkdirSync(join(promptsDir, 'en'), { recursive: true });
  writeFileSync(
    join(promptsDir, 'texts.json'),
    '{"notice":{"en":"You are on the phone."},"welcome":{"en":"Welcome."}}',
  );
  const found = await checkPrompts(patient((c) => ({ media: { ...c.media, promptsDir } })));
  expect(complaint(found)).toContain('en: 2 of 2 prompts are missing');
  expect(levels(await checkPrompts(patient()))).not.toContain('error');
});

it('a trunk that takes anybody without a password is pointed out', () => {
  const trunks = [{ name: 'open', sources: ['0.0.0.0/0'] }];
  expect(complaint(checkTrunks(patient(() => ({ trunks }))))).toContain('from anywhere');
});

describe('servers', () => {
  const secretFile = join(folder, 'server-secret');
  writeFileSync(secretFile, 'opensesame\n');

  it('drachtio: the right secret is taken, a wrong one and no server are told apart', async () => {
    const link = (secret: string) =>
      openAppLink({
        ...{ host: '127.0.0.1', port: 0, secret, clock: systemClock },
        hostPorts: () => 'udp/127.0.0.1:5060',
        onCommand: () => undefined,
        onGone: () => undefined,
      });
    const ask = (port: number) =>
      checkSipServer(
        patient((c) => ({ sip: { ...c.sip, drachtio: { host: '127.0.0.1', port, secretFile } } })),
      );
    const right = await link('opensesame');
    const wrong = await link('another');
    try {
      expect((await ask(right.port))[0]).toMatchObject({
        level: 'ok',
        found: expect.stringContaining('udp/127.0.0.1:5060') as string,
      });
      expect(complaint(await ask(wrong.port))).toContain('refuses the secret');
    } finally {
      await right.close();
      await wrong.close();
    }
    expect(complaint(await ask(right.port))).toContain('ECONNREFUSED');
  });

  it('LiveKit: by its answer to our token, which is in no URL, and by its clock', async () => {
    const urls: string[] = [];
    let status = 200;
    let date = new Date().toUTCString();
    const port = await listening(
      createHttp((request, response) => {
        urls.push(`${request.url ?? ''} ${request.headers.authorization?.slice(0, 7) ?? ''}`);
        response.writeHead(status, { date }).end();
      }),
    );
    const server = { url: `ws://127.0.0.1:${port}`, apiKey: 'devkey', apiSecretFile: secretFile };
    const ask = () => checkMeetingServer(patient((c) => ({ meeting: { ...c.meeting, server } })));
    expect(levels(await ask())).toEqual(['ok']);
    status = 401;
    expect(complaint(await ask())).toContain('refuses our token');
    status = 200;
    date = new Date(Date.now() - 60_000).toUTCString();
    expect(complaint(await ask())).toMatch(/differs from ours by (59|60|61) s/);
    expect(new Set(urls)).toEqual(new Set(['/rtc/validate Bearer ']));
  });
});
