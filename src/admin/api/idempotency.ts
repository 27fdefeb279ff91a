import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Principal } from '../role.ts';

/** An answer as it was given. */
export interface GivenAnswer {
  readonly status: number;
  readonly body: unknown;
}

export type Claim =
  | { readonly kind: 'new'; settle(answer: GivenAnswer | null): void }
  | { readonly kind: 'again'; readonly answer: GivenAnswer }
  | { readonly kind: 'in-use' }
  | { readonly kind: 'other-request' };

interface Kept {
  readonly request: string;
  readonly atMs: number;
  answer: GivenAnswer | null;
}

export const idempotencyKey = /^[A-Za-z0-9_.:-]{8,128}$/;

/** Answers may hold a PIN that is told once: they are kept no longer than a client tries again. */
const keptMs = 10 * 60_000;
const mostKept = 1_000;

/**
 * Repeated POSTs (Idempotency-Key): the same key, from the same principal, for the same request gets the same answer, and nothing
 * is done twice. In memory: after a restart a key is new.
 */
export class Idempotency {
  readonly #clock: Pick<Clock, 'monoMs'>;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Pick<Clock, 'monoMs'>) {
    this.#clock = clock;
  }

  claim(
    principal: Principal,
    key: string,
    request: { readonly route: string; readonly body: unknown },
  ): Claim {
    const now = this.#clock.monoMs();
    for (const [name, { atMs }] of this.#kept) if (now - atMs > keptMs) this.#kept.delete(name);
    const name = `${principal.kind} ${principal.id} ${key}`;
    const text = digest(JSON.stringify(request));
    const known = this.#kept.get(name);
    if (known !== undefined) {
      if (known.request !== text) return { kind: 'other-request' };
      return known.answer === null ? { kind: 'in-use' } : { kind: 'again', answer: known.answer };
    }
    this.#makeRoom();
    const kept: Kept = { request: text, atMs: now, answer: null };
    this.#kept.set(name, kept);
    return {
      kind: 'new',
      settle: (answer) => {
        if (answer === null) this.#kept.delete(name);
        else kept.answer = answer;
      },
    };
  }

  /** What is still being answered stays: the same key would do it twice. */
  #makeRoom(): void {
    if (this.#kept.size < mostKept) return;
    for (const [name, { answer }] of this.#kept) {
      if (answer === null) continue;
      this.#kept.delete(name);
      return;
    }
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');
