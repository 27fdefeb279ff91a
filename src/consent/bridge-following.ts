import { equalBytes, toBase64url } from '../base/bytes.ts';
import type { Leaf } from './bridge-ledger.ts';
import type { BridgeShared } from './bridge-shared.ts';
import type { Instance } from './host-watch.ts';
import type { Payload } from './messages/catalog.ts';
import type { Peeked, Verified } from './messages/jws.ts';
import { bytesOfText, keyCheckValue, type Bytes } from './messages/key-schedule.ts';

/** How a bridge keeps up with the host: who is there, which epoch is in use, and whether the host is alive. */
export class BridgeFollowing {
  readonly #shared: BridgeShared;
  #roster: Verified<'roster'> | null = null;
  #heartbeat: Payload<'heartbeat'> | null = null;
  /** Hash of the last roster that stands in the ledger. */
  #written = '';

  constructor(shared: BridgeShared) {
    this.#shared = shared;
  }

  get epoch(): number {
    return this.#shared.keys.sending ?? 0;
  }

  get rosterHash(): string {
    return this.#roster?.hash ?? '';
  }

  /** The raw identity key of somebody whom the last roster lists. */
  memberKey(join: string): Bytes | null {
    const member = this.#roster?.payload.members.find((m) => m.join === join);
    return member === undefined ? null : bytesOfText(member.key);
  }

  /** The leaf of the last roster, once, where it was of no account so far: whoever reads a member's word needs its key. */
  unwrittenRoster(): Leaf | null {
    const roster = this.#roster;
    if (roster === null || this.#written === roster.hash) return null;
    this.#written = roster.hash;
    const { term, epoch } = roster.payload;
    const holds = this.ownEntry(roster)?.holds ?? false;
    return { type: 'roster', jws: roster.jws, data: { term, epoch, holds, hash: roster.hash } };
  }

  /** A new instance knows nothing of the one before. */
  reset(): void {
    this.#roster = null;
    this.#heartbeat = null;
  }

  async onRoster(roster: Verified<'roster'>): Promise<void> {
    const { evidence, ledger, apply } = this.#shared;
    const { term, epoch } = roster.payload;
    const holds = this.ownEntry(roster)?.holds ?? false;
    this.#roster = roster;
    apply({ kind: 'locked', locked: roster.payload.locked });
    const leaf = evidence.roster(roster, holds);
    if (leaf !== null && (await ledger.append(leaf))) this.#written = roster.hash;
    if (!holds) apply({ kind: 'not-holder', at: { term, epoch } });
    await this.advance();
  }

  /** Returns whether it proves that the host is alive. */
  async onHeartbeat(heartbeat: Verified<'heartbeat'>, instance: Instance): Promise<boolean> {
    const { watch, keys, apply, alarm } = this.#shared;
    const { payload } = heartbeat;
    // Of a roster that is not here it proves nothing: who holds the key now is not known.
    const live = this.#roster?.hash === payload.roster && watch.echoed(payload.nonces);
    const mk = keys.mk(payload.epoch);
    if (mk !== null) {
      const own = await keyCheckValue(mk, { instance: instance.id, epoch: payload.epoch });
      if (!equalBytes(own, bytesOfText(payload.kcv))) {
        alarm('key-mismatch', 'heartbeat');
        apply({ kind: 'close', reason: 'key-mismatch' });
        return live;
      }
    }
    this.#heartbeat = payload;
    if (live) apply({ kind: 'heartbeat' });
    await this.advance();
    return live;
  }

  /** The key is here before the list of its epoch: most of those in it were in the one before. */
  async loadAhead(epoch: number): Promise<void> {
    const members = this.#roster?.payload.members ?? [];
    if (this.#shared.keys.has(epoch)) await this.#shared.keys.loadAhead(epoch, members);
  }

  /** Loads what can be loaded, and sends under the epoch that the heartbeat names once everything for it is there. */
  async advance(): Promise<void> {
    const roster = this.#roster;
    const { keys, gate } = this.#shared;
    if (roster === null || gate().phase.kind !== 'open') return;
    const { epoch, members, bridges } = roster.payload;
    const holds = this.ownEntry(roster)?.holds ?? false;
    if (!holds || !keys.has(epoch)) return;
    await keys.load(epoch, [...members, ...bridges.filter((b) => b.holds)]);
    const heartbeat = this.#heartbeat;
    if (heartbeat?.roster !== roster.hash || heartbeat.epoch !== epoch) return;
    const { phase } = gate();
    // Who may only listen has no sender key: the cryptor seals nothing, whatever the gate lets through.
    if (phase.kind === 'open' && !phase.muted) await keys.switchTo(epoch, phase.scope.audio !== 'listen');
  }

  async onSwitched(
    jws: string,
    peeked: Extract<Peeked, { type: 'switched' }>,
    instance: Instance,
  ): Promise<void> {
    const { evidence, ledger } = this.#shared;
    const leaf = await evidence.switched(jws, peeked.payload, instance.id);
    if (leaf !== null && (await ledger.append(leaf))) evidence.settle();
  }

  /** This bridge in the host's list. */
  ownEntry(roster: Verified<'roster'>): Payload<'roster'>['bridges'][number] | undefined {
    const { joinId } = this.#shared.options;
    const key = toBase64url(this.#shared.voice.key);
    return roster.payload.bridges.find((b) => b.join === joinId && b.key === key);
  }
}
