import { toBase64url } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { maxMembers, type RosterMember } from '../../consent/messages/catalog.ts';
import { identityOf, type Bytes } from '../../consent/messages/key-schedule.ts';
import { timing } from '../../consent/timing.ts';
import type { MemberView } from './session.ts';

export interface Person {
  readonly key: Bytes;
  readonly join: string;
  readonly thumbprint: string;
  readonly name: string;
  /** Hash of the hello; empty for the host itself. */
  readonly hello: string;
  /** The youngest HPKE key that this person has announced. */
  hpke: Bytes;
  keysSeen: number;
  /** The newest nonce, to be echoed, and when it came. */
  nonce: string;
  heardMs: number;
  /** The epoch that this person says, signed, to send under. */
  switched: number;
  /** Whether this person's app only passes the wish for another key on. */
  rotation: 'confirmed' | 'asked';
  resentMs: number;
}

export interface NewPerson {
  readonly key: Bytes;
  readonly join: string;
  readonly thumbprint: string;
  readonly name: string;
  readonly hello: string;
  readonly hpke: Bytes;
  /** Numbers of a person's keys only rise: one that is gone does not come back by a second hello. */
  readonly keysSeen: number;
  readonly nonce: string;
}

/** Who is in: by join id, the host first. */
export class HostPeople {
  readonly #clock: Clock;
  readonly #people = new Map<string, Person>();
  readonly #ownJoin: string;

  constructor(clock: Clock, ownJoin: string) {
    this.#clock = clock;
    this.#ownJoin = ownJoin;
  }

  get full(): boolean {
    return this.#people.size >= maxMembers;
  }

  add(person: NewPerson): Person {
    const heardMs = this.#clock.monoMs();
    const added = { ...person, heardMs, switched: 0, rotation: 'confirmed' as const, resentMs: heardMs };
    this.#people.set(person.join, added);
    return added;
  }

  get(join: string): Person | undefined {
    return this.#people.get(join);
  }

  remove(join: string): Person | undefined {
    const person = this.#people.get(join);
    this.#people.delete(join);
    return person;
  }

  /** Everybody but the host. */
  others(): readonly Person[] {
    return [...this.#people.values()].filter((p) => p.join !== this.#ownJoin);
  }

  all(): readonly Person[] {
    return [...this.#people.values()];
  }

  hasKey(key: Bytes): boolean {
    const text = toBase64url(key);
    return this.all().some((p) => toBase64url(p.key) === text);
  }

  /** Of whom nothing was heard for too long. */
  lost(): readonly Person[] {
    const now = this.#clock.monoMs();
    return this.others().filter((p) => now - p.heardMs > timing.memberLost);
  }

  nonces(): readonly string[] {
    const now = this.#clock.monoMs();
    return this.others()
      .filter((p) => now - p.heardMs <= timing.liveWithin)
      .map((p) => p.nonce);
  }

  roster(): readonly RosterMember[] {
    return this.all().map(({ key, join }) => ({ key: toBase64url(key), join }));
  }

  view(epoch: number, hosts: readonly string[]): readonly MemberView[] {
    return this.all().map((p) => ({
      identity: identityOf(p.join),
      name: p.name,
      thumbprint: p.thumbprint,
      isHost: p.join === this.#ownJoin,
      isMe: p.join === this.#ownJoin,
      isCoHost: p.join !== this.#ownJoin && hosts.includes(toBase64url(p.key)),
      holdsKey: p.switched > 0 && p.switched <= epoch,
    }));
  }
}
