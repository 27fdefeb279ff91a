import { fromBase64url, toBase64url } from '../../base/bytes.ts';
import type { Payload } from '../../consent/messages/catalog.ts';
import { checkInviteMac } from '../../consent/messages/invite.ts';
import { verifyMessage, type Verified } from '../../consent/messages/jws.ts';
import { bytesOfText, identityOf, type Bytes } from '../../consent/messages/key-schedule.ts';
import { thumbprint } from '../../consent/messages/keys.ts';
import type { Packet } from '../../consent/messages/packet.ts';
import { timing } from '../../consent/timing.ts';
import { readHelloName } from './hello-name.ts';
import type { Invited } from './host-door.ts';
import type { NewPerson, Person } from './host-people.ts';
import { clockOf, sealAhead, sealedToHost, sendJws, type HostState } from './host-state.ts';

export interface HelloEvents {
  onJoined(person: Person): void;
  onKnock(person: NewPerson): void;
}

const maxTold = 64;

/** Who says hello: let in, made to wait for a click, or told no. */
export class HostHellos {
  readonly #state: HostState;
  readonly #events: HelloEvents;
  /** By join id: when somebody was last told no. */
  readonly #toldMs = new Map<string, number>();

  constructor(state: HostState, events: HelloEvents) {
    this.#state = state;
    this.#events = events;
  }

  async take(packet: Packet, claimed: Payload<'hello'>): Promise<void> {
    const { door, locked } = this.#state;
    const key = fromBase64url(claimed.key);
    const sealedName = packet.beside.at(-1);
    if (key === null || sealedName === undefined) return;
    const invited = await this.#invited(packet);
    const verified = await verifyMessage(packet.jws, 'hello', key);
    if (!verified.ok || !this.#isNews(verified.value)) return;
    const verdict = door.verdict(claimed.key, { invited, locked });
    if (verdict.kind === 'refuse') return this.tell(claimed, verdict.reason);
    if (verdict.kind === 'knock' && !door.hears(claimed.join)) return;
    const person = await this.#person(verified.value, sealedName);
    if (person === null) return;
    if (verdict.kind === 'knock') {
      if (door.knock({ person, why: verdict.why })) this.#events.onKnock(person);
      return;
    }
    await this.admit(person);
  }

  async admit(person: NewPerson): Promise<void> {
    const { people, door } = this.#state;
    await door.entered(toBase64url(person.key));
    sealAhead(this.#state, person.hpke);
    this.#events.onJoined(people.add(person));
  }

  /** Somebody who is not in, signed, so that no server can send people away. */
  async tell(
    { join, key }: { readonly join: string; readonly key: string },
    reason: Payload<'removal'>['reason'],
  ): Promise<void> {
    const now = clockOf(this.#state).monoMs();
    if (now - (this.#toldMs.get(join) ?? -Infinity) < timing.helloEvery) return;
    this.#toldMs.set(join, now);
    if (this.#toldMs.size > maxTold) this.#toldMs.delete(this.#toldMs.keys().next().value ?? '');
    const { jws } = await this.#state.chain.issue('removal', { join, key, reason });
    sendJws(this.#state, jws, [identityOf(join)]);
  }

  /** The name always comes last; before it, the MAC of whoever has an invite. */
  async #invited({ jws, beside }: Packet): Promise<Invited> {
    const [mac, name] = beside;
    if (mac === undefined || name === undefined) return 'no';
    return (await checkInviteMac(this.#state.options.inviteSecret, jws, mac)) ? 'yes' : 'wrong';
  }

  #isNews({ payload, hash }: Verified<'hello'>): boolean {
    const { people, bridges, bridgeKeys, ownJoin } = this.#state;
    // Whoever ever asked as a bridge does not become a member by knowing the link.
    if (bridgeKeys.has(payload.key) || bridges.has(payload.join) || payload.join === ownJoin) return false;
    const known = people.get(payload.join);
    if (known === undefined) return !people.full;
    // Again, with a younger key than before: it has lost what it had. An older hello is a replay.
    return known.hello !== hash && toBase64url(known.key) === payload.key && payload.n > known.keysSeen;
  }

  async #person({ payload, hash, key }: Verified<'hello'>, sealedName: Bytes): Promise<NewPerson | null> {
    const context = await sealedToHost(this.#state, key, { type: 'hello', hash });
    const plain = await this.#state.hpke.open(sealedName, context);
    const name = plain.ok ? await readHelloName(plain.value, payload.name) : null;
    if (name === null) return null;
    return {
      key,
      join: payload.join,
      thumbprint: await thumbprint(key),
      name,
      hello: hash,
      hpke: bytesOfText(payload.hpke),
      keysSeen: payload.n,
      nonce: payload.nonce,
    };
  }
}
