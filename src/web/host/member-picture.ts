import { toBase64url } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { EpochKeys } from '../../consent/epoch-keys.ts';
import type { Payload } from '../../consent/messages/catalog.ts';
import type { Bytes } from '../../consent/messages/key-schedule.ts';
import type { Instance } from '../../consent/host-watch.ts';
import type { DialBook } from './dial-book.ts';
import type { GrantBook } from './grant-book.ts';
import { LockOutTimes } from './lock-out-times.ts';
import type { MemberLedgers } from './member-ledgers.ts';
import type { MemberObserver } from './member-observer.ts';
import { memberBridges, memberPeople } from './member-view.ts';
import { noPrivatePart, openPrivatePart, type PrivatePart } from './private-part.ts';
import { Thumbprints } from './thumbprints.ts';
import type { ViewStore } from './view-store.ts';

export interface PictureParts {
  readonly clock: Clock;
  readonly views: ViewStore;
  readonly keys: EpochKeys;
  readonly dials: DialBook;
  readonly ownJoin: string;
  readonly observer: MemberObserver | null;
}

/** What is drawn from. */
export interface Pictured {
  readonly instance: Instance;
  readonly meetingId: string;
  readonly book: GrantBook;
  readonly ledgers: MemberLedgers;
}

/** What a member's page shows of the roster, and of the part of it that only holders of its key can read. */
export class MemberPicture {
  readonly #parts: PictureParts;
  readonly #thumbprints = new Thumbprints();
  readonly #lockOuts = new LockOutTimes();
  /** Beside the roster, still encrypted, and what is in it once its key is there. */
  #box: Bytes | null = null;
  #private: PrivatePart | null = null;

  constructor(parts: PictureParts) {
    this.#parts = parts;
  }

  begin(): void {
    this.#box = null;
    this.#private = null;
  }

  /** A new roster, with its encrypted part. */
  take(roster: Payload<'roster'>, box: Bytes, book: GrantBook | undefined): void {
    this.#box = box;
    this.#private = null;
    const { clock, views } = this.#parts;
    for (const { key, state } of this.#lockOuts.told(roster, clock.monoMs())) {
      views.history(state, { operator: book?.certificate(key)?.operatorName ?? '' });
    }
  }

  /** Seen here at this moment; the time until nobody sends to this bridge any more counts from it. */
  revoked(join: string): void {
    this.#lockOuts.revoked(join, this.#parts.clock.monoMs());
  }

  async draw(roster: Payload<'roster'>, { instance, meetingId, book, ledgers }: Pictured): Promise<void> {
    const { views, keys, dials, ownJoin, observer } = this.#parts;
    const { epoch } = roster;
    const mk = keys.mk(epoch);
    if (this.#private === null && this.#box !== null && mk !== null) {
      this.#private = await openPrivatePart(mk, { instance: instance.id, epoch }, this.#box);
    }
    if (views.view.phase !== 'in-meeting') return;
    const knows = {
      roster,
      parts: this.#private ?? noPrivatePart,
      hostKey: toBase64url(instance.hostKey),
      hosts: book.hosts,
      ownJoin,
      switched: keys.sending === epoch,
      thumbprint: (key: string) => this.#thumbprints.of(key),
      certificate: (key: string) => book.certificate(key),
      ledger: (join: string) => ledgers.shown(join),
      canDial: (bridge: { readonly join: string; readonly key: string }) => dials.offerOf(bridge) !== null,
      identityState: (key: string) => book.standing(key).state,
      lockedOutMs: (join: string) => this.#lockOuts.took(join),
      scope: (grant: string) => book.scope(grant),
    };
    const [members, bridges] = await Promise.all([memberPeople(knows), memberBridges(knows)]);
    const drawn = { ...knows, book, instance, meetingId };
    views.update({ members, bridges, dials: dials.views, ...(await observer?.drawn(drawn)) });
  }
}
