import { randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto';
import type { Clock, Milliseconds } from '../base/clock.ts';

export const pinLength = 6;

/** A new PIN, drawn digit by digit from the system's randomness. */
export function drawPin(): string {
  return Array.from({ length: pinLength }, () => randomInt(10)).join('');
}

export interface PinBookOptions {
  readonly clock: Clock;
  /** Wrong PINs of one source within the window after which it is refused unheard. */
  readonly lockoutFailures: number;
  readonly lockoutMs: Milliseconds;
}

export type PinVerdict<Room> =
  | { readonly kind: 'accepted'; readonly room: Room }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'locked-out' };

/** Sources remembered at most; beyond it the oldest is forgotten, so that a spoofed flood cannot grow memory. */
const sourcesRemembered = 10_000;

interface Failures {
  count: number;
  firstAt: Milliseconds;
}

/**
 * Which PIN opens which room. PINs are held as scrypt hashes under one salt of this process (a PIN is looked up by
 * itself, so a salt of its own could not be found), and are gone when the process ends.
 */
export class PinBook<Room> {
  readonly #options: PinBookOptions;
  readonly #salt = randomBytes(32);
  readonly #rooms: { readonly hash: Buffer; readonly room: Room }[] = [];
  readonly #failures = new Map<string, Failures>();

  constructor(options: PinBookOptions) {
    this.#options = options;
  }

  async add(pin: string, room: Room): Promise<void> {
    this.#rooms.push({ hash: await this.#hash(pin), room });
  }

  /** `source`: the packet's address. A locked-out source is refused before anything is computed for it. */
  async check(source: string, digits: string): Promise<PinVerdict<Room>> {
    if (this.#lockedOut(source)) return { kind: 'locked-out' };
    const hash = await this.#hash(digits);
    // Every entry is compared, so that the time taken does not tell which one matched.
    let found: { readonly room: Room } | null = null;
    for (const entry of this.#rooms) if (timingSafeEqual(entry.hash, hash)) found = entry;
    if (found !== null) {
      this.#failures.delete(source);
      return { kind: 'accepted', room: found.room };
    }
    this.#countFailure(source);
    return this.#lockedOut(source) ? { kind: 'locked-out' } : { kind: 'wrong' };
  }

  #lockedOut(source: string): boolean {
    const failures = this.#failures.get(source);
    if (failures === undefined) return false;
    if (this.#options.clock.monoMs() - failures.firstAt > this.#options.lockoutMs) {
      this.#failures.delete(source);
      return false;
    }
    return failures.count >= this.#options.lockoutFailures;
  }

  #countFailure(source: string): void {
    const known = this.#failures.get(source);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    if (this.#failures.size >= sourcesRemembered) {
      const oldest = this.#failures.keys().next();
      if (oldest.done !== true) this.#failures.delete(oldest.value);
    }
    this.#failures.set(source, { count: 1, firstAt: this.#options.clock.monoMs() });
  }

  #hash(digits: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      scrypt(digits, this.#salt, 32, { N: 16_384, r: 8, p: 1 }, (error, key) => {
        if (error === null) resolve(key);
        else reject(error);
      });
    });
  }
}
