import { toBase64url } from '../base/bytes.ts';
import type { Timer } from '../base/clock.ts';
import type { LedgerEventType } from '../ledger/event.ts';
import type { Leaf } from './bridge-ledger.ts';
import type { BridgeFollowing } from './bridge-following.ts';
import type { BridgeShared } from './bridge-shared.ts';
import type { Instance } from './host-watch.ts';
import { maxProofs, type Payload } from './messages/catalog.ts';
import { isCosigned } from './messages/cosignature.ts';
import { verifyMessage } from './messages/jws.ts';
import { bytesOfText, type Bytes } from './messages/key-schedule.ts';
import { thumbprint } from './messages/keys.ts';
import { ledgerOrigin, openCheckpoint } from './messages/log-checkpoint.ts';
import { timing } from './timing.ts';

interface Ask {
  readonly join: string;
  readonly sizes: readonly number[];
  readonly nonce: string;
}

const worthWitnessing: ReadonlySet<LedgerEventType> = new Set<LedgerEventType>([
  'denial',
  'receipt',
  'key-destroyed',
  'switched',
  'leg-left',
]);

/** Asks and cosignatures of one member within a minute: what its client needs, with room for a bad connection. */
const perMinute = 40;
/** Heads of which a cosignature is still taken. */
const rememberedHeads = 32;
/** Cosignatures that wait to be written. */
const maxWaiting = 128;
const leavesAtOnce = 32;

/**
 * The bridge's side of its ledger's witnesses: it proves to host and members that the ledger only grew since they last saw
 * it, says its checkpoint after what they will want to have witnessed, and records what they cosigned. Only who is in the
 * signed roster is answered, and only so often.
 */
export class BridgeWitness {
  readonly #shared: BridgeShared;
  readonly #following: BridgeFollowing;
  /** Stays after the host has ended its instance: the end itself is witnessed as well. */
  #instance: Instance | null = null;
  #asks: Ask[] = [];
  #answering: Timer | null = null;
  #announcing: Timer | null = null;
  #writing: Timer | null = null;
  /** Sizes at which people know the ledger, newest last. */
  #known: number[] = [];
  /** Sizes of the checkpoints that were said, oldest first. */
  readonly #heads = new Map<string, number>();
  readonly #saidMs = new Map<string, readonly number[]>();
  readonly #taken = new Set<string>();
  #leaves: Leaf[] = [];

  constructor(shared: BridgeShared, following: BridgeFollowing) {
    this.#shared = shared;
    this.#following = following;
  }

  begin(instance: Instance): void {
    this.#instance = instance;
    this.#asks = [];
    this.#known = [];
    this.#saidMs.clear();
    this.#taken.clear();
  }

  async onAsk(jws: string, claimed: Payload<'ledger-ask'>): Promise<void> {
    const asked = await this.#said(jws, 'ledger-ask', claimed);
    if (asked === null) return;
    const { join, sizes, nonce } = asked;
    this.#asks = [...this.#asks.filter((ask) => ask.join !== join), { join, sizes, nonce }];
    this.#answering ??= this.#later(timing.proofBatch, async () => {
      this.#answering = null;
      await this.#answer();
    });
  }

  async onWitness(jws: string, claimed: Payload<'witness'>): Promise<void> {
    const { checkpoint, time } = claimed;
    const size = this.#heads.get(checkpoint);
    const name = `${claimed.key}/${String(size)}`;
    if (size === undefined || this.#taken.has(name) || this.#leaves.length >= maxWaiting) return;
    const said = await this.#said(jws, 'witness', claimed);
    const key = this.#following.memberKey(claimed.join);
    if (said === null || key === null || toBase64url(key) !== claimed.key) return;
    const head = await openCheckpoint(checkpoint, this.#ledgerKey());
    if (!head.ok) return;
    const what = { origin: await ledgerOrigin(this.#ledgerKey()), head: head.value, time };
    if (!(await isCosigned(what, key, bytesOfText(said.signature)))) return;
    this.#taken.add(name);
    const roster = this.#following.unwrittenRoster();
    if (roster !== null) this.#leaves.push(roster);
    this.#leaves.push({ type: 'witnessed', jws, data: { size, by: await thumbprint(key) } });
    this.#writing ??= this.#later(timing.witnessBatch, () => this.flush());
  }

  /** A leaf was written. What should be witnessed is said once for all that comes within a second. */
  recorded(type: LedgerEventType): void {
    if (worthWitnessing.has(type))
      this.#announcing ??= this.#later(timing.announceBatch, () => this.announce());
  }

  async announce(): Promise<void> {
    this.#announcing?.cancel();
    this.#announcing = null;
    await this.#state([], this.#known.slice(-maxProofs));
  }

  /** Writes what was cosigned; also before the end. */
  async flush(): Promise<void> {
    this.#writing?.cancel();
    this.#writing = null;
    while (this.#leaves.length > 0) {
      const leaves = this.#leaves.splice(0, leavesAtOnce);
      if (!(await this.#shared.ledger.append(...leaves))) return;
    }
  }

  stop(): void {
    for (const timer of [this.#answering, this.#announcing, this.#writing]) timer?.cancel();
  }

  /** A message of somebody in the roster, about this bridge, and not one too many. */
  async #said<T extends 'ledger-ask' | 'witness'>(
    jws: string,
    type: T,
    claimed: Payload<'ledger-ask' | 'witness'>,
  ): Promise<Payload<T> | null> {
    const { meeting, instance, join, bridge } = claimed;
    const { options, voice } = this.#shared;
    if (meeting !== options.meetingId || instance !== this.#instance?.id || bridge !== voice.keyText)
      return null;
    const key =
      this.#following.memberKey(join) ?? (join === this.#instance.hostJoin ? this.#instance.hostKey : null);
    if (key === null) return null;
    const verified = await verifyMessage(jws, type, key);
    // Counted after the check: whoever cannot sign as this member does not use up what it may say.
    return verified.ok && this.#mayTalk(join) ? verified.value.payload : null;
  }

  #mayTalk(join: string): boolean {
    const now = this.#shared.options.clock.monoMs();
    const recent = (this.#saidMs.get(join) ?? []).filter((at) => now - at < 60_000);
    if (recent.length >= perMinute) return false;
    this.#saidMs.set(join, [...recent, now]);
    return true;
  }

  /** One message answers as many as have few different sizes among them. */
  async #answer(): Promise<void> {
    const asks = this.#asks;
    this.#asks = [];
    while (asks.length > 0) {
      const sizes = new Set<number>();
      const nonces: string[] = [];
      for (let ask = asks[0]; ask !== undefined; ask = asks[0]) {
        const all = new Set([...sizes, ...ask.sizes]);
        if (nonces.length > 0 && all.size > maxProofs) break;
        for (const size of ask.sizes) sizes.add(size);
        nonces.push(ask.nonce);
        asks.shift();
      }
      await this.#state(nonces, [...sizes].slice(0, maxProofs));
    }
  }

  async #state(nonces: readonly string[], sizes: readonly number[]): Promise<void> {
    const instance = this.#instance;
    const { options, voice } = this.#shared;
    if (instance === null) return;
    const grown = await options.vault.proveGrowth(sizes);
    if (!grown.ok) return;
    // Read again here, as its receivers do: the vault's word alone is not passed on.
    const head = await openCheckpoint(grown.value.checkpoint, this.#ledgerKey());
    if (!head.ok) return;
    await voice.ledgerState(instance, { nonces, ...grown.value });
    this.#remember(head.value.size, grown.value.checkpoint);
  }

  #remember(size: number, checkpoint: string): void {
    this.#known = [...this.#known.filter((known) => known !== size), size].slice(-rememberedHeads);
    this.#heads.delete(checkpoint);
    this.#heads.set(checkpoint, size);
    const oldest = this.#heads.keys().next();
    if (this.#heads.size > rememberedHeads && !oldest.done) this.#heads.delete(oldest.value);
  }

  #later(ms: number, job: () => Promise<void>): Timer {
    return this.#shared.options.clock.after(ms, () => void this.#shared.aside(job));
  }

  #ledgerKey(): Bytes {
    return bytesOfText(this.#shared.options.vault.info.ledgerKey);
  }
}
