import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fromBase64url } from '../../src/base/bytes.ts';
import { checkCertificate } from '../../src/consent/messages/certificate.ts';
import { readRevocationList, readRotation } from '../../src/consent/messages/operator-statements.ts';
import { startConnector } from '../demo/connector.ts';
import { latchkey } from '../support/cli.ts';
import { launchVault, makeDir, removeDir } from '../support/vault.ts';

let dir: string;
let data: string;
let offline: string;
let passphrase: string;
let config: string;

beforeEach(async () => {
  dir = await makeDir();
  data = join(dir, 'data');
  offline = join(dir, 'offline');
  passphrase = join(dir, 'passphrase');
  config = join(dir, 'config.json');
  await writeFile(passphrase, 'correct horse battery staple\n', { mode: 0o600 });
  await writeFile(config, JSON.stringify({ dataDir: data, connector: { name: 'bridge-1' } }));
});
afterEach(() => removeDir(dir));

type Json = Readonly<Record<string, unknown>>;

async function operator(command: string, ...args: readonly string[]): Promise<Json> {
  const own = ['--dir', offline, '--passphrase-file', passphrase, '--json'];
  const ran = await latchkey('operator', command, ...(command === 'request' ? ['--json'] : own), ...args);
  if (ran.code !== 0) throw new Error(ran.stderr);
  return JSON.parse(ran.stdout) as Json;
}

const request = () => operator('request', '--config', config, '--out', join(dir, 'request.jws'));
const certify = (...args: readonly string[]) =>
  operator(
    'certify',
    ...['--request', join(dir, 'request.jws'), '--out', join(data, 'certificate.jws')],
    ...args,
  );

test('init, request, certify: the connector starts under an operator whose key is not on it', async () => {
  const { thumbprint } = await operator('init', '--name', 'Example Telephony');
  const asked = await request();
  const issued = await certify('--check', String(asked['thumbprint']));
  expect(issued).toMatchObject({ operator: 'Example Telephony', connectorName: 'bridge-1' });
  const vault = await launchVault(data);
  const { info } = vault.handle;
  await vault.stop();
  expect(info).toMatchObject({
    operatorThumbprint: thumbprint,
    operatorName: 'Example Telephony',
    operatorKept: 'apart',
    identityThumbprint: asked['thumbprint'],
  });
  expect(await readdir(data)).not.toContain('operator.pem');
  const key = fromBase64url(info.identityKey)!;
  const rules = { operators: [String(thumbprint)], key, wallMs: Date.now() };
  expect((await checkCertificate(info.certificate, rules)).ok).toBe(true);
  expect(
    (await checkCertificate(info.certificate, { ...rules, wallMs: Date.now() + 366 * 86_400_000 })).ok,
  ).toBe(false);
});

test('revoke: the list rises, names it, and the connector refuses to start with it', async () => {
  await operator('init', '--name', 'Example Telephony');
  const { thumbprint } = await request();
  const first = await certify();
  const second = await certify();
  const list = join(data, 'revocations.jws');
  const once = await operator('revoke', '--serial', String(first['serial']), '--out', list);
  expect(once).toMatchObject({ number: 1, revoked: [{ serial: first['serial'] }] });
  const running = await launchVault(data);
  expect(running.handle.info.revocationNumber).toBe(1);
  await running.stop();
  const twice = await operator('revoke', '--key', String(thumbprint), '--out', list);
  expect(twice).toMatchObject({ number: 2, revoked: [{}, { serial: second['serial'] }] });
  expect(await readRevocationList((await readFile(list, 'latin1')).trim())).toMatchObject({
    number: 2,
    serials: [],
    keys: [thumbprint],
  });
  await expect(launchVault(data)).rejects.toMatchObject({
    code: 'certificate-invalid',
    message: expect.stringContaining('was revoked by its operator') as string,
  });
  await expect(certify()).rejects.toThrow('needs a new one');
});

test('a list that comes while it runs: a broken one is said and not taken, one that names the connector ends it', async () => {
  await operator('init', '--name', 'Example Telephony');
  const { thumbprint } = await request();
  await certify();
  const list = join(data, 'revocations.jws');
  const settings = { dataDir: data, connector: { name: 'bridge-1' } };
  const connector = await startConnector({ folder: dir, settings });
  const log = (): Promise<string> => readFile(join(dir, 'connector.log'), 'utf8');
  await writeFile(list, 'nonsense\n');
  process.kill(connector.pid, 'SIGHUP');
  await vi.waitFor(async () => expect(await log()).toContain('revocation list not usable'), 5_000);
  await rm(list);
  await operator('revoke', '--key', String(thumbprint), '--out', list);
  process.kill(connector.pid, 'SIGHUP');
  await vi.waitFor(
    async () => expect(await log()).toContain('the operator has revoked this connector'),
    5_000,
  );
  expect(await connector.ended).toBe(1);
  const verified = await latchkey('ledger', 'verify', '--json', '--data', data);
  expect(JSON.parse(verified.stdout)).toMatchObject({ verified: true });
}, 30_000);

test('rotate: the old key names the new one, connectors get new certificates, revoked ones do not', async () => {
  const { thumbprint: old } = await operator('init', '--name', 'Example Telephony');
  await request();
  await certify();
  const rotated = await operator('rotate', '--out', join(dir, 'new'));
  expect(rotated).toMatchObject({ from: old, certificates: [{ connectorName: 'bridge-1' }] });
  const [made] = rotated['certificates'] as { file: string }[];
  await copyFile(made!.file, join(data, 'certificate.jws'));
  const vault = await launchVault(data);
  const { info } = vault.handle;
  await vault.stop();
  expect(info.operatorThumbprint).toBe(rotated['to']);
  expect(await readRotation(info.rotation)).toEqual({ from: old, to: rotated['to'] });
  const shown = await operator('show');
  expect(shown).toMatchObject({ thumbprint: rotated['to'], listNumber: 0 });
});

test('what a connector is handed is held against its own keys, by name of the fault', async () => {
  await operator('init', '--name', 'Example Telephony');
  await request();
  await certify();
  const other = join(dir, 'other');
  await (await launchVault(other)).stop();
  const file = join(data, 'certificate.jws');
  const starting = (over: object) => launchVault(other, { certificateFile: file, ...over });
  await expect(starting({})).rejects.toThrow('is for another identity key');
  await expect(starting({ certificateFile: join(dir, 'nowhere') })).rejects.toThrow('cannot be read');
  const line = (await readFile(file, 'latin1')).trim();
  const altered = join(dir, 'altered.jws');
  await writeFile(altered, `${line.slice(0, -3)}AAA\n`);
  await expect(starting({ certificateFile: altered })).rejects.toThrow('did not sign it');
  await writeFile(altered, 'nonsense\n');
  await expect(starting({ certificateFile: altered })).rejects.toThrow('no statement of an operator');
});

test('a wrong passphrase, a second operator and a strange request are refused', async () => {
  await operator('init', '--name', 'Example Telephony');
  await expect(operator('init', '--name', 'Another')).rejects.toThrow('holds an operator already');
  await request();
  await expect(certify('--check', 'x')).rejects.toThrow('not of x');
  await writeFile(passphrase, 'correct horse battery stable\n');
  await expect(certify()).rejects.toThrow('the passphrase is not the one');
  const bad = await latchkey('operator', 'certify', '--dir', offline, '--request', config, '--out', 'x');
  expect(bad).toMatchObject({ code: 2 });
  expect(bad.stderr).toContain('is no certificate request');
  for (const command of ['init', 'show', 'request', 'certify', 'rotate', 'revoke']) {
    expect((await latchkey('operator', command, '--help')).stdout).toContain(`latchkey operator ${command}`);
  }
});
