import { toBase64url } from '../base/bytes.ts';
import type { Timer } from '../base/clock.ts';
import type { LegId } from '../base/ids.ts';
import type { BridgeShared } from './bridge-shared.ts';
import type { Leaf } from './bridge-ledger.ts';
import type { Instance } from './host-watch.ts';
import type { AskedCallers } from './bridge-callers.ts';
import { codeCommitment } from './messages/commitment.ts';
import { timing } from './timing.ts';

export interface OpenRequest {
  readonly hash: string;
  /** 16 bytes, base64url: this end's half of the bridge code. Empty for a request about later callers. */
  readonly codeNonce: string;
  /** One try a request: the first challenge is answered, a second one never. */
  challenged: boolean;
  readonly timer: Timer;
}

/** One open request at a time; callers who come meanwhile are asked for after its answer. */
export class BridgeAsking {
  readonly #shared: BridgeShared;
  #request: OpenRequest | null = null;
  #legRequest: OpenRequest | null = null;

  constructor(shared: BridgeShared) {
    this.#shared = shared;
  }

  get request(): OpenRequest | null {
    return this.#request;
  }

  get legRequest(): OpenRequest | null {
    return this.#legRequest;
  }

  /** Asks for those who wait, in the way that the gate's state calls for. */
  async ask(): Promise<void> {
    const { watch, callers, registration } = this.#shared;
    if (!callers.hasWaiting()) return;
    const asked = callers.waiting();
    if (registration.policy.locked || this.#shared.gate().locked) {
      callers.forget(asked.legIds);
      this.#shared.refuseLegs(asked.legIds, 'locked');
      return;
    }
    const { instance } = watch;
    // They wait until there is somebody to ask: control says how long.
    if (instance === null || watch.ageMs() > timing.liveWithin) return;
    const gate = this.#shared.gate();
    if (gate.ended) return;
    if (gate.phase.kind === 'idle') await this.#askForKey(instance, asked);
    else if (gate.phase.kind === 'open') {
      const { grant, scope } = gate.phase;
      // As many as are let in without a click, and nobody who has to wait for one: an answer is about all of its callers.
      const some = scope.next > 0 && !scope.anyone ? callers.waiting(scope.next) : asked;
      await this.#askForLegs(instance, grant, some);
    }
  }

  /** The open request has its answer, or none will come. */
  settle(): void {
    this.#request?.timer.cancel();
    this.#request = null;
  }

  settleLegs(): void {
    this.#legRequest?.timer.cancel();
    this.#legRequest = null;
  }

  async #askForKey(instance: Instance, asked: AskedCallers): Promise<void> {
    const { options, voice, seals, watch, callers } = this.#shared;
    const hpke = await seals.fresh();
    const codeNonce = options.random(16);
    const code = await codeCommitment(codeNonce);
    const sent = await voice.request(instance, { asked, hpke, nonce: watch.nonce(), code });
    if (!sent.ok) {
      this.#unsent(asked.legIds, sent.reason);
      return;
    }
    const { hash } = sent.value;
    const timer = options.clock.after(timing.answerWithin, () =>
      this.#shared.apply({ kind: 'timed-out', request: hash }),
    );
    this.#request = { hash, codeNonce: toBase64url(codeNonce), challenged: false, timer };
    callers.markAsked(asked.legIds, hash);
    this.#shared.apply({ kind: 'asked', request: hash });
    options.onFact({ kind: 'request-sent', requestHash: hash, legIds: asked.legIds });
  }

  async #askForLegs(instance: Instance, grant: string, asked: AskedCallers): Promise<void> {
    if (this.#legRequest !== null) return;
    const { options, voice, watch, callers, ledger } = this.#shared;
    const sent = await voice.legRequest(instance, grant, { asked, nonce: watch.nonce() });
    if (!sent.ok) {
      this.#unsent(asked.legIds, sent.reason);
      return;
    }
    const { hash, jws } = sent.value;
    const timer = options.clock.after(timing.answerWithin, () => this.#legsTimedOut(hash));
    this.#legRequest = { hash, codeNonce: '', challenged: false, timer };
    callers.markAsked(asked.legIds, hash);
    options.onFact({ kind: 'request-sent', requestHash: hash, legIds: asked.legIds });
    const leaf: Leaf = { type: 'leg-asked', jws, data: { request: hash }, personal: asked.personal };
    await ledger.append(leaf);
  }

  #legsTimedOut(hash: string): void {
    if (this.#legRequest?.hash !== hash) return;
    this.settleLegs();
    const { callers, refuseLegs } = this.#shared;
    const legIds = callers.askedFor(hash);
    callers.forget(legIds);
    refuseLegs(legIds, 'no-answer');
  }

  #unsent(legIds: readonly LegId[], reason: string): void {
    const { callers, refuseLegs, alarm } = this.#shared;
    callers.forget(legIds);
    refuseLegs(legIds, 'request-invalid');
    alarm('request-not-sent', reason);
  }
}
