import { fromBase64url } from '../../base/bytes.ts';
import type { Payload } from '../../consent/messages/catalog.ts';
import { verifyMessage } from '../../consent/messages/jws.ts';
import { bytesOfText, identityOf, type Bytes } from '../../consent/messages/key-schedule.ts';
import type { DialView } from './session.ts';

/** Bridges that call phones, and the calls that hosts asked for, as far as this client was told. Of one instance. */
export class DialBook {
  /** By join id, with the identity key that signed: it counts only where the host's list has the two together. */
  readonly #offers = new Map<string, Offer>();
  #dials: readonly DialView[] = [];
  readonly #onChanged: () => void;

  constructor(onChanged: () => void) {
    this.#onChanged = onChanged;
  }

  /** Newest last. */
  get views(): readonly DialView[] {
    return this.#dials;
  }

  reset(): void {
    this.#offers.clear();
    this.#dials = [];
  }

  async offered(jws: string, claimed: Payload<'dial-offer'>): Promise<void> {
    const key = fromBase64url(claimed.key);
    if (key === null || (!this.#offers.has(claimed.join) && this.#offers.size >= maxOffers)) return;
    if (!(await verifyMessage(jws, 'dial-offer', key)).ok) return;
    this.#offers.set(claimed.join, { key: claimed.key, hpke: bytesOfText(claimed.hpke), jws });
    this.#onChanged();
  }

  /** What numbers are sealed to, for this bridge; null: it does not call phones. */
  offerOf(bridge: { readonly join: string; readonly key: string }): Offer | null {
    const offer = this.#offers.get(bridge.join);
    return offer?.key === bridge.key ? offer : null;
  }

  /** This client has asked. */
  asked(dial: Pick<DialView, 'dialId' | 'bridge' | 'number'>): void {
    this.#put({ ...dial, mine: true, state: 'asked', reason: '', legId: '' });
  }

  /** `key`: of the bridge of that join id in the host's list. The bridge's word on a call: nothing is released on it. */
  async told(jws: string, claimed: Payload<'dial-state'>, key: Bytes): Promise<void> {
    if (!(await verifyMessage(jws, 'dial-state', key)).ok) return;
    const { dial: dialId, leg: legId, state, reason, join } = claimed;
    const known = this.#dials.find((dial) => dial.dialId === dialId);
    if (known !== undefined && isOver(known)) return;
    const bridge = identityOf(join);
    if (known !== undefined && known.bridge !== bridge) return;
    const before = known ?? { dialId, bridge, number: '', mine: false };
    this.#put({ ...before, state, reason, legId });
  }

  /** Bridges that are there, as identities: what another one had under way is over. */
  present(bridges: ReadonlySet<string>): void {
    const gone = this.#dials.filter((dial) => !isOver(dial) && !bridges.has(dial.bridge));
    for (const dial of gone) this.#put({ ...dial, state: 'over', reason: 'bridge-left' });
  }

  #put(dial: DialView): void {
    const at = this.#dials.findIndex(({ dialId }) => dialId === dial.dialId);
    this.#dials = at < 0 ? [...this.#dials, dial].slice(-maxDials) : this.#dials.with(at, dial);
    this.#onChanged();
  }
}

interface Offer {
  readonly key: string;
  readonly hpke: Bytes;
  /** As signed, for those who come later. */
  readonly jws: string;
}

const maxOffers = 8;
const maxDials = 12;

/** Nothing more is said of it: it has failed, or its callee is a leg like any other. */
export const isOver = ({ state }: Pick<DialView, 'state'>): boolean =>
  state === 'accepted' || state === 'over' || state === 'refused';
