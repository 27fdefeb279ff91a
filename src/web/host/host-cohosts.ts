import { fromBase64url, toBase64url } from '../../base/bytes.ts';
import type { Payload } from '../../consent/messages/catalog.ts';
import { verifyMessage, type Peeked, type Verified } from '../../consent/messages/jws.ts';
import { hostOfTerm, signingHost } from '../../consent/messages/registration.ts';
import type { HostState } from './host-state.ts';

export interface CoHostEvents {
  /** To be carried out, if it can be. */
  onDecision(decision: Verified<'decision'>, name: string): void;
  onDenial(request: string): void;
  onRevocation(bridge: string, grant: string): void;
  /** Another host's start with a higher term: this instance is over. */
  onSuperseded(term: number, join: string): void;
}

/** What other registered hosts say to the key host. Signatures are checked against the registration, never the roster. */
export class HostCoHosts {
  readonly #state: HostState;
  readonly #events: CoHostEvents;
  /** By join id: a decision is carried out once, and none after a later one. */
  readonly #last = new Map<string, number>();

  constructor(state: HostState, events: CoHostEvents) {
    this.#state = state;
    this.#events = events;
  }

  async take(jws: string, { type, payload }: Peeked): Promise<void> {
    switch (type) {
      case 'decision':
        return this.#onDecision(jws, payload);
      case 'denial':
      case 'revocation':
        return this.#onWord(jws, type, payload);
      case 'instance-start':
        return this.#onStart(jws, payload);
      default:
        return;
    }
  }

  /** Of somebody who is in the meeting with the key that he signs with. */
  async #onDecision(jws: string, claimed: Payload<'decision'>): Promise<void> {
    const { registration, people } = this.#state;
    const person = people.get(claimed.join);
    const key = fromBase64url(claimed.key);
    if (person === undefined || key === null || toBase64url(person.key) !== claimed.key) return;
    if (!registration.hosts.includes(claimed.key) || claimed.instance !== this.#state.instance) return;
    const verified = await verifyMessage(jws, 'decision', key);
    if (!verified.ok || claimed.n <= (this.#last.get(claimed.join) ?? 0)) return;
    this.#last.set(claimed.join, claimed.n);
    this.#state.evidence.add('decision', jws);
    this.#events.onDecision(verified.value, person.name);
  }

  async #onWord(
    jws: string,
    type: 'denial' | 'revocation',
    claimed: Payload<'denial'> | Payload<'revocation'>,
  ): Promise<void> {
    const { registration, rank, meetingId, instance } = this.#state;
    if (claimed.meeting !== meetingId || claimed.instance !== instance || claimed.rank === rank) return;
    const key = signingHost(registration, claimed);
    const verified = key === null ? null : await verifyMessage(jws, type, key);
    if (verified?.ok !== true) return;
    this.#state.evidence.add(type, jws);
    if ('request' in claimed) this.#events.onDenial(claimed.request);
    else this.#events.onRevocation(claimed.bridge, claimed.grant);
  }

  async #onStart(jws: string, claimed: Payload<'instance-start'>): Promise<void> {
    const { registration, meetingId, instance, term, views } = this.#state;
    if (claimed.meeting !== meetingId || claimed.instance === instance || claimed.term < term) return;
    const key = hostOfTerm(registration, claimed.term);
    const verified = key === null ? null : await verifyMessage(jws, 'instance-start', key);
    if (verified?.ok !== true) return;
    // One term for two instances: the same key in two places at once. Everybody else sees it, too.
    if (claimed.term === term) views.alarm('term-conflict');
    else this.#events.onSuperseded(claimed.term, claimed.join);
  }
}
