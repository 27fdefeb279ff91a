import { toBase64url } from '../../base/bytes.ts';
import { identityOf } from '../../consent/messages/key-schedule.ts';
import { dialable, dialRequest, maskedNumber } from './dial-request.ts';
import type { Bridge } from './host-bridges.ts';
import { send, sendJws, type HostState } from './host-state.ts';
import { bridgeNames } from './host-work.ts';

/** Phones that the key host has called: the word goes out to all, so that members see that it was said. */
export class HostDialling {
  readonly #state: HostState;

  constructor(state: HostState) {
    this.#state = state;
  }

  /** @throws Error `number-invalid`, `no-bridge-dials` */
  async invite(number: string, thumbprint?: string): Promise<string> {
    const state = this.#state;
    const wanted = dialable(number);
    if (wanted === null) throw new Error('number-invalid');
    const bridge = [...state.bridges.values()].find(
      (b) => this.#offer(b) !== null && (thumbprint === undefined || b.thumbprint === thumbprint),
    );
    const offer = bridge === undefined ? null : this.#offer(bridge);
    if (bridge === undefined || offer === null) throw new Error('no-bridge-dials');
    const { key, join } = bridge;
    const { dialId, packet } = await dialRequest({
      number: wanted,
      rank: state.rank,
      bridge: { key, join, hpke: offer.hpke },
      about: { meeting: state.meetingId, instance: state.instance, term: state.term },
      sender: state.ownThumbprint,
      random: state.options.random,
      sign: (body) => state.chain.issue('dial-request', body),
    });
    send(state, packet);
    state.views.history('phone-invited', bridgeNames(bridge));
    state.dials.asked({ dialId, bridge: identityOf(join), number: maskedNumber(wanted) });
    return dialId;
  }

  /** Any host's call, whoever of them has asked for it. @throws Error `unknown-dial` */
  async cancel(dialId: string): Promise<void> {
    const state = this.#state;
    const dial = state.dials.views.find((each) => each.dialId === dialId);
    const bridge = [...state.bridges.values()].find((b) => identityOf(b.join) === dial?.bridge);
    if (bridge === undefined) throw new Error('unknown-dial');
    const { key, join: to } = bridge;
    const body = { rank: state.rank, bridge: toBase64url(key), to, dial: dialId };
    sendJws(state, (await state.chain.issue('dial-cancel', body)).jws);
  }

  #offer({ join, key }: Bridge) {
    return this.#state.dials.offerOf({ join, key: toBase64url(key) });
  }
}
