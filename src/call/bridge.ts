import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../base/clock.ts';
import type { LegId, MeetingId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import type { ClosedReason, DialReport, MeetingFact } from '../worker/protocol.ts';
import type { CallObserver } from './call-events.ts';
import type { Leg } from './leg.ts';
import type { LobbyEvent } from './lobby-state.ts';
import type { LeaseEnd, Taken } from './ownership.ts';
import type { WorkerHandle } from './worker-handle.ts';
import type { WorkerPool } from './worker-pool.ts';

export interface BridgeOptions {
  readonly meetingId: MeetingId;
  readonly registration: Uint8Array;
  readonly connectorName: string;
  readonly pool: WorkerPool;
  /** The meeting server, and a platform token for the given identity. */
  readonly platform: {
    readonly url: string;
    readonly bindAddress: string | null;
    token(identity: string): Promise<string>;
  };
  /** Asked before each start of a worker: whether the meeting is this connector's, on record. */
  take(): Promise<Taken>;
  /** Hands the worker's pipe to the vault and closes this process's copy. */
  adoptWorker(workerId: string, pipe: Socket): void;
  /** Null: this connector calls nobody. Otherwise the bridge is in the meeting while a host is, so that it can be asked. */
  readonly dialler: Dialler | null;
  readonly clock: Clock;
  readonly log: Log;
  /** The host has ended its meeting: its PIN may be for one meeting only. */
  onMeetingEnded(): void;
  readonly observe: CallObserver;
}

/** Who calls phones on a host's word. */
export interface Dialler {
  dial(legId: LegId, number: string): void;
  cancel(legId: LegId): void;
}

/** A bridge that nobody needs stays for a host that is expected, or was there, for so long. */
const hostlessMs = 120_000;

/** How long a worker may linger for the evidence of a lock-out before it is made to end. */
const lingerMs = 12_000;
/** And where its lease is over: it has left by itself before that. */
const lostLingerMs = 1_000;
/** A worker that ends by itself is started again after this, as long as somebody waits, this many times. */
const restartMs = 1_000;
const restartsAllowed = 3;

/**
 * The bridge of one meeting as control sees it: it starts the meeting's worker when the first caller asks, tells it who
 * waits, moves legs as the worker's facts say, and lets the worker go when the last leg is gone. It decides nothing
 * about keys.
 */
export class MeetingBridge {
  readonly #options: BridgeOptions;
  readonly #waiting = new Set<Leg>();
  readonly #inside = new Set<Leg>();
  #worker: WorkerHandle | null = null;
  /** Of the worker, whatever it is now. */
  #joinId = '';
  #starting = false;
  #hostPresent = false;
  #restarts = 0;
  #restartTimer: Timer | null = null;
  #lostBefore = false;
  /** Phones that are being called for this meeting. */
  readonly #dialling = new Set<LegId>();
  /** It is to be there without a caller, because a host is or is expected. */
  #expecting = false;
  #hostless: Timer | null = null;
  /** Somebody was let in since this worker joined: it has had a key, and does not stay for others. */
  #used = false;
  #stopped = false;
  /** How long it may be in the meeting, where other connectors could be; null: no lease. */
  #lease: LeaseEnd | null = null;

  constructor(options: BridgeOptions) {
    this.#options = options;
  }

  /** Whether a caller may be told that the host will be asked: until the bridge has looked, the host is believed in. */
  get hostExpected(): boolean {
    return this.#worker === null || this.#hostPresent;
  }

  /** Who waits and who is in. */
  get legs(): readonly Leg[] {
    return [...this.#waiting, ...this.#inside];
  }

  /** Somebody is about to be in the meeting: where phones are called, the bridge is there before it is asked. */
  expectHost(): void {
    if (this.#options.dialler === null || this.#stopped) return;
    this.#expecting = true;
    this.#waitForHost();
    this.#ensureWorker();
  }

  /** How far the call of a `dial` has come, for host and members. */
  dialled(report: DialReport): void {
    this.#worker?.send({ kind: 'dialled', bridge: this.#joinId, ...report });
    if (report.state === 'accepted' || report.state === 'over' || report.state === 'refused') {
      this.#dialling.delete(report.legId);
      this.#goWhenIdle();
    }
  }

  /** This caller has passed PIN and notice, and asks the host. */
  ask(leg: Leg): void {
    if (this.#stopped) {
      leg.event({ kind: 'bridge-failed' });
      return;
    }
    this.#waiting.add(leg);
    leg.event({ kind: 'inside', count: this.#inside.size });
    if (this.#worker !== null) this.#tellWaiting([leg]);
    else this.#ensureWorker();
  }

  /** Who is on the line may be another one: its admission and its question are void, and it asks again as who it is now. */
  callerChanged(leg: Leg): void {
    if (this.#forget(leg)) leg.leaveMeeting({ kind: 'peer-changed' });
  }

  /** Mutes at once; the leg itself is told, and ended, by whoever takes it out. */
  dropped(leg: Leg): void {
    this.#forget(leg);
  }

  /** The leg has ended, wherever it was. */
  gone(leg: Leg): void {
    this.#forget(leg);
    // One that was dropped before is waited for: its socket leaves the worker first.
    this.#goWhenIdle();
  }

  /** The gate knows this leg no more, wherever its socket still is. Whether it was known. */
  #forget(leg: Leg): boolean {
    const known = this.#waiting.delete(leg) || this.#inside.delete(leg);
    if (known) this.#worker?.send({ kind: 'caller-gone', bridge: this.#joinId, legId: leg.legId });
    return known;
  }

  /** Whether anybody is here, or anything is in the meeting. */
  get busy(): boolean {
    return this.legs.length > 0 || this.#worker !== null || this.#starting || this.#expecting;
  }

  /** The meeting is this connector's for longer. */
  leaseRenewed(until: LeaseEnd): void {
    this.#lease = until;
    this.#tellLease(until);
  }

  /** Another connector may be in the meeting soon: out of it, and callers are told to call again. */
  leaseLost(): void {
    this.#lease = null;
    this.#expecting = false;
    this.#worker?.send({ kind: 'lease', bridge: this.#joinId, forMs: 0, wallMs: 0 });
    this.#closed('lease-lost');
    // None of them is asked for again: they call again.
    this.#waiting.clear();
    this.#letWorkerGo(lostLingerMs);
  }

  /** Ends the bridge: its worker destroys its keys and leaves. Legs are told by whoever ends the process. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#restartTimer?.cancel();
    this.#hostless?.cancel();
    const worker = this.#worker;
    this.#worker = null;
    if (worker === null) return;
    this.#options.observe({ kind: 'bridge-gone', meeting: this.#options.meetingId, lost: false });
    await worker.stop(lingerMs);
  }

  #ensureWorker(): void {
    if (this.#starting || this.#worker !== null || this.#stopped) return;
    this.#starting = true;
    void this.#startWorker()
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : 'unknown';
        this.#options.log.error({ meeting: this.#options.meetingId, reason }, 'meeting worker did not start');
        this.#tryAgain();
      })
      .finally(() => {
        this.#starting = false;
      });
  }

  async #startWorker(): Promise<void> {
    const { meetingId, registration, connectorName, platform, pool } = this.#options;
    const taken = await this.#options.take();
    if (taken.kind === 'elsewhere') {
      this.#expecting = false;
      for (const leg of this.#waiting) leg.event({ kind: 'served-elsewhere' });
      this.#waiting.clear();
      return;
    }
    this.#lease = taken.lease?.until ?? null;
    const joinId = randomBytes(16).toString('base64url');
    const identity = `p-${joinId}`;
    const token = await platform.token(identity);
    let mine: WorkerHandle | null = null;
    const worker = await pool.open({
      meeting: {
        meetingId,
        registration,
        url: platform.url,
        ...(platform.bindAddress === null ? {} : { bindAddress: platform.bindAddress }),
        ...{ token, identity, joinId, connectorName },
        dials: this.#options.dialler !== null,
        ...(this.#lease === null ? {} : { lease: this.#left(this.#lease) }),
      },
      alone: this.#lostBefore,
      onFact: (fact) => this.#onFact(fact),
      onLost: () => {
        if (mine !== null && mine === this.#worker) this.#onWorkerLost();
      },
      onPipe: (pipe) => this.#options.adoptWorker(joinId, pipe),
    });
    mine = worker;
    const leaseLost = taken.lease !== null && this.#lease === null;
    if (this.#stopped || !this.#wanted || leaseLost) return void worker.stop();
    this.#worker = worker;
    this.#joinId = joinId;
    if (this.#lease !== null) this.#tellLease(this.#lease);
    this.#used = false;
    // A caller who was turned away asks again by himself, not because a worker was started anew.
    this.#tellWaiting([...this.#waiting].filter((leg) => leg.phase === 'waiting'));
  }

  #left({ monoMs, wallMs }: LeaseEnd): { readonly forMs: number; readonly wallMs: number } {
    return { forMs: monoMs - this.#options.clock.monoMs(), wallMs };
  }

  #tellLease(until: LeaseEnd): void {
    this.#worker?.send({ kind: 'lease', bridge: this.#joinId, ...this.#left(until) });
  }

  #tellWaiting(legs: readonly Leg[]): void {
    const callers = legs.map((leg) => ({ legId: leg.legId, label: leg.label }));
    if (callers.length > 0) this.#worker?.send({ kind: 'callers-waiting', bridge: this.#joinId, callers });
  }

  #onFact(fact: MeetingFact): void {
    const { log, meetingId } = this.#options;
    const about = {
      ...('legIds' in fact ? { legs: fact.legIds } : {}),
      ...('reason' in fact ? { reason: fact.reason } : {}),
    };
    log.info({ meeting: meetingId, bridge: this.#joinId, fact: fact.kind, ...about }, 'bridge');
    // What is to be called is for the dialler alone.
    if (fact.kind !== 'dial') this.#options.observe({ kind: 'bridge-fact', meeting: meetingId, fact });
    switch (fact.kind) {
      case 'host-present':
        this.#onHostPresent(fact.present);
        return;
      case 'legs-admitted':
        for (const leg of this.#find(fact.legIds)) this.#admit(leg);
        return;
      case 'bridge-code': {
        this.#tell(fact.legIds, { kind: 'bridge-code', digits: fact.digits });
        return;
      }
      case 'legs-refused':
        for (const leg of this.#find(fact.legIds))
          this.#turnAway(leg, { kind: 'refused', reason: fact.reason });
        return;
      case 'legs-muted': {
        this.#tell(fact.legIds, { kind: 'host-muted', muted: fact.muted });
        return;
      }
      case 'gate-closed':
        this.#closed(fact.reason);
        return;
      case 'meeting-left':
        // Legs were told by gate-closed and are on their way back to the lobby; a new worker serves who asks next.
        this.#letWorkerGo();
        return;
      case 'dial':
      case 'dial-cancelled':
        this.#onDial(fact);
        return;
      case 'alarm':
        log.warn({ meeting: meetingId, what: fact.what, detail: fact.detail }, 'alarm');
        return;
      default:
        return;
    }
  }

  #onHostPresent(present: boolean): void {
    this.#hostPresent = present;
    this.#waitForHost();
    for (const leg of this.#waiting) leg.event({ kind: 'host-present', present });
  }

  #onDial(fact: Extract<MeetingFact, { kind: 'dial' | 'dial-cancelled' }>): void {
    const { dialler } = this.#options;
    if (fact.kind === 'dial-cancelled') {
      dialler?.cancel(fact.legId);
      return;
    }
    this.#dialling.add(fact.legId);
    dialler?.dial(fact.legId, fact.number);
  }

  #closed(reason: ClosedReason): void {
    if (reason === 'meeting-ended') this.#options.onMeetingEnded();
    for (const leg of this.legs) this.#turnAway(leg, { kind: 'gate-closed', reason });
  }

  #tell(legIds: readonly LegId[], event: LobbyEvent): void {
    for (const leg of this.#find(legIds)) leg.event(event);
  }

  #admit(leg: Leg): void {
    const worker = this.#worker;
    if (worker === null || !this.#waiting.delete(leg)) return;
    this.#inside.add(leg);
    this.#used = true;
    leg.enterMeeting(worker);
    this.#tellInside();
  }

  /** The leg goes back to the lobby's socket and hears why; it stays known here, because it may ask again. */
  #turnAway(leg: Leg, event: Parameters<Leg['leaveMeeting']>[0]): void {
    if (this.#inside.delete(leg)) this.#waiting.add(leg);
    leg.leaveMeeting(event);
    this.#tellInside();
  }

  /** Who waits is told, when he asks and now and then, how many are in. */
  #tellInside(): void {
    for (const leg of this.#waiting) leg.event({ kind: 'inside', count: this.#inside.size });
  }

  #find(legIds: readonly LegId[]): Leg[] {
    return [...this.#waiting, ...this.#inside].filter((leg) => legIds.includes(leg.legId));
  }

  #onWorkerLost(): void {
    this.#worker = null;
    this.#lostBefore = true;
    this.#hostPresent = false;
    this.#options.log.error({ meeting: this.#options.meetingId }, 'meeting worker lost');
    this.#options.observe({ kind: 'bridge-gone', meeting: this.#options.meetingId, lost: true });
    // Their RTP sockets died with the worker: the lobby binds their ports anew and tells them.
    for (const leg of this.#inside) leg.homeLost();
    this.#inside.clear();
    for (const leg of this.#waiting) leg.event({ kind: 'host-present', present: false });
    for (const legId of this.#dialling) this.#options.dialler?.cancel(legId);
    this.#dialling.clear();
    this.#tryAgain();
  }

  #tryAgain(): void {
    if (this.#stopped || !this.#wanted) return;
    this.#restarts += 1;
    if (this.#restarts > restartsAllowed) {
      for (const leg of this.#waiting) leg.event({ kind: 'bridge-failed' });
      this.#waiting.clear();
      this.#expecting = false;
      this.#restarts = 0;
      return;
    }
    this.#restartTimer = this.#options.clock.after(restartMs * this.#restarts, () => this.#ensureWorker());
  }

  #letWorkerGo(graceMs = lingerMs): void {
    const worker = this.#worker;
    this.#worker = null;
    this.#hostPresent = false;
    this.#restarts = 0;
    if (worker === null) return;
    this.#options.observe({ kind: 'bridge-gone', meeting: this.#options.meetingId, lost: false });
    // A bridge that has had a key leaves with it. Where a host is still there, another one comes, without.
    this.#options.clock.after(lettingGoMs, () => {
      void worker.stop(graceMs).then(() => {
        if (this.#wanted) this.#ensureWorker();
      });
    });
  }

  get #wanted(): boolean {
    return this.#waiting.size > 0 || this.#expecting;
  }

  #goWhenIdle(): void {
    if (this.#waiting.size + this.#inside.size + this.#dialling.size > 0) return;
    if (this.#used || !this.#expecting) this.#letWorkerGo();
  }

  /** A host that is gone for long is expected no more. */
  #waitForHost(): void {
    this.#hostless?.cancel();
    this.#hostless = null;
    if (this.#options.dialler === null) return;
    if (this.#hostPresent) this.#expecting = true;
    else
      this.#hostless = this.#options.clock.after(hostlessMs, () => {
        this.#expecting = false;
        this.#goWhenIdle();
      });
  }
}

/** Legs whose gate has just closed leave the worker within this time. */
const lettingGoMs = 500;
