import { wipe } from '../../base/bytes.ts';
import { ok, type Result } from '../../base/result.ts';
import type { Bytes } from '../../consent/messages/key-schedule.ts';
import {
  encapsulate,
  seal,
  sealWith,
  type Encapsulation,
  type Random,
  type SealContext,
  type Sealed,
} from '../../consent/messages/seal.ts';

/** More than a full meeting has recipients is a bug or a flood: those are sealed to when it is time. */
const most = 64;

/**
 * Encapsulations made ahead. A seal costs about 5 ms, and a click that locks somebody out has to seal to everybody else: made
 * when a key is announced, what is left for the click is a tenth of it. One for each key, used once; a second seal to the same
 * key makes its own.
 */
export class SealsAhead {
  readonly #random: Random;
  /** By the key's own bytes object, which its owner's newest announcement replaces. */
  readonly #made = new Map<Bytes, Encapsulation>();

  #closed = false;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Makes one for `key` unless there is one, and drops those whose keys are not `wanted` any more. */
  async prepare(key: Bytes, wanted: ReadonlySet<Bytes>): Promise<void> {
    for (const [old, { secret }] of this.#made) {
      if (wanted.has(old)) continue;
      wipe(secret);
      this.#made.delete(old);
    }
    if (this.#isClosed() || !wanted.has(key) || this.#made.has(key) || this.#made.size >= most) return;
    const made = await encapsulate(key, this.#random);
    if (!made.ok) return;
    this.#made.set(key, made.value);
    // The session may have ended meanwhile.
    if (this.#isClosed()) this.clear();
  }

  async seal(key: Bytes, plain: Bytes, context: SealContext): Promise<Result<Sealed, 'seal-recipient'>> {
    const made = this.#made.get(key);
    if (made === undefined) return seal(key, plain, context, this.#random);
    this.#made.delete(key);
    return ok(await sealWith(made, plain, context));
  }

  clear(): void {
    this.#closed = true;
    for (const { secret } of this.#made.values()) wipe(secret);
    this.#made.clear();
  }

  #isClosed(): boolean {
    return this.#closed;
  }
}
