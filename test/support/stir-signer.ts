import { execFileSync } from 'node:child_process';
import { createPrivateKey, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Certificates of telephony made with the openssl command, and passports signed with them. Shares no code with the verifier. */
export interface Issued {
  readonly pem: string;
  readonly key: KeyObject;
  readonly keyPem: string;
  readonly certificate: X509Certificate;
}

export interface Authority extends Issued {
  issue(options: IssueOptions): Issued;
  authority(name: string): Authority;
}

export interface IssueOptions {
  readonly name: string;
  /** DER of the TN Authorization List, in hex; null: none. */
  readonly numbers?: string | null;
  readonly curve?: 'prime256v1' | 'secp384r1';
  readonly ca?: boolean;
  readonly dns?: string;
}

/** SEQUENCE { [0] IA5String "709J" }: every number of one provider. */
export const providerNumbers = '3008a006' + '1604' + Buffer.from('709J').toString('hex');
/** SEQUENCE { [2] IA5String number } */
export const oneNumber = (number: string): string => {
  const text = Buffer.from(number);
  const hex = (n: number): string => n.toString(16).padStart(2, '0');
  const ia5 = `16${hex(text.length)}${text.toString('hex')}`;
  const entry = `a2${hex(text.length + 2)}${ia5}`;
  return `30${hex(text.length + 4)}${entry}`;
};

export function rootAuthority(name: string): Authority {
  return asAuthority(make({ name, ca: true, numbers: null }, null));
}

function asAuthority(issuer: Issued): Authority {
  return {
    ...issuer,
    issue: (options) => make(options, issuer),
    authority: (name) => asAuthority(make({ name, ca: true, numbers: null }, issuer)),
  };
}

function make(options: IssueOptions, issuer: Issued | null): Issued {
  const { name, numbers = providerNumbers, curve = 'prime256v1', ca = false, dns } = options;
  const folder = mkdtempSync(join(tmpdir(), 'stir-'));
  const at = (file: string): string => join(folder, file);
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' });
  try {
    openssl('ecparam', '-name', curve, '-genkey', '-noout', '-out', at('key'));
    const extensions = [
      ...['-addext', `basicConstraints=critical,CA:${ca ? 'TRUE' : 'FALSE'}`],
      ...(numbers === null ? [] : ['-addext', `1.3.6.1.5.5.7.1.26=DER:${numbers}`]),
      ...(dns === undefined ? [] : ['-addext', `subjectAltName=DNS:${dns}`]),
    ];
    const by = issuer === null ? [] : ['-CA', at('ca'), '-CAkey', at('ca-key')];
    if (issuer !== null) {
      writeFileSync(at('ca'), issuer.pem);
      writeFileSync(at('ca-key'), issuer.keyPem, { mode: 0o600 });
    }
    openssl(
      ...['req', '-x509', '-new', '-key', at('key'), '-subj', `/CN=${name}`, '-days', '30', '-sha256'],
      ...by,
      ...extensions,
      ...['-out', at('cert')],
    );
    const pem = readFileSync(at('cert'), 'utf8');
    const keyPem = readFileSync(at('key'), 'utf8');
    return { pem, keyPem, key: createPrivateKey(keyPem), certificate: new X509Certificate(pem) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface PassportText {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Of the Identity header; null: left away. */
  readonly info?: string | null;
  readonly ppt?: string;
}

export const x5u = 'https://certs.example.net/a.pem';
export const origin = '493012345';
export const destination = '12155550112';
/** A moment later than the certificates, which are valid from when they are made. */
const iat = Math.floor(Date.now() / 1_000) + 120;
export const signedAtMs = iat * 1_000;

/** An Identity header value. */
export function identityHeader(key: KeyObject, over: PassportText = {}): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = encode({ alg: 'ES256', ppt: 'shaken', typ: 'passport', x5u, ...over.header });
  const claims = encode({
    ...{ attest: 'A', dest: { tn: [destination] }, iat, orig: { tn: origin } },
    origid: '123e4567-e89b-12d3-a456-426655440000',
    ...over.claims,
  });
  const signed = `${header}.${claims}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString(
    'base64url',
  );
  const info = over.info === null ? '' : `;info=<${over.info ?? x5u}>`;
  return `${signed}.${signature}${info};alg=ES256;ppt=${over.ppt ?? 'shaken'}`;
}
