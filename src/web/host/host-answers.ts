import { bridgesOf, type Bridge } from './host-bridges.ts';
import { admitCallers, refuseCallers } from './host-callers.ts';
import { sendJws } from './host-state.ts';
import { bridgeNames as names, settleAsk, type HostWork } from './host-work.ts';
import type { Approval, Audio } from './session.ts';

/** Yes and no to what a bridge asks, whoever of the hosts has said it. */
export class HostAnswers {
  readonly #work: HostWork;

  constructor(work: HostWork) {
    this.#work = work;
  }

  /** `decision`: of a co-host, as signed; empty for the host’s own click. */
  async approve(bridge: Bridge, approval: Approval, decision: string): Promise<void> {
    const { ask } = bridge;
    if (ask === null) throw new Error('prompt-changed');
    // No proof that the ledger is the one that was seen before: no key, whatever is clicked.
    const ledger = this.#work.state.ledgers.state(bridge.join);
    if (ledger === 'none' || ledger === 'fork') throw new Error('ledger-inconsistent');
    const callers = ask.callers.filter(({ leg }) => approval.only?.includes(leg) ?? true);
    if (ask.kind === 'legs') return admitCallers(this.#work, bridge, { callers, by: 'click', decision });
    const untilMs = Math.round((approval.untilMinutes ?? 0) * 60_000);
    const { legs = 'each', next = 0, audio = ask.scope.audio } = approval;
    const scope = { audio: narrower(ask.scope.audio, audio), legs, next };
    this.#checkTalkOnly(bridge, scope.audio);
    await this.#work.rotate({ bridge, ask, callers, scope, decision, untilMs });
    if (!bridge.holds) return;
    this.#work.state.views.history('granted', { ...names(bridge), audio: scope.audio });
    void this.#remember(bridge, scope.audio);
  }

  /**
   * After the grant, which does not wait for a disk: a browser that keeps nothing asks the next time as if it had never seen
   * this connector, with the code and all.
   */
  async #remember(bridge: Bridge, audio: Audio): Promise<void> {
    const { memory, connectors } = this.#work.state;
    await Promise.allSettled([memory.granted(bridge, audio), connectors.pin(bridge.certificate)]);
  }

  /**
   * Talk-only is a property of the whole bridge: where its machine has the room's key from another grant, it would be a lie.
   * The other way round as well: no second grant that makes a liar of a talk-only one.
   */
  #checkTalkOnly(bridge: Bridge, audio: Audio): void {
    const others = bridgesOf(this.#work.state, bridge.thumbprint).filter((b) => b !== bridge && b.holds);
    const talks = audio === 'speak';
    const mixed = others.some((b) => (b.granted?.scope.audio === 'speak') !== talks);
    if (mixed || (talks && this.#work.state.registration.policy.keys !== 'per-sender'))
      throw new Error('talk-only-impossible');
  }

  async deny(bridge: Bridge): Promise<void> {
    await this.refuse(bridge, 'denied');
    this.#work.state.views.history('denied', names(bridge));
    await this.#work.publish();
  }

  async refuse(bridge: Bridge, reason: 'denied' | 'locked'): Promise<void> {
    const { ask } = bridge;
    if (ask === null) return;
    if (ask.kind === 'legs') return refuseCallers(this.#work, bridge, reason);
    settleAsk(bridge);
    bridge.state = 'denied';
    const { rank, chain } = this.#work.state;
    const { jws } = await chain.issue('denial', { rank, request: ask.hash, reason });
    sendJws(this.#work.state, jws);
  }
}

/** What was asked for is the most that can be given; a direction that was not asked for is not given. */
function narrower(asked: Audio, allowed: Audio): Audio {
  if (asked === 'both' || asked === allowed) return allowed;
  if (allowed === 'both') return asked;
  throw new Error('prompt-changed');
}
