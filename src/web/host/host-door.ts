import { utf8, utf8Text } from '../../base/bytes.ts';
import { identityOf } from '../../consent/messages/key-schedule.ts';
import type { NewPerson } from './host-people.ts';
import { maxKnocks } from './private-part.ts';
import type { KnockView, Store } from './session.ts';

/** Somebody who has said hello and waits for a click. */
export interface Knock {
  readonly person: NewPerson;
  readonly why: KnockView['why'];
}

export type Verdict =
  | { readonly kind: 'enter' }
  | { readonly kind: 'knock'; readonly why: KnockView['why'] }
  | { readonly kind: 'refuse'; readonly reason: 'removed' | 'refused' | 'no-invite' };

/** Of a hello: made with the invite secret, without one, or with a wrong one. */
export type Invited = 'yes' | 'no' | 'wrong';

export interface DoorOptions {
  readonly store: Store;
  /** Raw keys of the registration, base64url: hosts are let in as they are. */
  readonly hosts: readonly string[];
}

const storeName = 'door';
/** Not in base64url: before the key of somebody who was put out. */
const barredMark = '!';
const maxKnown = 200;

/**
 * Who comes in (docs/protocol.md §6): with the invite secret, until the meeting is locked or a key was taken back from
 * somebody; from then on a key that was not in already needs a click. What it knows survives a reload of the host's page.
 */
export class HostDoor {
  readonly #options: DoorOptions;
  readonly #knocks = new Map<string, Knock>();
  readonly #barred = new Map<string, 'removed' | 'refused'>();
  #known: readonly string[] = [];
  #afterRevocation = false;

  private constructor(options: DoorOptions) {
    this.#options = options;
  }

  static async open(options: DoorOptions): Promise<HostDoor> {
    const door = new HostDoor(options);
    const kept = utf8Text((await options.store.get(storeName)) ?? utf8('0')) ?? '0';
    const [revoked = '0', ...keys] = kept.split(' ');
    door.#afterRevocation = revoked === '1';
    door.#known = keys.filter((key) => !key.startsWith(barredMark));
    for (const key of keys.filter((k) => k.startsWith(barredMark))) door.#barred.set(key.slice(1), 'removed');
    return door;
  }

  get knocks(): readonly Knock[] {
    return [...this.#knocks.values()];
  }

  verdict(
    key: string,
    { invited, locked }: { readonly invited: Invited; readonly locked: boolean },
  ): Verdict {
    const barred = this.#barred.get(key);
    if (barred !== undefined) return { kind: 'refuse', reason: barred };
    if (this.#options.hosts.includes(key) || this.#known.includes(key)) return { kind: 'enter' };
    if (invited === 'wrong') return { kind: 'refuse', reason: 'no-invite' };
    if (invited === 'no') return { kind: 'knock', why: 'no-invite' };
    if (locked) return { kind: 'knock', why: 'locked' };
    return this.#afterRevocation ? { kind: 'knock', why: 'after-revocation' } : { kind: 'enter' };
  }

  /** Whether one more may knock: what a crowd costs is bounded. */
  hears(join: string): boolean {
    return this.#knocks.has(join) || this.#knocks.size < maxKnocks;
  }

  /** Returns whether this is news. The youngest hello of a join id counts. */
  knock(knock: Knock): boolean {
    const { join } = knock.person;
    const known = this.#knocks.get(join);
    if (known !== undefined && known.person.keysSeen >= knock.person.keysSeen) return false;
    this.#knocks.set(join, knock);
    return known === undefined;
  }

  take(join: string): Knock | null {
    const knock = this.#knocks.get(join) ?? null;
    this.#knocks.delete(join);
    return knock;
  }

  /** Knocks of those who are not there any more are gone. True where one was. */
  present(identities: ReadonlySet<string>): boolean {
    const gone = [...this.#knocks.keys()].filter((join) => !identities.has(identityOf(join)));
    for (const join of gone) this.#knocks.delete(join);
    return gone.length > 0;
  }

  async entered(key: string): Promise<void> {
    if (this.#known.includes(key)) return;
    this.#known = [...this.#known, key].slice(-maxKnown);
    await this.#keep();
  }

  async bar(key: string, why: 'removed' | 'refused'): Promise<void> {
    this.#barred.set(key, why);
    this.#known = this.#known.filter((known) => known !== key);
    await this.#keep();
  }

  async revoked(): Promise<void> {
    if (this.#afterRevocation) return;
    this.#afterRevocation = true;
    await this.#keep();
  }

  views(): readonly KnockView[] {
    return this.knocks.map(({ person, why }) => ({
      identity: identityOf(person.join),
      name: person.name,
      thumbprint: person.thumbprint,
      why,
    }));
  }

  #keep(): Promise<void> {
    const barred = [...this.#barred.keys()].slice(-maxKnown).map((key) => barredMark + key);
    const kept = [this.#afterRevocation ? '1' : '0', ...this.#known, ...barred];
    return this.#options.store.set(storeName, utf8(kept.join(' ')));
  }
}
