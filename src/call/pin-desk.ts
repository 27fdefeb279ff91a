import { createHash } from 'node:crypto';
import { delay, type Clock, type Milliseconds } from '../base/clock.ts';
import type { CountedName, FailureCounts, RulesByKind } from './failures.ts';
import type { MeetingBook } from './meeting-book.ts';
import type { PinMatch } from './meeting-entry.ts';

/** Where a PIN is to open: a meeting by its name, or by the code that the caller typed. */
export type PinPlace =
  { readonly kind: 'meeting'; readonly name: string } | { readonly kind: 'code'; readonly code: string };

/** Who tries: the packet's address, and the caller as the trunk states him, who may be made up. */
export interface PinSource {
  readonly address: string;
  readonly user: string;
}

export type PinVerdict =
  | ({ readonly kind: 'accepted' } & PinMatch)
  /** Code or PIN: which of the two is not told. */
  | { readonly kind: 'wrong' }
  | { readonly kind: 'locked-out'; readonly by: 'source' | 'meeting' };

export interface PinDeskOptions {
  readonly clock: Clock;
  readonly book: Pick<MeetingBook, 'named' | 'match' | 'refresh'>;
  readonly counts: FailureCounts;
}

/** All calls of a carrier come from one address: it may fail so many times as often as one of its callers. */
const callersOfAnAddress = 10;

/** Wrong PINs of one caller, and for one meeting, within the time of a lock-out, after which nothing is heard for a while. */
export const pinRules = (
  sourceFailures: number,
  meetingFailures: number,
  lockoutMs: Milliseconds,
): RulesByKind => ({
  caller: { failures: sourceFailures, lockoutMs },
  address: { failures: sourceFailures * callersOfAnAddress, lockoutMs },
  meeting: { failures: meetingFailures, lockoutMs },
});

/** Checks PINs, and makes guessing slow: by who guesses, by where he calls from, and by what is guessed at. */
export class PinDesk {
  readonly #options: PinDeskOptions;
  /** The check of a caller that goes on, for the next one of the same caller to wait for. */
  readonly #going = new Map<string, Promise<unknown>>();

  constructor(options: PinDeskOptions) {
    this.#options = options;
  }

  /**
   * `digits` is a secret. Who is locked out is refused before anything is computed, the right PIN included; a wrong one is
   * answered the later, the more there have been. Checks of one caller are made one after the other, on however many calls of
   * this connector. @throws LatchkeyError `sharing-unavailable`
   */
  async check(source: PinSource, place: PinPlace, digits: string): Promise<PinVerdict> {
    // A number is no key of a table that may be dumped.
    const caller = createHash('sha256').update(`${source.address}\n${source.user}`).digest('base64url');
    const before = this.#going.get(caller) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(() => this.#check(caller, source.address, place, digits));
    this.#going.set(caller, mine);
    try {
      return await mine;
    } finally {
      if (this.#going.get(caller) === mine) this.#going.delete(caller);
    }
  }

  async #check(caller: string, address: string, place: PinPlace, digits: string): Promise<PinVerdict> {
    const { book, clock, counts } = this.#options;
    // A PIN that was taken back elsewhere opens nothing here.
    await book.refresh();
    const name = place.kind === 'meeting' ? place.name : book.named(place.code);
    const names: readonly CountedName[] = [
      { kind: 'caller', id: caller },
      { kind: 'address', id: address },
      ...(name === null ? [] : [{ kind: 'meeting', id: name } as const]),
    ];
    const refused = lockedOut(await counts.lockedOut(names));
    if (refused !== null) return refused;
    const match = await book.match(name, digits);
    if (match !== null) {
      await counts.succeeded({ kind: 'caller', id: caller });
      return { kind: 'accepted', ...match };
    }
    const failed = await counts.failed(names);
    await delay(clock, failed[0]?.delayMs ?? 0);
    return lockedOut(failed.map((each) => each.lockedOut)) ?? { kind: 'wrong' };
  }
}

/** Of caller, address and meeting, in this order. */
const lockedOut = ([caller, address, meeting]: readonly boolean[]): PinVerdict | null =>
  caller === true || address === true
    ? { kind: 'locked-out', by: 'source' }
    : meeting === true
      ? { kind: 'locked-out', by: 'meeting' }
      : null;
