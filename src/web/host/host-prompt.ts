import { toBase64url } from '../../base/bytes.ts';
import { timing } from '../../consent/timing.ts';
import {
  bridgesOf,
  bridgeView,
  firstAsking,
  promptOf,
  type Bridge,
  type PromptFacts,
} from './host-bridges.ts';
import { clockOf, type HostState } from './host-state.ts';

/** The one question that the host is shown, and everything else that a person sees of the meeting. */
export class HostPrompt {
  readonly #state: HostState;
  #prompt: { readonly hash: string; readonly liveFromMs: number } | null = null;

  constructor(state: HostState) {
    this.#state = state;
  }

  /** Whoever asks this, shown or not. @throws Error `prompt-changed` */
  asking(requestHash: string): Bridge {
    const bridge = [...this.#state.bridges.values()].find((b) => b.ask?.hash === requestHash);
    if (bridge === undefined) throw new Error('prompt-changed');
    return bridge;
  }

  /** As `prompted`, once it may be answered. @throws Error also `prompt-not-live` */
  live(requestHash: string): Bridge {
    const bridge = this.prompted(requestHash);
    if (clockOf(this.#state).monoMs() < (this.#prompt?.liveFromMs ?? Infinity))
      throw new Error('prompt-not-live');
    return bridge;
  }

  /** Whoever asks what is shown. @throws Error `prompt-changed` */
  prompted(requestHash: string): Bridge {
    const bridge = firstAsking(this.#state.bridges.values());
    if (bridge?.ask?.hash !== requestHash || this.#prompt?.hash !== requestHash)
      throw new Error('prompt-changed');
    return bridge;
  }

  /** What a person sees. Approve is dead for a while after any change of what it would sign. */
  draw(): void {
    const { views, bridges, people, epoch, ledgers, dials } = this.#state;
    const asking = firstAsking(bridges.values());
    const hash = asking?.ask?.hash ?? null;
    if (hash === null) this.#prompt = null;
    else if (hash !== this.#prompt?.hash) {
      this.#prompt = { hash, liveFromMs: clockOf(this.#state).monoMs() + timing.promptDead };
    }
    views.update({
      epoch,
      locked: this.#state.locked,
      knocking: this.#state.door.views(),
      members: people.view(epoch, this.#state.registration.hosts),
      bridges: [...bridges.values()].map((b) => {
        const canDial = dials.offerOf({ join: b.join, key: toBase64url(b.key) }) !== null;
        return bridgeView(b, { ledger: ledgers.state(b.join), canDial });
      }),
      dials: dials.views,
      prompt: asking === null ? null : promptOf(asking, this.#promptFacts(asking)),
    });
  }

  #promptFacts(bridge: Bridge): PromptFacts {
    const { registration, ledgers, memory } = this.#state;
    const others = bridgesOf(this.#state, bridge.thumbprint).filter((b) => b !== bridge && b.holds);
    return {
      liveFromMonoMs: this.#prompt?.liveFromMs ?? Infinity,
      ledger: ledgers.state(bridge.join),
      canTalkOnly: registration.policy.keys === 'per-sender' && others.length === 0,
      reason: memory.reason(bridge),
    };
  }
}
