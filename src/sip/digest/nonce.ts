import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Milliseconds } from '../../base/clock.ts';

/**
 * Nonces that cost nothing until somebody has proved to know a password (RFC 7616 §3.3):
 *
 *   base64url( issued, 6 bytes of milliseconds | salt, 12 bytes | HMAC-SHA-256 of both and the realm, 16 bytes )
 *
 * Of a nonce that was used, the highest count is kept until it expires, so that nothing is taken twice. Where too many
 * are in use, the oldest is let go, and every nonce as old as that one is refused from then on.
 */
export interface NonceOptions {
  /** Of this process; at least 32 random bytes. */
  readonly secret: Buffer;
  readonly random: (bytes: number) => Buffer;
  /** Monotonic. */
  readonly now: () => Milliseconds;
  readonly lifetimeMs?: Milliseconds;
  readonly remembered?: number;
}

const issuedBytes = 6;
const saltBytes = 12;
const tagBytes = 16;

export class Nonces {
  readonly #options: Required<NonceOptions>;
  /** Nonce -> when issued and the highest count; in order of first use. */
  readonly #used = new Map<string, { readonly issued: Milliseconds; count: number }>();
  #floor: Milliseconds = -1;

  constructor(options: NonceOptions) {
    this.#options = { lifetimeMs: 300_000, remembered: 20_000, ...options };
  }

  issue(realm: string): string {
    const head = Buffer.alloc(issuedBytes + saltBytes);
    head.writeUIntBE(Math.floor(this.#options.now()), 0, issuedBytes);
    this.#options.random(saltBytes).copy(head, issuedBytes);
    return Buffer.concat([head, this.#tag(head, realm)]).toString('base64url');
  }

  /** Ours, of this realm, and not too old. */
  isFresh(nonce: string, realm: string): boolean {
    const issued = this.#issued(nonce, realm);
    return issued !== null && issued > this.#floor && this.#options.now() - issued < this.#options.lifetimeMs;
  }

  /** After the response proved right: false where this count or a later one was there before. */
  use(nonce: string, realm: string, count: number): boolean {
    const issued = this.#issued(nonce, realm);
    if (issued === null || !this.isFresh(nonce, realm)) return false;
    const known = this.#used.get(nonce);
    if (known !== undefined) {
      if (count <= known.count) return false;
      known.count = count;
      return true;
    }
    this.#makeRoom();
    this.#used.set(nonce, { issued, count });
    return true;
  }

  get inUse(): number {
    return this.#used.size;
  }

  #makeRoom(): void {
    const { now, lifetimeMs, remembered } = this.#options;
    for (const [nonce, { issued }] of this.#used) {
      const expired = now() - issued >= lifetimeMs;
      if (!expired && this.#used.size < remembered) return;
      if (!expired) this.#floor = Math.max(this.#floor, issued);
      this.#used.delete(nonce);
    }
  }

  #issued(nonce: string, realm: string): Milliseconds | null {
    if (!/^[A-Za-z0-9_-]{46}$/.test(nonce)) return null;
    const bytes = Buffer.from(nonce, 'base64url');
    if (bytes.length !== issuedBytes + saltBytes + tagBytes || bytes.toString('base64url') !== nonce)
      return null;
    const head = bytes.subarray(0, issuedBytes + saltBytes);
    if (!timingSafeEqual(bytes.subarray(issuedBytes + saltBytes), this.#tag(head, realm))) return null;
    return head.readUIntBE(0, issuedBytes);
  }

  #tag(head: Buffer, realm: string): Buffer {
    return createHmac('sha256', this.#options.secret)
      .update(head)
      .update(realm, 'utf8')
      .digest()
      .subarray(0, tagBytes);
  }
}
