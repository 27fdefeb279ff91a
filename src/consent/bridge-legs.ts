import type { LegId } from '../base/ids.ts';
import type { BridgeAsking } from './bridge-asking.ts';
import type { Leaf } from './bridge-ledger.ts';
import type { LegRefusal } from './bridge-port.ts';
import type { BridgeShared } from './bridge-shared.ts';
import type { Payload, RosterBridge } from './messages/catalog.ts';
import type { Verified } from './messages/jws.ts';

/** What the host says about single callers under a grant. The gate decides whether it counts; here it is recorded and told. */
export class BridgeLegs {
  readonly #shared: BridgeShared;
  readonly #asking: BridgeAsking;
  /** Number of the last word about legs: a list that is older does not undo it. */
  #wordSeq = 0;

  constructor(shared: BridgeShared, asking: BridgeAsking) {
    this.#shared = shared;
    this.#asking = asking;
  }

  /** A new instance counts from the beginning. */
  reset(): void {
    this.#wordSeq = 0;
  }

  /** Recorded before anybody is let in; after the wait the gate is asked again. */
  async onAdmission(message: Verified<'leg-admission'>): Promise<void> {
    const { callers, options, ledger, apply } = this.#shared;
    const { request, grant, legs, by, left } = message.payload;
    if (this.#openGrant() !== grant || this.#asking.legRequest?.hash !== request) {
      return ledger.refused('leg-admission', 'no-such-request');
    }
    this.#asking.settleLegs();
    const named = callers.askedFor(request).filter((legId) => legs.includes(legId));
    const leaves = named.map((leg): Leaf => ({
      type: 'leg-admitted',
      leg,
      jws: message.jws,
      data: { grant },
    }));
    if (!(await ledger.append(...leaves)) || this.#openGrant() !== grant) return;
    // Whoever hung up meanwhile is not let in.
    const present = named.filter((legId) => callers.askedFor(request).includes(legId));
    apply({ kind: 'admission', grant, legs: present, by, left });
    const admitted = present.filter((legId) => this.#isIn(legId));
    callers.admit(admitted);
    if (admitted.length > 0) options.onFact({ kind: 'legs-admitted', legIds: admitted });
    await this.refuseTheRest(request, this.#shared.gate().locked ? 'locked' : 'denied');
    await this.#asking.ask();
  }

  async onRefusal({ payload, jws }: Verified<'leg-refusal'>): Promise<void> {
    if (this.#asking.legRequest?.hash !== payload.request) return;
    this.#asking.settleLegs();
    await this.refuseTheRest(payload.request, payload.reason, jws);
    await this.#asking.ask();
  }

  /** A caller's sound has come into the room, or left it: for the record, and for the host where the caller was let in. */
  async moved(
    legId: LegId,
    { present, admitted, epoch }: { present: boolean; admitted: boolean; epoch: () => number },
  ): Promise<void> {
    const { gate, ledger, watch, aside, voice, callers } = this.#shared;
    const { phase } = gate();
    const grant = phase.kind === 'open' ? phase.grant : '';
    await ledger.append({
      type: present ? 'leg-joined' : 'leg-left',
      leg: legId,
      ...(grant === '' ? {} : { data: { grant } }),
    });
    const { instance } = watch;
    if (instance === null || grant === '' || !admitted) return;
    const receipt = { answers: grant, did: 'legs', epoch: epoch() } as const;
    void aside(async () => {
      await voice.receipt(instance, { ...receipt, legs: callers.admitted() });
    });
  }

  /** In force at once, then recorded. */
  async onRevocation(message: Verified<'leg-revocation'>): Promise<void> {
    const { callers, options, ledger, apply } = this.#shared;
    const { grant, legs, reason, seq } = message.payload;
    this.#wordSeq = Math.max(this.#wordSeq, seq);
    const legIds = callers.admitted().filter((legId) => legs.includes(legId));
    if (legIds.length === 0 || this.#openGrant() !== grant) return;
    apply({ kind: 'legs', grant, legs: legIds, change: reason });
    if (reason === 'ended') {
      callers.forget(legIds);
      options.onFact({ kind: 'legs-refused', legIds, reason: 'ended' });
    } else {
      options.onFact({ kind: 'legs-muted', legIds, muted: reason === 'muted' });
    }
    const { jws } = message;
    await ledger.append(...legIds.map((leg): Leaf => ({ type: 'leg-muted', leg, jws, data: { reason } })));
  }

  /** The host's signed list says who is muted, for when the word itself did not come. */
  onList(roster: Verified<'roster'>, own: RosterBridge | undefined): void {
    const { options, apply, callers } = this.#shared;
    const { phase } = this.#shared.gate();
    if (own === undefined || phase.kind !== 'open' || own.grant !== phase.grant) return;
    if (roster.payload.seq < this.#wordSeq) return;
    for (const muted of [true, false]) {
      const listed = own.legs.filter((l) => l.state === (muted ? 'muted' : 'admitted')).map((l) => l.leg);
      const changed = phase.legs.filter((l) => listed.includes(l.leg) && l.muted !== muted).map((l) => l.leg);
      const legIds = callers.admitted().filter((legId) => changed.includes(legId));
      if (legIds.length === 0) continue;
      apply({ kind: 'legs', grant: phase.grant, legs: legIds, change: muted ? 'muted' : 'unmuted' });
      options.onFact({ kind: 'legs-muted', legIds, muted });
    }
  }

  /** Callers of the request whom the host left out. */
  async refuseTheRest(
    request: string,
    reason: LegRefusal & Payload<'leg-refusal'>['reason'] = 'denied',
    jws?: string,
  ): Promise<void> {
    const { callers, options, ledger } = this.#shared;
    const legIds = callers.askedFor(request);
    if (legIds.length === 0) return;
    callers.forget(legIds);
    options.onFact({ kind: 'legs-refused', legIds, reason });
    const signed = jws === undefined ? {} : { jws };
    await ledger.append(
      ...legIds.map((leg): Leaf => ({ type: 'leg-refused', leg, data: { reason }, ...signed })),
    );
  }

  #openGrant(): string | null {
    const { phase } = this.#shared.gate();
    return phase.kind === 'open' ? phase.grant : null;
  }

  #isIn(legId: LegId): boolean {
    const { phase } = this.#shared.gate();
    return phase.kind === 'open' && phase.legs.some(({ leg }) => leg === legId);
  }
}
