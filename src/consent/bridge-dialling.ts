import { toBase64url, wipe } from '../base/bytes.ts';
import type { LegId } from '../base/ids.ts';
import { parseJcs } from '../base/jcs.ts';
import type { DialReport } from './bridge-port.ts';
import type { BridgeShared } from './bridge-shared.ts';
import type { HostRefusal, Instance } from './host-watch.ts';
import { numberCommitment, saltedNumber, type SaltedNumber } from './messages/commitment.ts';
import type { Verified } from './messages/jws.ts';
import { thumbprint } from './messages/keys.ts';
import type { Packet } from './messages/packet.ts';
import { createHpkeKeyPair, type HpkeKeyPair } from './messages/seal.ts';
import { timing } from './timing.ts';

interface Dial {
  readonly dial: string;
  /** Whose word it was: after another start of the host nobody is told of it any more. */
  readonly instance: string;
}

/** Calls that a host may ask for in one instance. Their ids are remembered, so that none is made twice. */
const maxDials = 100;
/** Calls at a time; how many an operator wants is configured, and is less. */
const maxOpenDials = 16;

type Refused = 'host-absent' | 'locked' | 'too-many';

/**
 * Calls that hosts ask for (docs/protocol.md §9). A call is made on the signed word of a registered host alone: of this instance, for
 * this presence of this bridge, once, and recorded before anybody is called. The number is sealed to a key of this
 * presence; it opens nothing of the meeting.
 */
export class BridgeDialling {
  readonly #shared: BridgeShared;
  #pair: HpkeKeyPair | null = null;
  /** By leg: what is under way. */
  readonly #open = new Map<LegId, Dial>();
  /** Of this instance. */
  #seen = new Set<string>();

  constructor(shared: BridgeShared) {
    this.#shared = shared;
  }

  async offer(instance: Instance): Promise<void> {
    const { options, voice } = this.#shared;
    if (options.dials !== true) return;
    this.#pair ??= await createHpkeKeyPair(options.random);
    await voice.dialOffer(instance, toBase64url(this.#pair.publicKey));
  }

  /** Who has asked is gone, or is another: whoever is still being called is not called any more. */
  reset(): void {
    this.#seen = new Set();
    for (const legId of this.#open.keys()) this.#shared.options.onFact({ kind: 'dial-cancelled', legId });
  }

  destroy(): void {
    this.#pair?.destroy();
    this.#pair = null;
  }

  async onRequest({ jws, beside }: Packet): Promise<void> {
    const { watch, ledger, options } = this.#shared;
    if (this.#pair === null) return;
    const verified = await watch.word(jws, 'dial-request');
    if (!verified.ok) return this.#notTaken('dial-request', verified.reason);
    const { dial, number: committed } = verified.value.payload;
    if (!this.#isMine(verified.value.payload)) return;
    if (this.#seen.has(dial)) return ledger.refused('dial-request', 'replayed');
    const refused = this.#refusal();
    if (refused === 'too-many') return ledger.refused('dial-request', refused);
    this.#seen.add(dial);
    if (refused !== null) {
      await ledger.refused('dial-request', refused);
      return this.#tell({ dial, leg: '', state: 'refused', reason: refused });
    }
    const salted = await this.#number(this.#pair, beside[0], verified.value);
    if (salted === null || (await numberCommitment(salted)) !== committed) {
      await ledger.refused('dial-request', 'number-unreadable');
      return this.#tell({ dial, leg: '', state: 'refused', reason: 'number-unreadable' });
    }
    const legId = toBase64url(options.random(16)) as LegId;
    const recorded = await ledger.append({
      type: 'dial-requested',
      leg: legId,
      jws,
      data: { hash: verified.value.hash },
      personal: [{ name: 'number', leg: legId, salt: salted.salt, value: salted.number }],
    });
    // No record, no call. While it was written the host may have gone.
    if (!recorded || watch.instance?.id !== verified.value.payload.instance) return;
    this.#open.set(legId, { dial, instance: verified.value.payload.instance });
    options.onFact({ kind: 'dial', legId, number: salted.number });
  }

  async onCancel(jws: string): Promise<void> {
    if (this.#pair === null) return;
    const verified = await this.#shared.watch.word(jws, 'dial-cancel');
    if (!verified.ok) return this.#notTaken('dial-cancel', verified.reason);
    const { payload } = verified.value;
    if (!this.#isMine(payload)) return;
    for (const [legId, { dial, instance }] of this.#open) {
      if (dial === payload.dial && instance === payload.instance)
        this.#shared.options.onFact({ kind: 'dial-cancelled', legId });
    }
  }

  /** Its end is recorded; everybody is told of each step. */
  async report({ legId, state, reason }: DialReport): Promise<void> {
    const known = this.#open.get(legId);
    if (known === undefined) return;
    const { ledger, watch } = this.#shared;
    if (state === 'accepted' || state === 'over' || state === 'refused') {
      this.#open.delete(legId);
      const outcome = reason === '' ? state : reason;
      await ledger.append({ type: 'dial-ended', leg: legId, data: { outcome } });
    }
    if (watch.instance?.id === known.instance)
      await this.#tell({ dial: known.dial, leg: legId, state, reason });
  }

  #isMine({ bridge, to }: { readonly bridge: string; readonly to: string }): boolean {
    return bridge === this.#shared.voice.keyText && to === this.#shared.options.joinId;
  }

  #refusal(): Refused | null {
    const { watch, gate, registration } = this.#shared;
    if (this.#seen.size >= maxDials || this.#open.size >= maxOpenDials) return 'too-many';
    if (registration.policy.locked || gate().locked) return 'locked';
    return watch.ageMs() > timing.liveWithin ? 'host-absent' : null;
  }

  async #number(
    pair: HpkeKeyPair,
    sealed: Uint8Array<ArrayBuffer> | undefined,
    { payload, hash, key }: Verified<'dial-request'>,
  ): Promise<SaltedNumber | null> {
    if (sealed === undefined) return null;
    const opened = await pair.open(sealed, {
      type: 'dial-request',
      role: 'connector',
      meeting: payload.meeting,
      instance: payload.instance,
      term: payload.term,
      sender: await thumbprint(key),
      recipient: await thumbprint(this.#shared.voice.key),
      epoch: 0,
      about: hash,
    });
    if (!opened.ok) return null;
    const parsed = parseJcs(opened.value);
    wipe(opened.value);
    return parsed.ok && saltedNumber(parsed.value) ? parsed.value : null;
  }

  async #tell(state: Parameters<BridgeShared['voice']['dialState']>[1]): Promise<void> {
    const { watch, voice } = this.#shared;
    if (watch.instance !== null) await voice.dialState(watch.instance, state);
  }

  async #notTaken(what: string, reason: HostRefusal): Promise<void> {
    if (reason !== 'no-instance') await this.#shared.ledger.refused(what, reason);
  }
}
