import type { X509Certificate } from 'node:crypto';
import { checkChain, type ChainRefusal } from './certificate-chain.ts';
import type { CertificateStore, FetchRefusal } from './certificate-store.ts';
import { mayUse, numberAuthority, type AuthorityRefusal } from './number-authority.ts';
import { SeenPassports, type SeenRefusal } from './seen-passports.ts';
import {
  canonicalNumber,
  readIdentity,
  signedBy,
  type Attestation,
  type Passport,
  type PassportRefusal,
} from './passport.ts';

/** What the network's signature says of who calls (RFC 8224 §6.2). It is advice: a provider's word, never ours. */
export type Verification = Attestation | 'failed' | 'absent';

export interface Verified {
  readonly verification: Verification;
  /** A stable name, for logs: it holds nothing of the call. */
  readonly why: 'signed' | 'no-identity' | 'no-shaken-passport' | 'number-withheld' | VerifyRefusal;
}

export type VerifyRefusal =
  | PassportRefusal
  | FetchRefusal
  | ChainRefusal
  | AuthorityRefusal
  | SeenRefusal
  | 'passport-stale'
  | 'orig-mismatch'
  | 'dest-mismatch'
  | 'number-not-authorized'
  | 'signature-wrong';

/** What one INVITE says. */
export interface CallClaims {
  /** All Identity headers, joined by commas; undefined: there is none. */
  readonly identity: string | undefined;
  /** User part of the identity that the label shows. */
  readonly from: string;
  /** User parts of the Request-URI and of To. */
  readonly to: readonly string[];
  /** When it came, in milliseconds since 1970. */
  readonly atMs: number;
}

export interface CallVerifier {
  verify(claims: CallClaims): Promise<Verified>;
}

export interface CallVerifierOptions {
  readonly anchors: readonly X509Certificate[];
  readonly certificates: CertificateStore;
  /** Numbers by which callers reach us, where a trunk rewrites the called number. */
  readonly ownNumbers: readonly string[];
  /** Left out: one for this verifier. */
  readonly seen?: SeenPassports;
}

/** RFC 8224 §4.1: the freshness that verifiers are to ask for; it is also for clocks that differ. */
const freshSeconds = 60;

export function createCallVerifier(options: CallVerifierOptions): CallVerifier {
  const { seen = new SeenPassports() } = options;
  return {
    async verify(claims) {
      if (claims.identity === undefined) return { verification: 'absent', why: 'no-identity' };
      const passport = readIdentity(claims.identity);
      if (!passport.ok) return failed(passport.reason);
      if (passport.value === null) return { verification: 'absent', why: 'no-shaken-passport' };
      // There is no number on show that the signature could be about.
      if (isWithheld(claims.from)) return { verification: 'absent', why: 'number-withheld' };
      const wrong =
        claimFault(passport.value, claims, options) ??
        (await signerFault(passport.value, claims, options)) ??
        seen.take(passport.value.signed, passport.value.iat + freshSeconds, claims.atMs / 1_000);
      return wrong === null ? { verification: passport.value.attest, why: 'signed' } : failed(wrong);
    },
  };
}

const isWithheld = (user: string): boolean =>
  user === '' || /^(?:anonymous|restricted|unavailable|unknown)$/i.test(user);

const failed = (why: VerifyRefusal): Verified => ({ verification: 'failed', why });

/** Before anything is fetched: a passport for another call costs no request. */
function claimFault(
  passport: Passport,
  claims: CallClaims,
  { ownNumbers }: CallVerifierOptions,
): VerifyRefusal | null {
  if (Math.abs(claims.atMs / 1_000 - passport.iat) > freshSeconds) return 'passport-stale';
  if (canonicalNumber(claims.from) !== passport.orig) return 'orig-mismatch';
  const called = [...claims.to, ...ownNumbers].map(canonicalNumber);
  return passport.dest.some((number) => called.includes(number)) ? null : 'dest-mismatch';
}

async function signerFault(
  passport: Passport,
  { atMs }: CallClaims,
  { certificates, anchors }: CallVerifierOptions,
): Promise<VerifyRefusal | null> {
  const pem = await certificates.get(passport.x5u);
  if (!pem.ok) return pem.reason;
  const signer = checkChain(pem.value, anchors, atMs);
  if (!signer.ok) return signer.reason;
  if (!signedBy(passport, signer.value.publicKey)) return 'signature-wrong';
  const entries = numberAuthority(signer.value.raw);
  if (!entries.ok) return entries.reason;
  return mayUse(entries.value, passport.orig) ? null : 'number-not-authorized';
}
