import { wipe } from '../base/bytes.ts';
import type { Clock, Timer } from '../base/clock.ts';
import {
  bytesOfText,
  identityOf,
  senderId,
  senderKeysOf,
  sharedKey,
  slotOf,
  slots,
  type Bytes,
} from './messages/key-schedule.ts';
import type { KeyMode } from './messages/registration.ts';
import type { Random } from './messages/seal.ts';
import { timing } from './timing.ts';

/** Where frame keys go: a frame cryptor. Setting one's own identity's key switches the sender. */
export interface FrameKeys {
  setKey(identity: string, slot: number, key: Uint8Array): Promise<void>;
  overwrite(identity: string, slot: number): Promise<void>;
}

/** Somebody who sends: key and join id, as the signed roster has them. */
export interface Sender {
  readonly key: string;
  readonly join: string;
}

export interface EpochKeysOptions {
  readonly sink: FrameKeys;
  readonly clock: Clock;
  readonly random: Random;
  readonly own: Sender;
  readonly mode: KeyMode;
}

/** One sender's key, and what it is derived by. */
interface Derived {
  readonly identity: string;
  readonly sender: Sender;
  readonly derive: (sender: Sender) => Promise<Bytes>;
}

export interface HoldOptions {
  readonly of?: Epoch['of'];
  readonly ahead?: boolean;
}

/** The one in use, the one before it, one made ahead, and one that was made ahead and given up. */
const maxHeld = 4;

interface Epoch {
  readonly instance: string;
  readonly epoch: number;
  readonly secret: Bytes;
  /** The meeting key, from which everything follows; or this party's own sender key, from which nothing does. */
  readonly of: 'meeting' | 'sender';
  /** Identities whose keys of this epoch the sink holds. */
  readonly loaded: Set<string>;
  hardLimit: Timer | null;
}

/**
 * The meeting keys that one party holds, and what became of them in its frame cryptor: peers' keys are loaded before,
 * one's own at the switch, and old ones are overwritten 2 s after the switch, 10 s after it was due at the latest.
 */
export class EpochKeys {
  readonly #options: EpochKeysOptions;
  readonly #epochs = new Map<number, Epoch>();
  readonly #identity: string;
  #sending: number | null = null;
  #muted = true;
  #generation = 0;

  constructor(options: EpochKeysOptions) {
    this.#options = options;
    this.#identity = identityOf(options.own.join);
  }

  /** The epoch under which this party sends, or null while it sends under none. */
  get sending(): number | null {
    return this.#muted ? null : this.#sending;
  }

  has(epoch: number): boolean {
    return this.#epochs.has(epoch);
  }

  /** The meeting key, for derivations of the session itself; not to be kept. Null also for whom it was not given to. */
  mk(epoch: number): Bytes | null {
    const held = this.#epochs.get(epoch);
    return held?.of === 'meeting' ? held.secret : null;
  }

  /**
   * Takes ownership of `secret`: it is wiped with its epoch. `ahead`: it is there before its time, which `expect` says; until
   * then it puts no limit to the epochs before it.
   */
  hold(
    instance: string,
    epoch: number,
    secret: Bytes,
    { of = 'meeting', ahead = false }: HoldOptions = {},
  ): void {
    this.#forget(epoch);
    this.#epochs.set(epoch, { instance, epoch, secret, of, loaded: new Set(), hardLimit: null });
    if (!ahead) this.expect(epoch);
    this.#makeRoom();
  }

  /** This epoch is about to be used: those before it have their time limit from now on. */
  expect(epoch: number): void {
    const held = this.#epochs.get(epoch);
    if (held === undefined) return;
    held.hardLimit ??= this.#options.clock.after(timing.oldKeysHard, () => void this.dropBelow(epoch));
  }

  /** As `load`, for an epoch that is not in use yet. Where all share one key there is nothing to load before one's own. */
  loadAhead(epoch: number, senders: readonly Sender[]): Promise<void> {
    return this.#options.mode === 'shared' ? Promise.resolve() : this.load(epoch, senders);
  }

  /** Loads the keys of all others: frames of theirs under this epoch open from now on. */
  async load(epoch: number, senders: readonly Sender[]): Promise<void> {
    const held = this.#epochs.get(epoch);
    if (held?.of !== 'meeting') return;
    const missing = senders
      .map((sender) => ({ sender, identity: identityOf(sender.join) }))
      .filter(({ identity }) => identity !== this.#identity && !held.loaded.has(identity));
    if (missing.length === 0) return;
    const derive = await this.#derivation(held);
    // Together: each derivation is a round through the platform's own threads.
    await Promise.all(missing.map(({ sender, identity }) => this.#set(held, { identity, sender, derive })));
  }

  /** Sends under this epoch from now on, or, where it may not speak, follows it. False where its key is not held (any more). */
  async switchTo(epoch: number, speaks = true): Promise<boolean> {
    const held = this.#epochs.get(epoch);
    if (held === undefined || (this.#sending !== null && epoch < this.#sending)) return false;
    const generation = this.#generation;
    const changed = this.#sending !== epoch;
    if (speaks) {
      const derive = await this.#derivation(held);
      const own = { identity: this.#identity, sender: this.#options.own, derive };
      if (!(await this.#set(held, own))) return false;
    }
    if (generation !== this.#generation) return false;
    this.#sending = epoch;
    this.#muted = false;
    if (changed) {
      this.#options.clock.after(timing.oldKeysAfterSwitch, () => {
        // A new instance counts its epochs from one again: a timer of the old one must not take them for old.
        if (generation === this.#generation) void this.dropBelow(epoch);
      });
    }
    return true;
  }

  /** Stops sending at once: what the sender still sends is under a key that nobody has. */
  async mute(): Promise<void> {
    if (this.#muted || this.#sending === null) return;
    this.#muted = true;
    const noise = this.#options.random(32);
    await this.#options.sink.setKey(this.#identity, this.#noiseSlot(this.#sending), noise);
    wipe(noise);
  }

  /**
   * Nothing of this sender opens any more under the epochs that are held now; the time that old keys have for latecomers is not for
   * him. Where all share one key nobody can be singled out: there the next epoch does it.
   */
  async silence(join: string): Promise<void> {
    if (this.#options.mode === 'shared') return;
    const identity = identityOf(join);
    const loaded = [...this.#epochs.values()].filter((held) => held.loaded.has(identity));
    await Promise.all(loaded.map(({ epoch }) => this.#options.sink.overwrite(identity, slotOf(epoch))));
  }

  /** Overwrites every key of epochs before this one. */
  async dropBelow(epoch: number): Promise<void> {
    const old = [...this.#epochs.values()].filter((e) => e.epoch < epoch);
    for (const { epoch: number } of old) await this.#drop(number);
  }

  /** Overwrites everything. The meeting keys themselves are wiped before this returns its promise. */
  async clear(): Promise<void> {
    this.#generation += 1;
    this.#muted = true;
    this.#sending = null;
    for (const held of this.#epochs.values()) wipe(held.secret);
    await Promise.all([...this.#epochs.keys()].map((epoch) => this.#drop(epoch)));
  }

  /** Where all share one key, noise in its slot would deafen this party as well: it goes where no epoch in use has one. */
  #noiseSlot(epoch: number): number {
    return slotOf(this.#options.mode === 'shared' ? epoch + slots / 2 : epoch);
  }

  async #derivation(held: Epoch): Promise<Derived['derive']> {
    if (held.of === 'sender') return () => Promise.resolve(held.secret.slice());
    if (this.#options.mode === 'shared') return () => sharedKey(held.secret, held);
    const derive = await senderKeysOf(held.secret, held);
    return ({ key, join }) => derive(senderId(bytesOfText(key), bytesOfText(join)));
  }

  /** Derives and sets one key, unless everything was cleared meanwhile: a key that arrives late must not stay. */
  async #set(held: Epoch, { identity, sender, derive }: Derived): Promise<boolean> {
    const generation = this.#generation;
    const key = await derive(sender);
    try {
      if (generation !== this.#generation || this.#epochs.get(held.epoch) !== held) return false;
      held.loaded.add(identity);
      await this.#options.sink.setKey(identity, slotOf(held.epoch), key);
      return true;
    } finally {
      wipe(key);
    }
  }

  async #drop(epoch: number): Promise<void> {
    const held = this.#forget(epoch);
    if (held === null) return;
    if (epoch === this.#sending) this.#muted = true;
    const slot = slotOf(epoch);
    await Promise.all([...held.loaded].map((identity) => this.#options.sink.overwrite(identity, slot)));
  }

  /** Keys that nobody uses do not pile up, whatever a host sends. */
  #makeRoom(): void {
    const idle = [...this.#epochs.keys()].filter((epoch) => epoch !== this.#sending).sort((a, b) => a - b);
    for (const epoch of idle.slice(0, Math.max(0, this.#epochs.size - maxHeld))) void this.#drop(epoch);
  }

  #forget(epoch: number): Epoch | null {
    const held = this.#epochs.get(epoch);
    if (held === undefined) return null;
    this.#epochs.delete(epoch);
    held.hardLimit?.cancel();
    wipe(held.secret);
    return held;
  }
}
