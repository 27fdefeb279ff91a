import { equalBytes, toBase64url } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { maxProofs, type Payload } from '../../consent/messages/catalog.ts';
import { cosign } from '../../consent/messages/cosignature.ts';
import { signMessage, type Signer } from '../../consent/messages/jws.ts';
import { bytesOfText, identityOf, type Bytes } from '../../consent/messages/key-schedule.ts';
import { provesGrowth } from '../../consent/messages/ledger-growth.ts';
import { ledgerOrigin, openCheckpoint, type TreeHead } from '../../consent/messages/log-checkpoint.ts';
import { packetBytes } from '../../consent/messages/packet.ts';
import { timing } from '../../consent/timing.ts';
import { keepLedger, recallLedger, type ForkReason, type LedgerMemory } from './ledger-memory.ts';
import type { LedgerState, Store } from './session.ts';

export interface LedgerWatchOptions {
  /** Outlives the meeting: what a connector showed once it has to stand by. */
  readonly store: Store;
  readonly clock: Clock;
  readonly random: (length: number) => Bytes;
  readonly device: Signer;
  readonly meetingId: string;
  readonly join: string;
  send(packet: Bytes, to?: readonly string[]): void;
  /** Identities of who else than the bridge collects cosignatures: none for the host itself. */
  collectors(): readonly string[];
  /** This client's own cosignature, as it was sent. */
  onTestified?(jws: string): void;
  /** Once a bridge and session: what it shows is not what it, or somebody else, was shown before. */
  onFork(bridge: WatchedBridge, reason: ForkReason): void;
}

export interface WatchedBridge {
  readonly key: Bytes;
  readonly join: string;
  readonly ledgerKey: Bytes;
}

interface Ask {
  readonly nonce: string;
  /** What the answer has to be consistent with; the first one is what this client knows itself. */
  readonly heads: readonly TreeHead[];
}

interface Watched {
  readonly bridge: WatchedBridge;
  memory: LedgerMemory | null;
  state: LedgerState;
  firstSeen: boolean;
  /** Something has to be proven: asked for until it is, from `dueMs` on. */
  wanted: boolean;
  dueMs: number;
  asks: readonly Ask[];
  askedMs: number;
  /** Heads that others say they saw, to be proven to be of the same log. */
  claims: readonly TreeHead[];
  /** Roots by size that were proven to this client. */
  readonly proven: Map<number, Bytes>;
  announced: boolean;
  /** What was announced is not cosigned before. */
  cosignDueMs: number;
  cosignedSize: number;
  cosignedMs: number;
}

/** Answers to older asks count for nothing; so many may be on their way. */
const maxAsks = 4;
const maxProven = 32;
const maxClaims = 16;

/**
 * What a host or member client knows of the connectors' ledgers. Each connector has to prove that its ledger only grew since
 * this client last saw it, in whatever meeting that was; what is proven is remembered, and cosigned when the connector
 * announces it. Everything runs in the session's queue, one call at a time.
 */
export class LedgerWatch {
  readonly #options: LedgerWatchOptions;
  readonly #bridges = new Map<string, Watched>();
  #instance = '';
  #hurried = false;

  constructor(options: LedgerWatchOptions) {
    this.#options = options;
  }

  begin(instance: string): void {
    this.#instance = instance;
    this.#hurried = false;
    this.#bridges.clear();
  }

  /** The meeting is over: what is announced now is cosigned at once. */
  hurry(): void {
    this.#hurried = true;
  }

  async follow(bridge: WatchedBridge): Promise<void> {
    if (this.#bridges.has(bridge.join)) return;
    const memory = await recallLedger(this.#options.store, bridge.key);
    const watched: Watched = {
      bridge,
      memory,
      state: 'none',
      firstSeen: memory === null,
      wanted: true,
      dueMs: -Infinity,
      asks: [],
      askedMs: -Infinity,
      claims: [],
      proven: new Map(memory === null ? [] : [[memory.head.size, memory.head.root]]),
      announced: false,
      cosignDueMs: -Infinity,
      cosignedSize: 0,
      cosignedMs: -Infinity,
    };
    this.#bridges.set(bridge.join, watched);
    if (memory !== null && memory.fork !== null) this.#raise(watched, memory.fork.reason);
    else if (memory !== null && !equalBytes(memory.ledgerKey, bridge.ledgerKey))
      this.#raise(watched, 'ledger-key');
    else await this.#ask(watched);
  }

  drop(join: string): void {
    this.#bridges.delete(join);
  }

  state(join: string): LedgerState {
    return this.#bridges.get(join)?.state ?? 'none';
  }

  /** The connector asks for something: what it proved before counts no more. */
  async demand(join: string): Promise<void> {
    const watched = this.#bridges.get(join);
    if (watched === undefined || watched.state === 'fork') return;
    watched.state = 'none';
    watched.wanted = true;
    watched.dueMs = -Infinity;
    await this.#ask(watched);
  }

  /** What was proven here, to be named in heartbeats. */
  heads(): readonly { readonly bridge: string; readonly size: number; readonly root: string }[] {
    return [...this.#bridges.values()].flatMap(({ bridge, memory, state }) =>
      memory === null || state === 'fork'
        ? []
        : [{ bridge: toBase64url(bridge.key), size: memory.head.size, root: toBase64url(memory.head.root) }],
    );
  }

  /** Somebody else says that he saw this head of the connector's ledger. */
  claimed(bridgeKey: string, head: TreeHead): void {
    for (const watched of this.#bridges.values()) {
      if (toBase64url(watched.bridge.key) !== bridgeKey || watched.state === 'fork') continue;
      const known = watched.proven.get(head.size);
      const again = watched.claims.some((c) => c.size === head.size && equalBytes(c.root, head.root));
      if (again || (known !== undefined && equalBytes(known, head.root))) continue;
      watched.claims = [...watched.claims, head].slice(-maxClaims);
      if (!watched.wanted) watched.dueMs = this.#options.clock.monoMs() + this.#patience();
      watched.wanted = true;
    }
  }

  /** Whether this is the very checkpoint that was proven to this client last. */
  remembers(bridgeKey: string, note: string): boolean {
    return [...this.#bridges.values()].some(
      ({ bridge, memory }) => memory?.note === note && toBase64url(bridge.key) === bridgeKey,
    );
  }

  /**
   * What others saw is soon proven by the next announcement, mostly. Not all ask in the same moment, which is the one in which
   * a key was just given or taken.
   */
  #patience(): number {
    return timing.askClaim + this.#share(timing.askClaim);
  }

  /** Nor do all cosign in the same moment: with twenty of them a click that comes then would wait. */
  #announced(watched: Watched): void {
    if (watched.announced) return;
    watched.announced = true;
    watched.cosignDueMs = this.#options.clock.monoMs() + this.#share(timing.cosignSpread);
  }

  /** A random part of so many milliseconds. */
  #share(ms: number): number {
    return (ms * (this.#options.random(1)[0] ?? 0)) / 256;
  }

  /** A message of the connector, whose signature was checked. */
  async onState(payload: Payload<'ledger-state'>): Promise<void> {
    const watched = this.#bridges.get(payload.join);
    if (watched === undefined || watched.state === 'fork' || payload.instance !== this.#instance) return;
    const opened = await openCheckpoint(payload.checkpoint, watched.bridge.ledgerKey);
    if (!opened.ok) return;
    const head = opened.value;
    const ask = watched.asks.find(({ nonce }) => payload.nonces.includes(nonce));
    if (ask === undefined) this.#announced(watched);
    else if (!(await this.#answered(watched, ask, payload, head))) return;
    await this.#grow(watched, payload, head, ask !== undefined);
    await this.#cosign(watched);
  }

  async tick(): Promise<void> {
    const now = this.#options.clock.monoMs();
    for (const watched of this.#bridges.values()) {
      if (watched.state === 'fork') continue;
      const due = now >= watched.dueMs && now - watched.askedMs >= timing.askAgain;
      if (watched.wanted && due) await this.#ask(watched);
      await this.#cosign(watched);
    }
  }

  /** Whether the answer proves all that was asked for; where it does not, that is a fork. */
  async #answered(
    watched: Watched,
    ask: Ask,
    { proofs, checkpoint }: Payload<'ledger-state'>,
    head: TreeHead,
  ): Promise<boolean> {
    for (const [i, asked] of ask.heads.entries()) {
      const path = proofs.find(({ size }) => size === asked.size)?.path.map(bytesOfText);
      if (path !== undefined && (await provesGrowth(asked, head, path))) {
        remember(watched, asked);
        continue;
      }
      const own = i === 0 && watched.memory !== null;
      await this.#fork(watched, own ? reasonOf(asked, head) : 'others-saw', checkpoint);
      return false;
    }
    const asks = watched.asks.indexOf(ask);
    watched.asks = watched.asks.slice(asks + 1);
    watched.claims = watched.claims.filter(
      (claim) => !ask.heads.some((h) => h.size === claim.size && equalBytes(h.root, claim.root)),
    );
    watched.wanted = watched.claims.length > 0;
    watched.state = watched.firstSeen ? 'first-seen' : 'consistent';
    return true;
  }

  /** Takes the head into memory where it is proven to follow what is there. */
  async #grow(
    watched: Watched,
    { proofs, checkpoint }: Payload<'ledger-state'>,
    head: TreeHead,
    answered: boolean,
  ): Promise<void> {
    const { memory, bridge } = watched;
    if (memory === null) {
      // Only what answers this client is of now: an announcement may be an old one that the server kept.
      if (!answered) return;
    } else {
      if (head.size < memory.head.size) return;
      if (head.size === memory.head.size) {
        if (!equalBytes(head.root, memory.head.root)) await this.#fork(watched, 'other-root', checkpoint);
        return;
      }
      const path = proofs.find(({ size }) => size === memory.head.size)?.path.map(bytesOfText);
      if (path === undefined || !(await provesGrowth(memory.head, head, path))) {
        watched.wanted = true;
        return;
      }
    }
    remember(watched, head);
    const before = watched.claims.length;
    watched.claims = watched.claims.filter((c) => c.size !== head.size || !equalBytes(c.root, head.root));
    // Nothing else was asked for.
    if (before > 0 && watched.claims.length === 0 && watched.asks.length === 0) watched.wanted = false;
    watched.memory = { ledgerKey: bridge.ledgerKey, note: checkpoint, head, fork: null };
    await keepLedger(this.#options.store, bridge.key, watched.memory);
  }

  async #fork(watched: Watched, reason: ForkReason, shown: string): Promise<void> {
    const { memory, bridge } = watched;
    if (memory !== null) {
      watched.memory = { ...memory, fork: { reason, remembered: memory.note, shown } };
      await keepLedger(this.#options.store, bridge.key, watched.memory);
    }
    this.#raise(watched, reason);
    // The others learn what was shown here, and ask for the proof that there cannot be.
    if (reason === 'others-saw' && memory !== null) await this.#testify(bridge, memory);
  }

  #raise(watched: Watched, reason: ForkReason): void {
    watched.state = 'fork';
    watched.wanted = false;
    this.#options.onFork(watched.bridge, reason);
  }

  async #ask(watched: Watched): Promise<void> {
    const { clock, random, device } = this.#options;
    const own = watched.memory === null ? [] : [watched.memory.head];
    const heads = [...own, ...watched.claims.slice(0, maxProofs - own.length)];
    const nonce = toBase64url(random(16));
    watched.askedMs = clock.monoMs();
    watched.asks = [...watched.asks, { nonce, heads }].slice(-maxAsks);
    const sizes = [...new Set(heads.map(({ size }) => size))];
    const bridge = toBase64url(watched.bridge.key);
    const jws = await signMessage(device, 'ledger-ask', { ...this.#guest(), bridge, sizes, nonce });
    this.#send(jws, [identityOf(watched.bridge.join)]);
  }

  /** What the connector announced is cosigned, once it is proven, and not too often. */
  async #cosign(watched: Watched): Promise<void> {
    const { memory, announced, wanted, cosignedSize, cosignedMs, cosignDueMs } = watched;
    if (memory === null || !announced || wanted || memory.head.size <= cosignedSize) return;
    const now = this.#options.clock.monoMs();
    const dueMs = Math.max(cosignedMs + timing.cosignEvery, cosignDueMs);
    if (!this.#hurried && now < dueMs) return;
    watched.announced = false;
    watched.cosignedSize = memory.head.size;
    watched.cosignedMs = now;
    // The others need no word of it: each holds what it is shown against what the host's heartbeat says.
    const to = [identityOf(watched.bridge.join), ...this.#options.collectors()];
    await this.#testify(watched.bridge, memory, to);
  }

  /**
   * The statement of this client's device key that the head is consistent with every one that was shown to it before; to
   * everybody where nobody is named.
   */
  async #testify(bridge: WatchedBridge, { head, note }: LedgerMemory, to?: readonly string[]): Promise<void> {
    const { clock, device } = this.#options;
    const time = Math.floor(clock.wallMs() / 1_000);
    const what = { origin: await ledgerOrigin(bridge.ledgerKey), head, time };
    const jws = await signMessage(device, 'witness', {
      ...this.#guest(),
      key: toBase64url(device.publicKey),
      bridge: toBase64url(bridge.key),
      checkpoint: note,
      time,
      signature: toBase64url(await cosign(device, what)),
    });
    this.#send(jws, to);
    this.#options.onTestified?.(jws);
  }

  #send(jws: string, to?: readonly string[]): void {
    try {
      this.#options.send(packetBytes(jws), to);
    } catch {
      // The channel is down: what is wanted is asked for again, and a later checkpoint covers this one.
    }
  }

  #guest(): { v: 1; meeting: string; instance: string; join: string } {
    return { v: 1, meeting: this.#options.meetingId, instance: this.#instance, join: this.#options.join };
  }
}

const reasonOf = (asked: TreeHead, shown: TreeHead): ForkReason => {
  if (shown.size < asked.size) return 'rolled-back';
  return shown.size === asked.size ? 'other-root' : 'not-proven';
};

function remember(watched: Watched, head: TreeHead): void {
  watched.proven.delete(head.size);
  watched.proven.set(head.size, head.root);
  const oldest = watched.proven.keys().next();
  if (watched.proven.size > maxProven && !oldest.done) watched.proven.delete(oldest.value);
}
