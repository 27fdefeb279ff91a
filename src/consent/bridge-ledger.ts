import { fromBase64url, toBase64url } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import type { LedgerEventType, NewEntry } from '../ledger/event.ts';
import { thumbprint } from './messages/keys.ts';
import { checkProof, type LedgerProof } from './messages/ledger-proof.ts';
import type { Registration } from './messages/registration.ts';
import type { VaultPort } from './vault-port.ts';

export type Leaf = Omit<NewEntry, 'meeting' | 'bridge'>;

export interface BridgeLedgerOptions {
  readonly vault: VaultPort;
  readonly clock: Clock;
  readonly meetingId: string;
  readonly joinId: string;
  /** The ledger cannot be written, or does not prove what it says: no key without it. */
  onFailed(reason: string): void;
  /** Written, and part of the next checkpoint. */
  onRecorded(type: LedgerEventType): void;
}

const refusalEveryMs = 1_000;

/** What one bridge writes down. Nothing that was refused here may be acted on. */
export class BridgeLedger {
  readonly #options: BridgeLedgerOptions;
  readonly #ledgerKey: Uint8Array<ArrayBuffer>;
  /** By reason, of which there are a few dozen: the last time one was written. */
  readonly #refusals = new Map<string, number>();

  constructor(options: BridgeLedgerOptions) {
    this.#options = options;
    this.#ledgerKey = fromBase64url(options.vault.info.ledgerKey) ?? new Uint8Array(0);
  }

  /** True once these are on disk. */
  async append(...leaves: readonly Leaf[]): Promise<boolean> {
    if (leaves.length === 0) return true;
    const done = await this.#options.vault.append(leaves.map((leaf) => this.#entry(leaf)));
    if (!done.ok) this.#options.onFailed(done.reason);
    else for (const { type } of leaves) this.#options.onRecorded(type);
    return done.ok;
  }

  /**
   * Records a host's answer to a request, and with it what a grant leads to; null where the answer is not proven to stand in
   * the ledger.
   */
  async recordAnswer(
    jws: string,
    type: 'grant' | 'denial',
    also: readonly Leaf[] = [],
  ): Promise<LedgerProof | null> {
    const entries = also.map((leaf) => this.#entry(leaf));
    const recorded = await this.#options.vault.recordAnswer(jws, entries);
    return recorded.ok ? this.#checked(recorded.value, type, jws) : this.#fail(recorded.reason);
  }

  async appendProven(leaf: Leaf & { readonly jws: string }): Promise<LedgerProof | null> {
    const recorded = await this.#options.vault.appendProven(this.#entry(leaf));
    return recorded.ok ? this.#checked(recorded.value, leaf.type, leaf.jws) : this.#fail(recorded.reason);
  }

  /** A refused message, at most one a second and reason: whoever sends nonsense does not fill the ledger. */
  async refused(what: string, reason: string): Promise<void> {
    const now = this.#options.clock.monoMs();
    const last = this.#refusals.get(reason);
    if (last !== undefined && now - last < refusalEveryMs) return;
    this.#refusals.set(reason, now);
    await this.append({ type: 'refused', data: { what, reason } });
  }

  /** The leaf must say exactly this, of this meeting, under the ledger's own key: the vault's word alone opens nothing. */
  async #checked(proof: LedgerProof, type: string, jws: string): Promise<LedgerProof | null> {
    const proven = await checkProof(proof, this.#ledgerKey);
    if (!proven.ok) return this.#fail(proven.reason);
    const { entry } = proven.value;
    const right =
      entry['type'] === type && entry['jws'] === jws && entry['meeting'] === this.#options.meetingId;
    if (!right) return this.#fail('proof-of-another-leaf');
    this.#options.onRecorded(entry['type'] as LedgerEventType);
    return proof;
  }

  #fail(reason: string): null {
    this.#options.onFailed(reason);
    return null;
  }

  #entry(leaf: Leaf): NewEntry {
    return { ...leaf, meeting: this.#options.meetingId, bridge: this.#options.joinId };
  }
}

const registrationChunk = 1_000;

/** The registration as text in pieces that fit into a leaf, with its hosts' thumbprints. */
export async function registrationLeaf(bytes: Uint8Array, registration: Registration): Promise<Leaf> {
  const text = toBase64url(bytes);
  const count = Math.ceil(text.length / registrationChunk);
  const keys = registration.hosts.flatMap((key) => fromBase64url(key) ?? []);
  return {
    type: 'registration-seen',
    data: {
      registration: Array.from({ length: count }, (_, i) =>
        text.slice(i * registrationChunk, (i + 1) * registrationChunk),
      ),
      hosts: await Promise.all(keys.map(thumbprint)),
      operators: registration.operators,
    },
  };
}
