import { createHash } from 'node:crypto';

/** RFC 8760 §2.1, strongest first. MD5 is for peers that know nothing else, and never without a switch. */
export const digestAlgorithms = ['SHA-512-256', 'SHA-256', 'MD5'] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

const nodeNames: Readonly<Record<DigestAlgorithm, string>> = {
  'SHA-512-256': 'sha512-256',
  'SHA-256': 'sha256',
  MD5: 'md5',
};

/** The algorithm of that name; null for unknown ones and for the `-sess` forms, which nobody in SIP uses. */
export function algorithmNamed(name: string): DigestAlgorithm | null {
  return digestAlgorithms.find((each) => each === name.toUpperCase()) ?? null;
}

const hash = (algorithm: DigestAlgorithm, text: string): string =>
  createHash(nodeNames[algorithm]).update(text, 'utf8').digest('hex');

export interface Identity {
  readonly user: string;
  readonly realm: string;
  readonly password: string;
}

/** H(A1) of RFC 7616 §3.4.2: as good as the password in this realm, so a secret too. */
export function hashedIdentity(algorithm: DigestAlgorithm, { user, realm, password }: Identity): string {
  return hash(algorithm, `${user}:${realm}:${password}`);
}

export interface Exchange {
  readonly method: string;
  readonly uri: string;
  readonly nonce: string;
  /** Eight hexadecimal digits. */
  readonly count: string;
  readonly clientNonce: string;
}

/** The response of RFC 7616 §3.4.1 with qop=auth. */
export function digestResponse(algorithm: DigestAlgorithm, identity: string, exchange: Exchange): string {
  const { method, uri, nonce, count, clientNonce } = exchange;
  const request = hash(algorithm, `${method}:${uri}`);
  return hash(algorithm, [identity, nonce, count, clientNonce, 'auth', request].join(':'));
}

/** Without qop (RFC 2069), which registrars of old PBXs still ask for: no client nonce, no count. */
export function digestResponseWithoutQop(
  algorithm: DigestAlgorithm,
  identity: string,
  exchange: Pick<Exchange, 'method' | 'uri' | 'nonce'>,
): string {
  return hash(
    algorithm,
    [identity, exchange.nonce, hash(algorithm, `${exchange.method}:${exchange.uri}`)].join(':'),
  );
}
