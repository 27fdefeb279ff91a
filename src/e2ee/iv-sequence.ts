import { ivLength } from './aead.ts';

/**
 * The IVs of one track: 64 random bits, then a 32-bit count (NIST SP 800-38D §8.2.1, with a random fixed field). It ends
 * rather than start again: a repeated IV under one key gives away the plain text and the authentication key.
 */
export class IvSequence {
  readonly #iv = Buffer.alloc(ivLength);
  #count: number;

  /** `prefix`: 8 fresh random bytes. */
  constructor(prefix: Uint8Array, firstCount = 0) {
    this.#iv.set(prefix.subarray(0, 8), 0);
    this.#count = firstCount;
  }

  /** Valid until the next call; null when the count is used up. */
  next(): Buffer | null {
    if (this.#count > 0xffffffff) return null;
    this.#iv.writeUInt32BE(this.#count++, 8);
    return this.#iv;
  }
}
