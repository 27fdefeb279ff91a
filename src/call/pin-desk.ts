import { createHash } from 'node:crypto';
import { delay, type Clock, type Milliseconds } from '../base/clock.ts';
import { Attempts } from './attempts.ts';
import type { MeetingBook, PinMatch } from './meeting-book.ts';

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
  readonly book: Pick<MeetingBook, 'named' | 'match'>;
  /** Wrong PINs of one caller, and for one meeting, after which nothing is heard for a while. */
  readonly sourceFailures: number;
  readonly meetingFailures: number;
  readonly lockoutMs: Milliseconds;
}

/** All calls of a carrier come from one address: it may fail so many times as often as one of its callers. */
const callersOfAnAddress = 10;

/** Checks PINs, and makes guessing slow: by who guesses, by where he calls from, and by what is guessed at. */
export class PinDesk {
  readonly #options: PinDeskOptions;
  readonly #callers: Attempts;
  readonly #addresses: Attempts;
  readonly #meetings: Attempts;
  /** The check of a caller that goes on, for the next one of the same caller to wait for. */
  readonly #going = new Map<string, Promise<unknown>>();

  constructor(options: PinDeskOptions) {
    const { clock, sourceFailures, meetingFailures, lockoutMs } = options;
    this.#options = options;
    this.#callers = new Attempts({ clock, failures: sourceFailures, lockoutMs });
    this.#addresses = new Attempts({ clock, failures: sourceFailures * callersOfAnAddress, lockoutMs });
    this.#meetings = new Attempts({ clock, failures: meetingFailures, lockoutMs });
  }

  /**
   * `digits` is a secret. Who is locked out is refused before anything is computed, the right PIN included; a wrong one is
   * answered the later, the more there have been. Checks of one caller are made one after the other, on however many calls.
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
    const { book, clock } = this.#options;
    const name = place.kind === 'meeting' ? place.name : book.named(place.code);
    const lockedOut = (): PinVerdict | null => {
      if (this.#callers.lockedOut(caller) || this.#addresses.lockedOut(address))
        return { kind: 'locked-out', by: 'source' };
      return name !== null && this.#meetings.lockedOut(name) ? { kind: 'locked-out', by: 'meeting' } : null;
    };
    const refused = lockedOut();
    if (refused !== null) return refused;
    const match = await book.match(name, digits);
    if (match !== null) {
      this.#callers.succeeded(caller);
      return { kind: 'accepted', ...match };
    }
    this.#callers.failed(caller);
    this.#addresses.failed(address);
    if (name !== null) this.#meetings.failed(name);
    await delay(clock, this.#callers.delayMs(caller));
    return lockedOut() ?? { kind: 'wrong' };
  }
}
