import { toBase64url } from '../../base/bytes.ts';
import type { Payload } from '../../consent/messages/catalog.ts';
import { timing } from '../../consent/timing.ts';
import type { Bridge } from './host-bridges.ts';
import { clockOf, sendJws } from './host-state.ts';
import { bridgeNames, forgetTimers, settleAsk, type HostWork } from './host-work.ts';

export type RevokeReason = Payload<'revocation'>['reason'];

/** Taking a key back: said, then a new epoch without the bridge, then counted until everybody has switched. */
export class HostLockOut {
  readonly #work: HostWork;

  constructor(work: HostWork) {
    this.#work = work;
  }

  /** Says it, stops sending under the key that the bridge has, and counts who still has to switch. The caller rotates. */
  async revoke(bridge: Bridge, reason: RevokeReason): Promise<void> {
    const { state } = this.#work;
    const body = {
      rank: state.rank,
      bridge: toBase64url(bridge.key),
      grant: bridge.granted?.hash ?? '',
      reason,
      epoch: state.epoch + 1,
    };
    this.#begin(bridge);
    const { jws } = await state.chain.issue('revocation', body);
    sendJws(state, jws);
    // Drawn once it is on its way: what a page shows of it may take as long as the way.
    this.#work.draw();
    await state.keys.mute();
    await state.keys.silence(bridge.join);
    await state.door.revoked();
    state.views.history('revoked', bridgeNames(bridge));
  }

  begin(bridge: Bridge): void {
    this.#begin(bridge);
    this.#work.draw();
  }

  #begin(bridge: Bridge): void {
    const { state } = this.#work;
    const clock = clockOf(state);
    const senders = state.people.all().map((p) => p.join);
    forgetTimers(bridge);
    settleAsk(bridge);
    bridge.holds = false;
    bridge.granted = null;
    bridge.admitted.clear();
    bridge.muted.clear();
    bridge.state = 'locking-out';
    bridge.lockedOutAfterMs = null;
    bridge.lockingOut = {
      epoch: state.epoch + 1,
      startedMs: clock.monoMs(),
      waiting: new Set(senders),
      senders,
      timer: clock.after(timing.lockOutHard, () => this.#complete(bridge)),
    };
  }

  onSwitched(join: string, epoch: number): void {
    for (const bridge of this.#work.state.bridges.values()) {
      const out = bridge.lockingOut;
      if (out === null || epoch < out.epoch) continue;
      out.waiting.delete(join);
      if (out.waiting.size === 0) this.#complete(bridge);
    }
    this.#work.draw();
  }

  /** Whoever has left does not send any more. */
  onLeft(join: string): void {
    for (const bridge of this.#work.state.bridges.values()) {
      if (bridge.lockingOut?.waiting.delete(join) === true && bridge.lockingOut.waiting.size === 0) {
        this.#complete(bridge);
      }
    }
  }

  #complete(bridge: Bridge): void {
    const { state } = this.#work;
    const out = bridge.lockingOut;
    if (out === null) return;
    out.timer.cancel();
    bridge.lockingOut = null;
    const ms = Math.round(clockOf(state).monoMs() - out.startedMs);
    const asked = out.senders.some((join) => state.people.get(join)?.rotation === 'asked');
    // Nobody confirms what an app did that was only asked: that is no lock-out, however quickly it answered.
    const over = asked ? 'asked-to-rotate' : 'locked-out';
    bridge.lockedOutAfterMs = asked ? null : ms;
    if (bridge.state === 'locking-out') bridge.state = over;
    state.views.history(over, asked ? bridgeNames(bridge) : { ...bridgeNames(bridge), ms });
    if (state.bridges.has(bridge.join)) this.#work.later(() => this.#work.publish());
  }
}
