import type { Timer } from '../base/clock.ts';
import type { LegId } from '../base/ids.ts';
import { serialQueue } from '../base/serial.ts';
import { BridgeAsking } from './bridge-asking.ts';
import { BridgeDialling } from './bridge-dialling.ts';
import { BridgeCallers, type WaitingCaller } from './bridge-callers.ts';
import type { BridgeEngine, BridgeEngineOptions, DialReport, LegRefusal } from './bridge-port.ts';
import { BridgeFollowing } from './bridge-following.ts';
import { BridgeInbox } from './bridge-inbox.ts';
import { BridgeLegs } from './bridge-legs.ts';
import { BridgeLedger, registrationLeaf, type Leaf } from './bridge-ledger.ts';
import type { BridgeShared } from './bridge-shared.ts';
import { BridgeVoice } from './bridge-voice.ts';
import { BridgeWitness } from './bridge-witness.ts';
import { EpochKeys } from './epoch-keys.ts';
import {
  isOpen,
  mayHear,
  maySpeak,
  newGate,
  stepGate,
  type CloseReason,
  type Gate,
  type GateEffect,
  type GateEvent,
} from './gate.ts';
import { HostPresence } from './host-presence.ts';
import { HostWatch } from './host-watch.ts';
import { LockOutEvidence } from './lock-out.ts';
import { claimedType } from './messages/jws.ts';
import { keyModeOf, meetingIdOf, parseRegistration, type Registration } from './messages/registration.ts';
import { VersionWatch } from './messages/version.ts';
import { PendingLimit } from './pending-limit.ts';
import { SealKeys } from './seal-keys.ts';

interface Parts {
  readonly shared: BridgeShared;
  readonly asking: BridgeAsking;
  readonly following: BridgeFollowing;
  readonly legs: BridgeLegs;
  readonly witness: BridgeWitness;
  readonly dialling: BridgeDialling;
  readonly presence: HostPresence;
  readonly inbox: BridgeInbox;
}

/**
 * One bridge in one meeting. Messages and callers go through one queue; what closes the gate does not wait in it.
 */
export class Bridge implements BridgeEngine {
  readonly #options: BridgeEngineOptions;
  readonly #queue = serialQueue();
  readonly #side = serialQueue();
  readonly #pending = new PendingLimit();
  readonly #versions = new VersionWatch({
    send: (payload, to) => this.#options.send(payload, to),
    onMismatch: ({ from, theirs, ours }) =>
      this.#alarm('version-mismatch', `${from} speaks ${theirs}, this connector ${ours}`),
  });
  readonly #callers: BridgeCallers;
  readonly #keys: EpochKeys;
  readonly #seals: SealKeys;
  readonly #evidence: LockOutEvidence;
  #gate: Gate = newGate({ term: 0, epoch: 0 });
  #parts: Parts | null = null;
  #until: Timer | null = null;
  /** When the gate closed last. */
  #closedMs = -Infinity;
  #closing: Promise<void> | null = null;

  constructor(options: BridgeEngineOptions) {
    this.#options = options;
    const { clock, random, keys: sink, vault, joinId } = options;
    this.#callers = new BridgeCallers(random);
    const own = { key: vault.info.identityKey, join: joinId };
    this.#keys = new EpochKeys({ sink, clock, random, own, mode: keyModeOf(options.registration) });
    this.#seals = new SealKeys(random);
    this.#evidence = new LockOutEvidence(clock);
  }

  get open(): boolean {
    return isOpen(this.#gate);
  }

  isAdmitted(legId: LegId): boolean {
    const { phase } = this.#gate;
    return isOpen(this.#gate) && phase.kind === 'open' && phase.legs.some(({ leg }) => leg === legId);
  }

  mayHear(legId: LegId): boolean {
    return mayHear(this.#gate, legId);
  }

  maySpeak(legId: LegId): boolean {
    return maySpeak(this.#gate, legId);
  }

  async start(): Promise<void> {
    const { registration: bytes, meetingId, vault } = this.#options;
    const registration = parseRegistration(bytes);
    if (!registration.ok || (await meetingIdOf(bytes)) !== meetingId) {
      throw new Error('the registration is not of this meeting');
    }
    const highest = await vault.highest();
    if (!highest.ok) throw new Error(`the ledger cannot be read: ${highest.reason}`);
    this.#gate = newGate(highest.value);
    const parts = this.#assemble(registration.value, highest.value.term);
    const recorded = await parts.shared.ledger.append(await registrationLeaf(bytes, registration.value));
    if (!recorded) throw new Error('the ledger cannot be written');
    if (this.#closing !== null) throw new Error('closed before it began');
    this.#parts = parts;
    parts.presence.start();
  }

  receive(from: string, payload: Uint8Array): void {
    const parts = this.#parts;
    if (parts === null || this.#versions.foreign(from, payload) || !this.#pending.enter(from)) return;
    // A copy: what comes from the network library is valid during this call only.
    const bytes = Uint8Array.from(payload);
    const job = async (): Promise<void> => {
      this.#pending.leave(from);
      await parts.inbox.packet(bytes);
    };
    // A revocation is good in any order, so it does not wait behind what is being recorded.
    if (claimedType(bytes) === 'revocation') void this.#revoke(job);
    else void this.#run(job);
  }

  async #revoke(job: () => Promise<void>): Promise<void> {
    const cameMs = this.#options.clock.monoMs();
    await this.#guarded(job());
    if (this.#closedMs >= cameMs)
      this.#options.onFact({ kind: 'revoke-done', tookMs: this.#closedMs - cameMs });
  }

  /** The server's word on who is there is a name, never more: that the host is alive is proven by heartbeats. */
  presence(_identities: readonly string[]): void {
    return;
  }

  operatorSpoke(): void {
    void this.#run(async () => {
      const { watch, voice } = this.#parts?.shared ?? {};
      if (watch?.instance != null) await voice?.hello(watch.instance, watch.nonce());
    });
  }

  callersWaiting(callers: readonly WaitingCaller[]): void {
    void this.#run(async () => {
      const left = await this.#callers.add(callers);
      this.#refuseLegs(left, 'request-invalid');
      await this.#parts?.asking.ask();
    });
  }

  dialled(report: DialReport): void {
    void this.#run(async () => this.#parts?.dialling.report(report));
  }

  callerGone(legId: LegId): void {
    // At once, not in turn: a leg that is gone is never heard again.
    const waited = this.#callers.remove(legId);
    this.#apply({ kind: 'leg-gone', leg: legId });
    if (waited) this.#recordRefused([legId], 'withdrawn');
    void this.#run(async () => {
      const request = this.#parts?.asking.request ?? null;
      if (this.#parts === null || request === null || this.#callers.askedFor(request.hash).length > 0) return;
      if (this.#gate.phase.kind !== 'requested') return;
      this.#parts.asking.settle();
      this.#apply({ kind: 'withdrawn', request: request.hash });
      const gone = {
        answers: request.hash,
        did: 'closed',
        reason: 'no-callers',
        epoch: 0,
        legs: [],
      } as const;
      const { instance } = this.#parts.shared.watch;
      if (instance !== null) await this.#parts.shared.voice.receipt(instance, gone);
      await this.#parts.asking.ask();
    });
  }

  legJoined(legId: LegId): Promise<void> {
    return this.#legMoved(legId, true);
  }

  legLeft(legId: LegId): Promise<void> {
    return this.#legMoved(legId, false);
  }

  close(reason: CloseReason): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  async #close(reason: CloseReason): Promise<void> {
    this.#apply({ kind: 'end', reason });
    await this.#queue.idle();
    // A lease that is over leaves no time to wait for others.
    const nobodyToHear =
      ['meeting-lost', 'ledger-failed', 'lease-lost'].includes(reason) || this.#parts?.presence.here !== true;
    if (nobodyToHear) this.#evidence.abandon();
    await this.#evidence.complete();
    await this.#queue.idle();
    await this.#side.idle();
    await this.#parts?.witness.flush();
    this.#parts?.witness.stop();
    this.#parts?.presence.stop();
    this.#parts?.dialling.destroy();
    this.#seals.destroy();
    await this.#keys.clear();
    this.#options.keys.destroy();
  }

  #assemble(registration: Registration, floorTerm: number): Parts {
    const { vault, clock, random, meetingId, joinId, version } = this.#options;
    const onFailed = (reason: string): void => {
      this.#alarm('ledger', reason);
      this.#apply({ kind: 'close', reason: 'ledger-failed' });
    };
    const shared: BridgeShared = {
      options: this.#options,
      registration,
      watch: new HostWatch({ registration, meetingId, clock, random, floorTerm }),
      ledger: new BridgeLedger({
        vault,
        clock,
        meetingId,
        joinId,
        onFailed,
        onRecorded: (type) => this.#parts?.witness.recorded(type),
      }),
      voice: new BridgeVoice({
        vault,
        random,
        meetingId,
        joinId,
        version,
        send: (p, to) => this.#options.send(p, to),
      }),
      callers: this.#callers,
      keys: this.#keys,
      seals: this.#seals,
      evidence: this.#evidence,
      gate: () => this.#gate,
      apply: (event) => this.#apply(event),
      alarm: (what, detail) => this.#alarm(what, detail),
      refuseLegs: (legIds, reason) => this.#refuseLegs(legIds, reason),
      aside: (job) => this.#aside(job),
    };
    const asking = new BridgeAsking(shared);
    const following = new BridgeFollowing(shared);
    const legs = new BridgeLegs(shared, asking);
    const witness = new BridgeWitness(shared, following);
    const dialling = new BridgeDialling(shared);
    const presence = new HostPresence(shared, following, {
      run: (job) => this.#run(job),
      onBack: () => asking.ask(),
    });
    const inbox = new BridgeInbox(
      shared,
      { asking, following, legs, witness, dialling },
      {
        onHostPresent: (here) => presence.set(here),
        onDropped: () => this.#drop(),
        onUntil: (grant, ms) => this.#setUntil(grant, ms),
      },
    );
    return { shared, asking, following, legs, witness, dialling, presence, inbox };
  }

  /** One job after the other; a job that throws is a bug of ours, and closes. */
  #run(job: () => Promise<void>): Promise<void> {
    return this.#guarded(this.#queue.run(job));
  }

  #aside(job: () => Promise<void>): Promise<void> {
    return this.#guarded(this.#side.run(job));
  }

  #guarded(done: Promise<void>): Promise<void> {
    return done.catch((error: unknown) => {
      this.#alarm('internal', error instanceof Error ? error.name : 'unknown');
      this.#apply({ kind: 'close', reason: 'ledger-failed' });
    });
  }

  #legMoved(legId: LegId, present: boolean): Promise<void> {
    const before = this.#gate.phase;
    const admitted = before.kind === 'open' && before.legs.some(({ leg }) => leg === legId);
    this.#callers.setJoined(legId, present);
    if (!present) {
      this.#callers.remove(legId);
      this.#apply({ kind: 'leg-gone', leg: legId });
    }
    return this.#run(async () => {
      const epoch = (): number => this.#parts?.following.epoch ?? 0;
      await this.#parts?.legs.moved(legId, { present, admitted, epoch });
    });
  }

  #apply(event: GateEvent): void {
    const { gate, effects } = stepGate(this.#gate, event);
    this.#gate = gate;
    for (const effect of effects) this.#act(effect);
  }

  /** `open-key`, `use-rekey` and `admit` are carried out by whoever told the gate, in its turn. */
  #act(effect: GateEffect): void {
    switch (effect.kind) {
      case 'open-key':
      case 'use-rekey':
      case 'admit':
        return;
      case 'mute':
        return void this.#run(() => this.#keys.mute());
      case 'unmute':
        return void this.#run(async () => this.#parts?.following.advance());
      case 'overdrawn':
        this.#alarm('overdrawn', 'leg-admission');
        return;
      case 'refuse':
        this.#onRefuse(effect.request, effect.reason);
        return;
      case 'expired':
        return void this.#run(async () => {
          await this.#parts?.shared.ledger.append({ type: 'expired', data: { request: effect.request } });
        });
      case 'close':
        this.#onClose(effect);
        return;
    }
  }

  #onRefuse(request: string, reason: 'denied' | 'locked' | 'no-answer' | 'host-absent'): void {
    const legIds = this.#callers.askedFor(request);
    this.#callers.forget(legIds);
    this.#parts?.asking.settle();
    this.#seals.destroy();
    this.#refuseLegs(legIds, reason);
    void this.#run(async () => {
      const instance = this.#parts?.shared.watch.instance ?? null;
      if (reason === 'no-answer' && instance !== null) {
        const over = { answers: request, did: 'closed', reason, epoch: 0, legs: [] } as const;
        await this.#parts?.shared.voice.receipt(instance, over);
      }
      // Callers who came after the request was sent have not been asked for yet.
      await this.#parts?.asking.ask();
    });
  }

  /** What must be over at once is over when this returns: admission and keys. Then it is told, then recorded. */
  #onClose({ request, grant, reason, at: { epoch } }: Extract<GateEffect, { kind: 'close' }>): void {
    const parts = this.#parts;
    if (parts === null) return;
    const hashes = [request, ...(parts.asking.legRequest === null ? [] : [parts.asking.legRequest.hash])];
    const asked = hashes.flatMap((hash) => this.#callers.askedFor(hash));
    this.#callers.forget([...this.#callers.admitted(), ...asked]);
    parts.asking.settle();
    parts.asking.settleLegs();
    this.#until?.cancel();
    const cleared = this.#keys.clear();
    this.#seals.destroy();
    this.#closedMs = this.#options.clock.monoMs();
    this.#refuseLegs(asked, 'denied');
    this.#options.onFact({ kind: 'gate-closed', reason });
    void this.#run(async () => {
      await cleared;
      const data = { reason, epoch };
      await parts.shared.ledger.append({ type: 'gate-closed', data }, { type: 'key-destroyed', data });
      const { instance } = parts.shared.watch;
      if (instance === null) return;
      await this.#aside(async () => {
        await parts.shared.voice.receipt(instance, {
          answers: grant,
          did: 'closed',
          reason,
          epoch,
          legs: [],
        });
      });
      await parts.asking.ask();
    });
  }

  #refuseLegs(legIds: readonly LegId[], reason: LegRefusal): void {
    if (legIds.length === 0) return;
    this.#options.onFact({ kind: 'legs-refused', legIds, reason });
    this.#recordRefused(legIds, reason);
  }

  #recordRefused(legIds: readonly LegId[], reason: LegRefusal | 'withdrawn'): void {
    void this.#run(async () => {
      const leaves = legIds.map((leg): Leaf => ({ type: 'leg-refused', leg, data: { reason } }));
      await this.#parts?.shared.ledger.append(...leaves);
    });
  }

  #setUntil(grant: string, ms: number): void {
    this.#until?.cancel();
    this.#until = this.#options.clock.after(ms, () => this.#apply({ kind: 'until', grant }));
  }

  /** Every caller hears it, those who only wait too; nothing is asked any more. */
  #drop(): void {
    this.#apply({ kind: 'end', reason: 'dropped' });
    this.#options.onFact({ kind: 'gate-closed', reason: 'dropped' });
  }

  #alarm(what: string, detail: string): void {
    this.#options.onFact({ kind: 'alarm', what, detail });
  }
}
