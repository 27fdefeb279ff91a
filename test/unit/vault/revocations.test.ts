import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { join } from 'node:path';
import { toBase64url } from '../../../src/base/bytes.ts';
import { createLog } from '../../../src/base/log.ts';
import { signCertificate } from '../../../src/consent/messages/certificate.ts';
import { thumbprint } from '../../../src/consent/messages/keys.ts';
import { signRevocationList } from '../../../src/consent/messages/operator-statements.ts';
import type { VaultInfo } from '../../../src/vault/protocol.ts';
import { watchOperator } from '../../../src/vault/revocations.ts';
import { manualClock } from '../../support/clock.ts';
import { seededBytes, seededSigner } from '../../support/consent-samples.ts';
import { makeDir, removeDir } from '../../support/vault.ts';

const operator = seededSigner('operator');
const identity = seededSigner('bridge');
const ledger = seededSigner('ledger');
const serial = seededBytes('serial', 16);
const certificate = await signCertificate(operator, {
  operatorName: 'Example',
  key: identity.publicKey,
  ledgerKey: ledger.publicKey,
  connectorName: 'bridge-1',
  serial,
  notBefore: 0,
  notAfter: 0,
});
const info: VaultInfo = {
  identityKey: toBase64url(identity.publicKey),
  identityThumbprint: await thumbprint(identity.publicKey),
  operatorKey: toBase64url(operator.publicKey),
  operatorThumbprint: await thumbprint(operator.publicKey),
  operatorName: 'Example',
  operatorKept: 'apart',
  ledgerKey: toBase64url(ledger.publicKey),
  ledgerThumbprint: await thumbprint(ledger.publicKey),
  certificate,
  certificateEndsMs: 0,
  revocations: '',
  revocationNumber: 0,
  rotation: '',
};
const list = (number: number, serials: string[] = [], signer = operator): Promise<string> =>
  signRevocationList(signer, { number, issued: 1, serials, keys: [] });
const somebody = toBase64url(seededBytes('somebody else', 16));

let dir = '';
beforeEach(async () => {
  dir = await makeDir();
});
afterEach(() => removeDir(dir));

async function setUp(over: Partial<VaultInfo> = {}) {
  const clock = manualClock();
  const path = join(dir, 'revocations.jws');
  const one = await list(1);
  writeFileSync(path, one);
  const onNewer = vi.fn<(newer: VaultInfo) => void>();
  const onRevoked = vi.fn<() => void>();
  const word = watchOperator({
    info: { ...info, revocations: one, revocationNumber: 1, ...over },
    files: [{ path, must: false }],
    graceMs: 60_000,
    clock,
    log: createLog('test', 'silent'),
    onNewer,
    onRevoked,
  });
  return { clock, path, word, onNewer, onRevoked, put: (text: string) => writeFileSync(path, text) };
}

describe('a newer list of the operator', () => {
  it('is seen within seconds, and counts from then on', async () => {
    const { clock, word, put, onNewer, onRevoked } = await setUp();
    const two = await list(2, [somebody]);
    put(`${two}\n`);
    clock.advance(5_000);
    await vi.waitFor(() => expect(onNewer).toHaveBeenCalledOnce(), 8_000);
    expect(word.info()).toMatchObject({ revocations: two, revocationNumber: 2, certificate });
    expect([word.fault(), onRevoked.mock.calls]).toEqual([null, []]);
    word.stop();
    put(await list(3));
    clock.advance(60_000);
    expect(word.info().revocationNumber).toBe(2);
  });

  it('that names this connector ends it, once', async () => {
    const { word, put, onNewer, onRevoked } = await setUp();
    put(await list(2, [toBase64url(serial)]));
    await word.reread();
    put(await list(3, [toBase64url(serial)]));
    await word.reread();
    expect([onRevoked.mock.calls.length, onNewer.mock.calls]).toEqual([1, []]);
  });

  it('of another operator says nothing about this one', async () => {
    const { word, put, onNewer, onRevoked } = await setUp();
    put(`${await list(1)}\n${await list(9, [toBase64url(serial)], seededSigner('other operator'))}\n`);
    await word.reread();
    expect([word.info().revocationNumber, word.fault()]).toEqual([1, null]);
    expect([onNewer.mock.calls, onRevoked.mock.calls]).toEqual([[], []]);
  });
});

describe('a list that cannot be used', () => {
  it('for its file cannot even be looked at: neither ends the watch, and a good one counts again', async () => {
    const { clock, path, word, put, onNewer } = await setUp();
    rmSync(path);
    symlinkSync(path, path);
    clock.advance(5_000);
    await word.reread();
    clock.advance(60_000);
    expect([word.info().revocationNumber, word.fault()]).toEqual([1, 'revocations-stale']);
    rmSync(path);
    put(await list(2, [somebody]));
    clock.advance(5_000);
    await vi.waitFor(() => expect(onNewer).toHaveBeenCalledOnce(), 8_000);
    expect(word.fault()).toBe(null);
    word.stop();
  });

  it.each([
    ['altered', async () => `${(await list(2)).slice(0, -4)}AAAA`],
    ['no statement at all', () => Promise.resolve('nonsense\n')],
    ['older than the one in force', () => list(0)],
    ['another one of the same number', () => list(1, [somebody])],
    ['gone', () => Promise.resolve(null)],
  ] as [string, () => Promise<string | null>][])(
    '%s: the last good one stays; after the grace nothing is asked for until the file is good again',
    async (_what, made) => {
      const { clock, path, word, put, onNewer } = await setUp();
      const text = await made();
      if (text === null) rmSync(path);
      else put(text);
      await word.reread();
      clock.advance(59_999);
      expect([word.info().revocationNumber, word.fault()]).toEqual([1, null]);
      clock.advance(1);
      expect(word.fault()).toBe('revocations-stale');
      put(await list(2));
      await word.reread();
      expect([word.info().revocationNumber, word.fault()]).toEqual([2, null]);
      expect(onNewer).toHaveBeenCalledOnce();
    },
  );

  it('means nothing to an embedded operator, who has none', async () => {
    const { clock, word, put } = await setUp({ operatorKept: 'beside' });
    put('nonsense');
    await word.reread();
    clock.advance(120_000);
    expect(word.fault()).toBeNull();
  });
});
