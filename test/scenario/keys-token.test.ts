import { execFileSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromBase64url } from '../../src/base/bytes.ts';
import { checkCertificate } from '../../src/consent/messages/certificate.ts';
import { messageHash, verifyMessage } from '../../src/consent/messages/jws.ts';
import { checkProof } from '../../src/consent/messages/ledger-proof.ts';
import type { TokenAddress } from '../../src/keys/token.ts';
import { latchkey } from '../support/cli.ts';
import { bytesOfPayload, requestPayload, testHost } from '../support/consent-peers.ts';
import { softToken } from '../support/softhsm.ts';
import { launchVault, makeDir, meetingFor, removeDir, testVaultOptions } from '../support/vault.ts';

const pin = '123456';
let dir: string;
let token: TokenAddress;

beforeAll(async () => {
  dir = await makeDir();
  token = softToken(dir, pin);
});
afterAll(() => removeDir(dir));

const raw = (text: string): Uint8Array<ArrayBuffer> => fromBase64url(text)!;

test('identity and ledger sign inside the token: request, grant and proof hold, and no key is on disk', async () => {
  const data = join(dir, 'data');
  const vault = await launchVault(data, { keys: { protect: 'pkcs11', token } });
  const { info } = vault.handle;
  try {
    const rules = { operators: [info.operatorThumbprint], key: raw(info.identityKey), wallMs: 1 };
    expect((await checkCertificate(info.certificate, rules)).ok).toBe(true);
    const meeting = await meetingFor(vault);
    const worker = await vault.worker(meeting);
    const payload = requestPayload(meeting, { join: worker.join, info });
    const signed = await worker.vault.signRequest(bytesOfPayload('bridge-request', payload), []);
    if (!signed.ok) throw new Error(signed.reason);
    expect((await verifyMessage(signed.value.jws, 'bridge-request', raw(info.identityKey))).ok).toBe(true);
    const request = (await messageHash(signed.value.jws, raw(info.identityKey)))!;
    const recorded = await worker.vault.recordAnswer(await testHost(meeting).grant({ request, epoch: 1 }));
    if (!recorded.ok) throw new Error(recorded.reason);
    expect((await checkProof(recorded.value, raw(info.ledgerKey))).ok).toBe(true);
  } finally {
    await vault.stop();
  }
  expect((await readdir(data)).filter((name) => !name.startsWith('ledger.sqlite'))).toEqual([]);
  const again = await launchVault(data, { keys: { protect: 'pkcs11', token } });
  expect(again.handle.info).toMatchObject({ identityKey: info.identityKey, ledgerKey: info.ledgerKey });
  await again.stop();
});

test('private keys are sensitive, not extractable, and of this token', () => {
  const args = ['--module', token.module, '--token-label', token.label, '--login', '--pin', pin];
  const listed = execFileSync('pkcs11-tool', [...args, '--list-objects', '--type', 'privkey'], {
    encoding: 'utf8',
  });
  expect(listed.match(/sensitive, always sensitive, never extractable, local/g)).toHaveLength(3);
});

test('wrong PIN, unknown token and a library that is none are named', async () => {
  const data = join(dir, 'refused');
  const wrongPin = join(dir, 'wrong-pin');
  await writeFile(wrongPin, '654321\n', { mode: 0o600 });
  const failing = (over: Partial<TokenAddress>) =>
    launchVault(data, { keys: { protect: 'pkcs11', token: { ...token, ...over } } });
  await expect(failing({ pinFile: wrongPin })).rejects.toThrow('C_Login: CKR_PIN_INCORRECT');
  await expect(failing({ label: 'another' })).rejects.toThrow('there is no token “another”');
  await expect(failing({ module: '/nowhere.so' })).rejects.toThrow('cannot be loaded');
  await expect(failing({ module: 'libc.so.6' })).rejects.toThrow('is no PKCS#11 module');
});

test('a connector whose keys are files does not get new ones in a token by a change of configuration', async () => {
  const data = join(dir, 'files-first');
  await (await launchVault(data)).stop();
  const other = await makeDir();
  try {
    const empty = softToken(other, pin);
    await expect(launchVault(data, { keys: { protect: 'pkcs11', token: empty } })).rejects.toThrow(
      'the token does not',
    );
  } finally {
    softToken(dir, pin);
    await removeDir(other);
  }
});

test('latchkey keys init makes them in the token and shows their thumbprints', async () => {
  const data = join(dir, 'by-command');
  const own = await makeDir();
  try {
    const address = softToken(own, pin);
    const file = join(own, 'config.json');
    await writeFile(file, JSON.stringify({ dataDir: data, keys: { protect: 'pkcs11', token: address } }));
    const init = await latchkey('keys', 'init', '--config', file, '--json');
    const { keys } = JSON.parse(init.stdout) as { keys: { key: string; thumbprint: string }[] };
    const vault = await launchVault(data, {
      ...testVaultOptions(data),
      keys: { protect: 'pkcs11', token: address },
    });
    expect(vault.handle.info.identityThumbprint).toBe(keys[0]!.thumbprint);
    await vault.stop();
  } finally {
    await removeDir(own);
  }
});
