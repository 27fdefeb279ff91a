import { verify, type KeyObject } from 'node:crypto';
import { ok, refuse, type Result } from '../../base/result.ts';

/**
 * A PASSporT of type shaken (RFC 8225, RFC 8588) in an Identity header (RFC 8224 §4):
 *
 *   Identity: <header>.<payload>.<signature>;info=<https://…>;alg=ES256;ppt=shaken
 *
 *   header   {"alg":"ES256","ppt":"shaken","typ":"passport","x5u":"https://…"}
 *   payload  {"attest":"A","dest":{"tn":["…"]},"iat":1700000000,"orig":{"tn":"…"},"origid":"…"}
 *
 * Parsing is total, and nothing read here is true before `signedBy` says so.
 */
export interface Passport {
  readonly attest: Attestation;
  /** Where the signer's certificates are. */
  readonly x5u: string;
  /** Seconds since 1970. */
  readonly iat: number;
  /** Digits, as the canonical form of RFC 8224 §8.3. */
  readonly orig: string;
  readonly dest: readonly string[];
  /** What is signed, and the signature: r and s of 32 bytes each (RFC 7518 §3.4). */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** RFC 8588 §4: full, partial, or that of a gateway. */
export type Attestation = 'A' | 'B' | 'C';

export type PassportRefusal =
  'identity-syntax' | 'passport-syntax' | 'passport-algorithm' | 'passport-info' | 'passport-claims';

const longestHeader = 4_096;
const mostHeaders = 4;
const identity = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\s*((?:;.*)?)$/;

/**
 * The first passport of type shaken among a message's Identity headers, joined by commas as SIP joins them; null: there
 * is none. Other types (div, rph, …) say nothing of who calls.
 */
export function readIdentity(headers: string): Result<Passport | null, PassportRefusal> {
  if (headers.length > longestHeader * mostHeaders) return refuse('identity-syntax');
  const values = splitOutsideBrackets(headers).slice(0, mostHeaders);
  for (const value of values) {
    const parameters = parametersOf(value);
    if (parameters.get('ppt')?.toLowerCase() === 'shaken') return readShaken(value, parameters);
  }
  return ok(null);
}

/** Commas may stand in the URI of `info`, which stands in angle brackets. */
function splitOutsideBrackets(text: string): readonly string[] {
  return text.match(/(?:<[^>]*>|"[^"]*"|[^,<"])+/g)?.map((value) => value.trim()) ?? [];
}

function parametersOf(value: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', text = ''] of value.matchAll(
    /;\s*([a-z0-9]+)\s*=\s*(<[^>]*>|"[^"]*"|[^;,\s]*)/gi,
  )) {
    if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), text.replaceAll(/^[<"]|[>"]$/g, ''));
  }
  return found;
}

function readShaken(
  value: string,
  parameters: ReadonlyMap<string, string>,
): Result<Passport, PassportRefusal> {
  const [, header = '', payload = '', signature = ''] = identity.exec(value) ?? [];
  if (header === '') return refuse('identity-syntax');
  const x5u = readHeader(objectOf(header), parameters);
  if (!x5u.ok) return x5u;
  const claims = objectOf(payload);
  if (claims === null) return refuse('passport-syntax');
  const said = readClaims(claims);
  const bytes = Buffer.from(signature, 'base64url');
  if (said === null || bytes.length !== 64) return refuse('passport-claims');
  return ok({
    ...said,
    x5u: x5u.value,
    signature: bytes,
    signed: Buffer.from(`${header}.${payload}`, 'latin1'),
  });
}

function readHeader(
  header: Readonly<Record<string, unknown>> | null,
  parameters: ReadonlyMap<string, string>,
): Result<string, PassportRefusal> {
  if (header === null) return refuse('passport-syntax');
  const { alg, typ, ppt, x5u } = header;
  if (alg !== 'ES256' || (parameters.get('alg') ?? alg) !== alg) return refuse('passport-algorithm');
  if (typ !== 'passport' || ppt !== 'shaken' || typeof x5u !== 'string') return refuse('passport-syntax');
  // RFC 8224 §4.1: both name the same certificates, and only one of them is signed.
  return parameters.get('info') === x5u ? ok(x5u) : refuse('passport-info');
}

function readClaims(
  claims: Readonly<Record<string, unknown>>,
): Pick<Passport, 'attest' | 'iat' | 'orig' | 'dest'> | null {
  const { attest, iat, origid } = claims;
  const orig = recordOf(claims['orig'])?.['tn'];
  const dest = recordOf(claims['dest'])?.['tn'];
  if (attest !== 'A' && attest !== 'B' && attest !== 'C') return null;
  if (typeof iat !== 'number' || !Number.isSafeInteger(iat) || typeof origid !== 'string') return null;
  if (!isNumberText(orig) || !Array.isArray(dest) || dest.length === 0 || !dest.every(isNumberText))
    return null;
  return { attest, iat, orig: canonicalNumber(orig), dest: dest.map(canonicalNumber) };
}

function objectOf(part: string): Readonly<Record<string, unknown>> | null {
  const bytes = Buffer.from(part, 'base64url');
  // RFC 7515 §2: no other text stands for the same bytes.
  if (bytes.toString('base64url') !== part) return null;
  try {
    return recordOf(JSON.parse(bytes.toString('utf8')));
  } catch {
    return null;
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}

const isNumberText = (value: unknown): value is string =>
  typeof value === 'string' && /^\+?[0-9*#]{1,20}$/.test(value);

/** RFC 8224 §8.3: digits without plus sign and visual separators; empty where it is no number. */
export function canonicalNumber(user: string): string {
  const text = user.replaceAll(/[-.() ]/g, '').replace(/^\+/, '');
  return /^[0-9*#]{1,20}$/.test(text) ? text : '';
}

export function signedBy(passport: Passport, key: KeyObject): boolean {
  const { signed, signature } = passport;
  return verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
}
