import { createHash } from 'node:crypto';

export type SeenRefusal =
  /** Taken before, by another call. */
  | 'passport-replayed'
  /** So many are fresh that this one could not be remembered. */
  | 'passports-too-many';

/**
 * Passports that were taken and are still fresh (RFC 8224 §12.1): what was signed is for one call, and whoever has copied it
 * out of that may not use it for another. Kept is a hash of what is signed, not of the signature, which anybody can rewrite
 * into another valid one (ECDSA). Only what has passed every other check comes here, so that no stranger fills it.
 */
export class SeenPassports {
  /** Hash -> the last second in which it is fresh; in order of coming. */
  readonly #freshUntil = new Map<string, number>();
  readonly #most: number;

  constructor(most = 100_000) {
    this.#most = most;
  }

  /** Null: it was not there before, and is from now on. Times in seconds since 1970. */
  take(signed: Uint8Array, freshUntil: number, now: number): SeenRefusal | null {
    for (const [hash, until] of this.#freshUntil) {
      if (until >= now) break;
      this.#freshUntil.delete(hash);
    }
    const hash = createHash('sha256').update(signed).digest('base64');
    if (this.#freshUntil.has(hash)) return 'passport-replayed';
    if (this.#freshUntil.size >= this.#most) return 'passports-too-many';
    this.#freshUntil.set(hash, freshUntil);
    return null;
  }
}
