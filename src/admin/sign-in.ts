import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../base/clock.ts';
import { Counter } from '../base/metrics.ts';
import { createRateLimit, rateSource } from '../http/rate-limit.ts';
import { looksLikeKey, type KeyBook } from './api-keys.ts';
import type { TokenCheck } from './oidc.ts';
import { mayAct, type Principal, type Role } from './role.ts';

export interface SignInOptions {
  readonly keys: KeyBook;
  /** Null: API keys alone. */
  readonly tokens: TokenCheck | null;
  readonly clock: Clock;
}

/** A hook that lets through whoever has at least this role, and remembers who it was. */
export type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>;

export interface SignIn {
  guard(role: Role): Guard;
  /** Of a request that a guard let through. */
  principal(request: FastifyRequest): Principal;
  /** Whether that key or token would be let through still: for answers that last. */
  holds(request: FastifyRequest): Promise<boolean>;
  readonly failures: Counter;
}

/** RFC 6750 §2.1. */
const bearer = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;

export function createSignIn({ keys, tokens, clock }: SignInOptions): SignIn {
  // A key has 256 bits: the limit is against load, not against guessing, and stands in the way of wrong ones only.
  const wrong = createRateLimit({ clock, burst: 10, perSecond: 0.2, maxSources: 4096 });
  const known = new WeakMap<FastifyRequest, { readonly principal: Principal; readonly text: string }>();
  const failures = new Counter();
  const check = async (text: string): Promise<Principal | null> =>
    looksLikeKey(text) ? keys.check(text) : ((await tokens?.check(text)) ?? null);
  return {
    failures,
    guard: (role) => async (request, reply) => {
      const text = bearer.exec(request.headers.authorization ?? '')?.[1];
      const principal = text === undefined ? null : await check(text);
      if (principal === null || text === undefined) {
        const wait = text === undefined ? 0 : wrong.take(rateSource(request.ip));
        if (text !== undefined) failures.add();
        if (wait > 0) return reply.header('retry-after', String(wait)).deny('too-many-requests');
        return reply.header('www-authenticate', 'Bearer realm="latchkey admin"').deny('unauthorized');
      }
      if (!mayAct(principal.role, role)) return reply.deny('forbidden');
      known.set(request, { principal, text });
      return undefined;
    },
    principal(request) {
      const principal = known.get(request)?.principal;
      if (principal === undefined) throw new Error('a route without its guard');
      return principal;
    },
    async holds(request) {
      const held = known.get(request);
      const now = held === undefined ? null : await check(held.text);
      return now !== null && now.role === held?.principal.role;
    },
  };
}
