import { equalBytes, toBase64url, wipe } from '../../base/bytes.ts';
import { keyCheckValue, type Bytes } from '../../consent/messages/key-schedule.ts';
import type { Random } from '../../consent/messages/seal.ts';
import type { HostPeople, Person } from './host-people.ts';

/** A meeting key that nothing was sent under yet. */
export interface FreshEpoch {
  readonly epoch: number;
  readonly mk: Bytes;
  readonly kcv: string;
}

/** The key of an epoch that begins now, and who has it already. */
export interface TakenEpoch extends FreshEpoch {
  readonly sealedTo: ReadonlySet<Person>;
}

interface Made extends FreshEpoch {
  readonly sealedTo: Set<Person>;
}

/**
 * The next epoch, made before it is needed, and sealed to the members ahead of time, so that a click that lets a bridge in or
 * locks it out is a few signatures. It is sealed to no bridge before its grant. Where somebody who has it leaves before it is
 * used, it never is: its number is spent, and a fresh key takes the next one.
 */
export class NextEpoch {
  readonly #random: Random;
  readonly #instance: string;
  /** The highest number that a key was ever made for: no number is used twice. */
  #top = 0;
  #made: Made | null = null;
  #closed = false;

  constructor(random: Random, instance: string) {
    this.#random = random;
    this.#instance = instance;
  }

  /** What there is of the next epoch, begun where there is nothing; null once closed. The key stays this object's. */
  async prepare(): Promise<Made | null> {
    if (this.#closed) return null;
    const made = this.#made ?? { ...(await this.#fresh()), sealedTo: new Set<Person>() };
    if (this.#isClosed()) {
      wipe(made.mk);
      return null;
    }
    this.#made = made;
    return made;
  }

  /** The key of the epoch that begins now: the caller wipes it. */
  async take(people: HostPeople): Promise<TakenEpoch> {
    const made = this.#made;
    if (made !== null && [...made.sealedTo].every((person) => isStillIn(people, person))) {
      this.#made = null;
      return made;
    }
    this.#drop();
    return { ...(await this.#fresh()), sealedTo: new Set() };
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  async #fresh(): Promise<FreshEpoch> {
    this.#top += 1;
    const epoch = this.#top;
    const mk = this.#random(32);
    return { epoch, mk, kcv: toBase64url(await keyCheckValue(mk, { instance: this.#instance, epoch })) };
  }

  #drop(): void {
    if (this.#made !== null) wipe(this.#made.mk);
    this.#made = null;
  }

  #isClosed(): boolean {
    return this.#closed;
  }
}

function isStillIn(people: HostPeople, { join, key }: Person): boolean {
  const now = people.get(join);
  return now !== undefined && equalBytes(now.key, key);
}
