import { every, type Timer } from '../base/clock.ts';
import type { BridgeFollowing } from './bridge-following.ts';
import type { BridgeShared } from './bridge-shared.ts';
import { timing } from './timing.ts';

export interface HostPresenceEvents {
  /** In the bridge's turn. */
  run(job: () => Promise<void>): Promise<void>;
  /** The host is here, for the first time or again. */
  onBack(): Promise<void>;
}

/** Whether the host is alive, by heartbeats alone, and what its silence means to the gate (docs/protocol.md §8). */
export class HostPresence {
  readonly #shared: BridgeShared;
  readonly #following: BridgeFollowing;
  readonly #events: HostPresenceEvents;
  #ticker: Timer | null = null;
  #nonceMs = -Infinity;
  #here = false;
  #late = false;

  constructor(shared: BridgeShared, following: BridgeFollowing, events: HostPresenceEvents) {
    this.#shared = shared;
    this.#following = following;
    this.#events = events;
  }

  get here(): boolean {
    return this.#here;
  }

  start(): void {
    this.#ticker = every(this.#shared.options.clock, timing.tick, () => this.#tick());
  }

  stop(): void {
    this.#ticker?.cancel();
  }

  set(here: boolean): void {
    if (here === this.#here) return;
    this.#here = here;
    this.#shared.options.onFact({ kind: 'host-present', present: here });
    if (here) void this.#events.run(() => this.#events.onBack());
  }

  /** Every half second: a nonce when it is time, and what the host's silence means. */
  #tick(): void {
    const { watch, voice, ledger, options, gate, apply } = this.#shared;
    const { instance } = watch;
    const now = options.clock.monoMs();
    if (instance !== null && now - this.#nonceMs >= timing.nonceEvery) {
      this.#nonceMs = now;
      void this.#events.run(async () => {
        const { epoch, rosterHash: roster } = this.#following;
        await voice.nonce(instance, watch.nonce(), { epoch, roster });
      });
    }
    const age = watch.ageMs();
    const late = age > timing.liveWithin;
    if (late) {
      this.set(false);
      apply({ kind: 'heartbeat-late' });
    }
    if (late && !this.#late && gate().phase.kind === 'open') {
      void this.#events.run(async () => {
        await ledger.append({ type: 'heartbeat-lost', data: { forMs: timing.liveWithin } });
      });
    }
    this.#late = late;
    if (age > timing.destroyAfter) apply({ kind: 'heartbeat-lost' });
  }
}
