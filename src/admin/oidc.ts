import { createLocalJWKSet, createRemoteJWKSet, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import type { Clock } from '../base/clock.ts';
import { roles, type Principal, type Role } from './role.ts';

export interface OidcOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  /** Of the token: a text or a list of texts. */
  readonly roleClaim: string;
  /** What stands in the claim for each role; empty: nobody has it. */
  readonly roleNames: Readonly<Record<Role, string>>;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** For tests: in place of the address. */
  readonly keys?: JSONWebKeySet;
}

export interface TokenCheck {
  /** Null: a token that is not taken, or that names no role. Never rejects. */
  check(token: string): Promise<Principal | null>;
}

/** Asymmetric ones only: nobody else's secret can stand for a key. */
const algorithms = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'];
const longestToken = 8_192;
const toleranceSeconds = 30;

/** Access tokens of an identity provider (RFC 9068, OpenID Connect): signature, issuer, audience, time, and a role. */
export function createTokenCheck(options: OidcOptions): TokenCheck {
  const keys =
    options.keys === undefined
      ? createRemoteJWKSet(new URL(options.jwksUrl), {
          timeoutDuration: 5_000,
          cooldownDuration: 30_000,
          cacheMaxAge: 600_000,
        })
      : createLocalJWKSet(options.keys);
  return {
    async check(token) {
      if (token.length > longestToken) return null;
      try {
        const { issuer, audience, clock } = options;
        const { payload } = await jwtVerify(token, keys, {
          ...{ issuer, audience, algorithms },
          requiredClaims: ['exp', 'sub'],
          clockTolerance: toleranceSeconds,
          currentDate: new Date(clock.wallMs()),
        });
        const role = roleIn(payload, options);
        return role === null ? null : { kind: 'token', id: `${issuer} ${payload.sub ?? ''}`, role };
      } catch {
        return null;
      }
    },
  };
}

/** The highest one that the token names. */
function roleIn(payload: JWTPayload, { roleClaim, roleNames }: OidcOptions): Role | null {
  const claim = payload[roleClaim];
  const named: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  const found = roles.filter((role) => roleNames[role] !== '' && named.includes(roleNames[role]));
  const highest = found.at(-1);
  return highest ?? null;
}
