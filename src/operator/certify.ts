import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fromBase64url, toBase64url } from '../base/bytes.ts';
import { LatchkeyError } from '../base/errors.ts';
import { signCertificate } from '../consent/messages/certificate.ts';
import { thumbprint } from '../consent/messages/keys.ts';
import {
  readCertificateRequest,
  type CertificateRequest,
  type RequestRefusal,
} from '../consent/messages/operator-statements.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import { operatorSigner, paths, readRecord, writeRecord, type CertificateRecord } from './folder.ts';

const faults: Readonly<Record<RequestRefusal, string>> = {
  'request-form': 'is no certificate request',
  'request-signature': 'was altered, or is not signed by the identity key that it names',
  'request-ledger': 'names a ledger key that did not sign it',
  'request-name': 'holds a name that cannot be shown',
};

/** @throws LatchkeyError `usage` that says what is wrong with it */
export async function readRequestFile(file: string): Promise<CertificateRequest> {
  let text: string;
  try {
    text = readFileSync(file, 'latin1').trim();
  } catch (error) {
    throw new LatchkeyError('usage', `${file} cannot be read`, { cause: error });
  }
  const request = await readCertificateRequest(text);
  if (!request.ok) throw new LatchkeyError('usage', `${file} ${faults[request.reason]}`);
  return request.value;
}

export interface Validity {
  readonly notBefore: number;
  /** 0: no end. */
  readonly notAfter: number;
}

export interface Issued {
  readonly record: CertificateRecord;
  /** What the connector gets: its certificate, and the operator's other statements, one JWS a line. */
  readonly file: string;
}

/** Signs, and writes down in the operator's record, before anybody is handed the certificate. */
export async function certify(
  dir: string,
  operator: SigningKey,
  request: CertificateRequest,
  validity: Validity,
): Promise<Issued> {
  const record = readRecord(dir);
  const name = await thumbprint(request.key);
  if (record.revokedKeys.includes(name)) {
    throw new LatchkeyError('usage', `the identity key ${name} was revoked: the connector needs a new one`);
  }
  const serial = new Uint8Array(randomBytes(16));
  const jws = await signCertificate(operatorSigner(operator), {
    operatorName: record.name,
    ...request,
    serial,
    ...validity,
  });
  const issued: CertificateRecord = {
    serial: toBase64url(serial),
    connectorName: request.connectorName,
    key: toBase64url(request.key),
    ledgerKey: toBase64url(request.ledgerKey),
    thumbprint: name,
    ...validity,
    by: await thumbprint(operator.publicKey),
    revoked: false,
  };
  writeRecord(dir, { ...record, certificates: [...record.certificates, issued] });
  return { record: issued, file: withStatements(dir, jws) };
}

/** The same connector under another operator key. */
export function certifyAgain(dir: string, operator: SigningKey, record: CertificateRecord): Promise<Issued> {
  const key = fromBase64url(record.key);
  const ledgerKey = fromBase64url(record.ledgerKey);
  if (key === null || ledgerKey === null) throw new LatchkeyError('usage', 'operator.json was altered');
  const { connectorName, notBefore, notAfter } = record;
  return certify(dir, operator, { key, ledgerKey, connectorName }, { notBefore, notAfter });
}

function withStatements(dir: string, certificate: string): string {
  const more = [paths(dir).revocations, paths(dir).rotation].filter((file) => existsSync(file));
  return [certificate, ...more.map((file) => readFileSync(file, 'latin1').trim()), ''].join('\n');
}
