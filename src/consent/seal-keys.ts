import { equalBytes, fromBase64url, toBase64url, wipe } from '../base/bytes.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { keyCheckValue, type Bytes } from './messages/key-schedule.ts';
import { createHpkeKeyPair, type HpkeKeyPair, type Random, type SealContext } from './messages/seal.ts';

/** A host that answers nothing does not make keys pile up. */
const maxPairs = 8;

/**
 * The HPKE keys of one bridge or member, youngest last. Each is meant for one seal; one is kept until a seal to a younger
 * one has been opened, because the host may make two epochs before it has heard of the younger key.
 */
export class SealKeys {
  readonly #random: Random;
  #pairs: HpkeKeyPair[] = [];
  #count = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The public key of a fresh pair, as messages carry it. Numbered, so that an old one does not come back by replay. */
  async fresh(): Promise<FreshKey> {
    const pair = await createHpkeKeyPair(this.#random);
    this.#pairs.push(pair);
    if (this.#pairs.length > maxPairs) this.#pairs.shift()?.destroy();
    this.#count += 1;
    return { hpke: toBase64url(pair.publicKey), n: this.#count };
  }

  /** The meeting key in a seal, checked against its check value. The caller owns it, and wipes it. */
  async open(seal: SealedKey, context: SealContext): Promise<Result<Bytes, OpenRefusal>> {
    const index = this.#pairs.findIndex((p) => p.hash === seal.kem);
    const pair = this.#pairs[index];
    const sealed = fromBase64url(seal.sealed);
    const kcv = fromBase64url(seal.kcv);
    if (pair === undefined || sealed === null || kcv === null) return refuse('seal-key-unknown');
    const opened = await pair.open(sealed, context);
    if (!opened.ok) return refuse('seal-open');
    const mk = opened.value;
    const name = { instance: context.instance, epoch: context.epoch };
    if (mk.length !== 32 || !equalBytes(await keyCheckValue(mk, name), kcv)) {
      wipe(mk);
      return refuse('key-mismatch');
    }
    for (const older of this.#pairs.slice(0, index)) older.destroy();
    this.#pairs = this.#pairs.slice(index);
    return ok(mk);
  }

  destroy(): void {
    for (const pair of this.#pairs) pair.destroy();
    this.#pairs = [];
  }
}

export interface FreshKey {
  readonly hpke: string;
  readonly n: number;
}

export interface SealedKey {
  readonly kem: string;
  readonly sealed: string;
  readonly kcv: string;
}

export type OpenRefusal = 'seal-key-unknown' | 'seal-open' | 'key-mismatch';
