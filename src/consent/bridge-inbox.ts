import { equalBytes, fromBase64url } from '../base/bytes.ts';
import type { BridgeAsking } from './bridge-asking.ts';
import type { BridgeDialling } from './bridge-dialling.ts';
import { answerChallenge } from './bridge-code.ts';
import type { BridgeFollowing } from './bridge-following.ts';
import type { BridgeLegs } from './bridge-legs.ts';
import { openGrant, openRekey } from './bridge-opening.ts';
import type { BridgeShared } from './bridge-shared.ts';
import type { BridgeWitness } from './bridge-witness.ts';
import type { CloseReason } from './gate.ts';
import type { HostRefusal, Instance } from './host-watch.ts';
import { peekMessage, verifyMessage, type Peeked, type Verified } from './messages/jws.ts';
import type { HostType, Payload } from './messages/catalog.ts';
import type { MessageType } from './messages/labels.ts';
import { parsePacket } from './messages/packet.ts';

export interface InboxEvents {
  onHostPresent(present: boolean): void;
  /** The grant ends by itself after so long. */
  onUntil(grant: string, ms: number): void;
  /** Another host has taken over, and this meeting's bridges do not go along: it is over for every caller. */
  onDropped(): void;
}

export interface InboxParts {
  readonly asking: BridgeAsking;
  readonly following: BridgeFollowing;
  readonly legs: BridgeLegs;
  readonly witness: BridgeWitness;
  readonly dialling: BridgeDialling;
}

const helloEveryMs = 1_000;
/** A full meeting's words about one epoch. */
const maxSwitching = 64;

const words = [
  'code-challenge',
  'grant',
  'denial',
  'rekey',
  'leg-admission',
  'leg-refusal',
  'leg-revocation',
  'instance-end',
] as const satisfies readonly HostType[];
type Word = (typeof words)[number];
const isWord = (type: MessageType): type is Word => (words as readonly MessageType[]).includes(type);

/** What a revocation is to the gate and to callers: why the host's client took the key back. */
const closings = {
  revoked: 'revoked',
  'no-receipt': 'revoked',
  denied: 'revoked',
  until: 'until-reached',
  ended: 'meeting-ended',
  left: 'host-left',
} as const satisfies Readonly<Record<Payload<'revocation'>['reason'], CloseReason>>;

/** What a bridge does with each message. Whoever delivered it is not asked; signatures are. */
export class BridgeInbox {
  readonly #shared: BridgeShared;
  readonly #asking: BridgeAsking;
  readonly #following: BridgeFollowing;
  readonly #legs: BridgeLegs;
  readonly #witness: BridgeWitness;
  readonly #dialling: BridgeDialling;
  readonly #events: InboxEvents;
  #helloMs = -Infinity;
  /** Words of members that are being checked beside the queue. */
  #switching = 0;
  /** By key: the last number. The hosts of a registration are few. */
  readonly #decided = new Map<string, number>();

  constructor(shared: BridgeShared, parts: InboxParts, events: InboxEvents) {
    this.#shared = shared;
    this.#asking = parts.asking;
    this.#following = parts.following;
    this.#legs = parts.legs;
    this.#witness = parts.witness;
    this.#dialling = parts.dialling;
    this.#events = events;
  }

  async packet(bytes: Uint8Array): Promise<void> {
    const packet = parsePacket(bytes);
    if (!packet.ok) return this.#shared.ledger.refused('packet', packet.reason);
    const { jws } = packet.value;
    const peeked = peekMessage(jws);
    if (!peeked.ok) return this.#shared.ledger.refused('packet', peeked.reason);
    const { instance } = this.#shared.watch;
    switch (peeked.value.type) {
      case 'instance-start':
        return this.#onInstance(jws);
      case 'revocation':
        return this.#onRevocation(jws);
      case 'decision':
        return this.#onDecision(jws, peeked.value.payload);
      case 'switched':
        return instance === null ? undefined : this.#onSwitched(jws, peeked.value, instance);
      case 'dial-request':
        return this.#dialling.onRequest(packet.value);
      case 'dial-cancel':
        return this.#dialling.onCancel(jws);
      case 'ledger-ask':
        return this.#witness.onAsk(jws, peeked.value.payload);
      case 'witness':
        return this.#witness.onWitness(jws, peeked.value.payload);
      case 'roster':
      case 'heartbeat':
        return instance === null ? undefined : this.#onState(jws, peeked.value.type, instance);
      default:
        return this.#onWord(jws, peeked.value.type, instance);
    }
  }

  async #onInstance(jws: string): Promise<void> {
    const { watch, ledger, keys, seals } = this.#shared;
    const started = await watch.start(jws);
    if (!started.ok) return this.#refused('instance-start', started.reason);
    const { instance, known } = started.value;
    if (!known) {
      const { id, term } = instance;
      // Believed only once it is on disk: after a crash this connector must not fall back to an earlier one.
      if (!(await ledger.append({ type: 'instance-start', jws, data: { instance: id, term } }))) return;
      const last = watch.lastHost;
      watch.adopt(instance);
      this.#shared.apply({ kind: 'instance', term });
      this.#legs.reset();
      this.#decided.clear();
      this.#following.reset();
      this.#dialling.reset();
      this.#witness.begin(instance);
      seals.destroy();
      await keys.clear();
      this.#events.onHostPresent(false);
      const dropped = this.#shared.registration.policy.onHostChange === 'drop';
      if (dropped && last !== null && !equalBytes(last, instance.hostKey)) {
        this.#events.onDropped();
        return;
      }
    }
    const now = this.#shared.options.clock.monoMs();
    if (known && now - this.#helloMs < helloEveryMs) return;
    this.#helloMs = now;
    await this.#shared.voice.hello(instance, watch.nonce());
    await this.#dialling.offer(instance);
  }

  /** Never too late and never out of order; a registered host of any instance may say it. */
  async #onRevocation(jws: string): Promise<void> {
    const { watch, voice, ledger } = this.#shared;
    const verified = await watch.revocation(jws);
    if (!verified.ok) return this.#refused('revocation', verified.reason);
    const { bridge, grant, term, epoch, reason } = verified.value.payload;
    if (bridge !== voice.keyText) return;
    const before = this.#shared.gate();
    this.#shared.apply({ kind: 'revocation', grant, at: { term, epoch }, reason: closings[reason] });
    // The same one again changes nothing and is not written again.
    if (this.#shared.gate() !== before) await ledger.append({ type: 'revoked', jws, data: { term, epoch } });
  }

  /** A co-host's word to the key host, for the record: what the key host makes of it comes by itself. */
  async #onDecision(jws: string, claimed: Payload<'decision'>): Promise<void> {
    const { registration, watch, ledger } = this.#shared;
    const key = fromBase64url(claimed.key);
    if (key === null || !registration.hosts.includes(claimed.key)) return;
    if (claimed.instance !== watch.instance?.id || claimed.n <= (this.#decided.get(claimed.key) ?? 0)) return;
    const verified = await verifyMessage(jws, 'decision', key);
    if (!verified.ok) return this.#refused('decision', verified.reason);
    this.#decided.set(claimed.key, claimed.n);
    const { what } = claimed;
    await ledger.append({ type: 'decision', jws, data: { what, decision: verified.value.hash } });
  }

  async #onState(jws: string, type: 'roster' | 'heartbeat', instance: Instance): Promise<void> {
    if (type === 'roster') {
      const roster = await this.#shared.watch.accept(jws, 'roster');
      if (!roster.ok) return this.#refused('roster', roster.reason);
      await this.#following.onRoster(roster.value);
      this.#legs.onList(roster.value, this.#following.ownEntry(roster.value));
      if (roster.value.payload.locked) await this.#asking.ask();
      return;
    }
    const heartbeat = await this.#shared.watch.accept(jws, 'heartbeat');
    if (!heartbeat.ok) return this.#refused('heartbeat', heartbeat.reason);
    if (await this.#following.onHeartbeat(heartbeat.value, instance)) this.#events.onHostPresent(true);
  }

  /** Many of them follow every click: in their turn, then beside what callers wait for. A flood of them waits like anything else. */
  async #onSwitched(
    jws: string,
    claimed: Extract<Peeked, { type: 'switched' }>,
    instance: Instance,
  ): Promise<void> {
    this.#switching += 1;
    const done = this.#shared
      .aside(() => this.#following.onSwitched(jws, claimed, instance))
      .finally(() => (this.#switching -= 1));
    if (this.#switching > maxSwitching) await done;
  }

  async #onDenial(denial: Verified<'denial'>): Promise<void> {
    const { request, reason } = denial.payload;
    const mine = this.#asking.request?.hash === request || this.#isCurrent(request);
    this.#shared.apply({ kind: 'denial', request, reason: reason === 'locked' ? 'locked' : 'denied' });
    if (mine) await this.#shared.ledger.recordAnswer(denial.jws, 'denial');
  }

  #isCurrent(request: string): boolean {
    const { phase } = this.#shared.gate();
    return phase.kind !== 'idle' && phase.request === request;
  }

  async #onGrant(grant: Verified<'grant'>, instance: Instance): Promise<void> {
    const { request, term, epoch, scope } = grant.payload;
    const open = this.#asking.request;
    // The answer to a request of somebody else, or to one of ours that has had its answer or its 60 s.
    if (open?.hash !== request) {
      const answered = this.#shared.gate().consumed.includes(request);
      return this.#shared.ledger.refused('grant', answered ? 'request-consumed' : 'no-such-request');
    }
    this.#asking.settle();
    const { audio, legs, next } = scope;
    this.#shared.apply({
      kind: 'grant',
      request,
      grant: grant.hash,
      at: { term, epoch },
      scope: { audio, anyone: legs === 'any', next },
      legs: this.#shared.callers.askedFor(request).filter((legId) => grant.payload.legs.includes(legId)),
    });
    const { phase } = this.#shared.gate();
    if (phase.kind !== 'opening' || phase.grant !== grant.hash) {
      return this.#shared.ledger.refused('grant', 'not-wanted');
    }
    const opened = await openGrant(this.#shared, instance, grant, open);
    if (!opened) return;
    if (scope.until > 0) this.#events.onUntil(grant.hash, scope.until);
    await this.#following.loadAhead(grant.payload.epoch);
    await this.#legs.refuseTheRest(open.hash);
    await this.#following.advance();
    await this.#asking.ask();
  }

  async #onWord(jws: string, type: MessageType, instance: Instance | null): Promise<void> {
    // The rest is said to others: members to their host, the host to members, bridges to the host.
    if (!isWord(type)) return;
    const accepted =
      type === 'denial'
        ? await this.#shared.watch.word(jws, type)
        : await this.#shared.watch.accept(jws, type);
    if (!accepted.ok || instance === null) {
      return this.#refused(type, accepted.ok ? 'no-instance' : accepted.reason);
    }
    const message = accepted.value;
    switch (message.type) {
      case 'code-challenge':
        return answerChallenge(this.#shared, this.#asking, instance, message as Verified<'code-challenge'>);
      case 'grant':
        return this.#onGrant(message as Verified<'grant'>, instance);
      case 'denial':
        return this.#onDenial(message);
      case 'rekey':
        await openRekey(this.#shared, instance, message as Verified<'rekey'>);
        return this.#following.advance();
      case 'leg-admission':
        return this.#legs.onAdmission(message as Verified<'leg-admission'>);
      case 'leg-refusal':
        return this.#legs.onRefusal(message as Verified<'leg-refusal'>);
      case 'leg-revocation':
        return this.#legs.onRevocation(message as Verified<'leg-revocation'>);
      case 'instance-end':
        return this.#onInstanceEnd(message as Verified<'instance-end'>);
    }
  }

  async #onInstanceEnd(message: Verified<'instance-end'>): Promise<void> {
    const { reason, instance, term } = message.payload;
    this.#shared.apply({ kind: 'close', reason: reason === 'ended' ? 'meeting-ended' : 'host-left' });
    this.#shared.watch.drop();
    this.#dialling.reset();
    this.#events.onHostPresent(false);
    await this.#shared.ledger.append({
      type: 'instance-end',
      jws: message.jws,
      data: { instance, term, reason },
    });
    await this.#witness.announce();
  }

  /**
   * Two truths of one host are an alarm. Duplicates of what tells the state are the network's doing and nobody's fault; an
   * answer that comes twice is written down.
   */
  async #refused(what: string, reason: HostRefusal): Promise<void> {
    if (reason === 'no-instance' || (reason === 'replayed' && (what === 'roster' || what === 'heartbeat')))
      return;
    if (reason === 'equivocation' || reason === 'term-lower') this.#shared.alarm(reason, what);
    await this.#shared.ledger.refused(what, reason);
  }
}
