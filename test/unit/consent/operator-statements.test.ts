import { describe, expect, it } from 'vitest';
import { toBase64url } from '../../../src/base/bytes.ts';
import { checkCertificate, signCertificate } from '../../../src/consent/messages/certificate.ts';
import { thumbprint } from '../../../src/consent/messages/keys.ts';
import {
  readCertificateRequest,
  readRevocationList,
  readRotation,
  signCertificateRequest,
  signRevocationList,
  signRotation,
} from '../../../src/consent/messages/operator-statements.ts';
import { signMessage } from '../../../src/consent/messages/jws.ts';
import { seededBytes, seededSigner, text } from '../../support/consent-samples.ts';

const operator = seededSigner('operator');
const other = seededSigner('other operator');
const identity = seededSigner('bridge');
const ledger = seededSigner('ledger');
const operators = [await thumbprint(operator.publicKey)];
const parts = {
  operatorName: 'Example',
  key: identity.publicKey,
  ledgerKey: ledger.publicKey,
  connectorName: 'bridge-1',
  serial: seededBytes('serial', 16),
  notBefore: 0,
  notAfter: 0,
};
const certificate = await signCertificate(operator, parts);
const listOf = async (signer: typeof operator, over: { serials?: string[]; keys?: string[] }) =>
  (await readRevocationList(
    await signRevocationList(signer, { number: 3, issued: 1, serials: [], keys: [], ...over }),
  ))!;

describe('a revocation list', () => {
  it('is the operator’s: who else signs one speaks for himself', async () => {
    const list = await listOf(other, { serials: [toBase64url(parts.serial)] });
    expect(list).toMatchObject({ number: 3, operator: await thumbprint(other.publicKey) });
    const [head, body] = list.jws.split('.') as [string, string];
    const forged = Buffer.from(body, 'base64url')
      .toString()
      .replace(toBase64url(other.publicKey), toBase64url(operator.publicKey));
    const jws = [head, Buffer.from(forged).toString('base64url'), list.jws.split('.')[2]].join('.');
    expect(await readRevocationList(jws)).toBeNull();
    expect(await readRevocationList(certificate)).toBeNull();
  });

  it('voids certificates by serial and by connector key, and no others', async () => {
    const check = async (list: Awaited<ReturnType<typeof listOf>>) =>
      checkCertificate(certificate, {
        operators,
        key: identity.publicKey,
        wallMs: 1,
        revocations: (by) => (by === list.operator ? list : null),
      });
    const revoked = { ok: false, reason: 'certificate-revoked' };
    expect(await check(await listOf(operator, { serials: [toBase64url(parts.serial)] }))).toEqual(revoked);
    expect(await check(await listOf(operator, { keys: [await thumbprint(identity.publicKey)] }))).toEqual(
      revoked,
    );
    expect(await check(await listOf(operator, { serials: [text('x', 16)], keys: [] }))).toMatchObject({
      ok: true,
      value: { serial: toBase64url(parts.serial) },
    });
    expect(await check(await listOf(other, { serials: [toBase64url(parts.serial)] }))).toMatchObject({
      ok: true,
    });
  });
});

describe('a rotation', () => {
  it('is signed by the old key and names the next', async () => {
    const jws = await signRotation(operator, other.publicKey, 5);
    expect(await readRotation(jws)).toEqual({ from: operators[0], to: await thumbprint(other.publicKey) });
    const claimed = await signMessage(other, 'operator-rotation', {
      v: 1,
      operator: toBase64url(operator.publicKey),
      next: toBase64url(other.publicKey),
      issued: 5,
    });
    expect(await readRotation(claimed)).toBeNull();
  });
});

describe('a certificate request', () => {
  it('is signed by both keys that it names', async () => {
    const jws = await signCertificateRequest(identity, ledger, 'bridge-1');
    expect(await readCertificateRequest(jws)).toEqual({
      ok: true,
      value: { key: identity.publicKey, ledgerKey: ledger.publicKey, connectorName: 'bridge-1' },
    });
  });

  it('for a ledger key of somebody else is refused', async () => {
    const thief = { publicKey: ledger.publicKey, sign: (bytes: Uint8Array) => other.sign(bytes) };
    const jws = await signCertificateRequest(identity, thief, 'bridge-1');
    expect(await readCertificateRequest(jws)).toEqual({ ok: false, reason: 'request-ledger' });
    expect(await readCertificateRequest('a.b.c')).toEqual({ ok: false, reason: 'request-form' });
  });
});
