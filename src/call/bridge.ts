import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../base/clock.ts';
import type { LegId, MeetingId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import type { ClosedReason, MeetingFact } from '../worker/protocol.ts';
import type { CallObserver } from './call-events.ts';
import type { Leg } from './leg.ts';
import type { LobbyEvent } from './lobby-state.ts';
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
  /** Hands the worker's pipe to the vault and closes this process's copy. */
  adoptWorker(workerId: string, pipe: Socket): void;
  readonly clock: Clock;
  readonly log: Log;
  /** The host has ended its meeting: its PIN may be for one meeting only. */
  onMeetingEnded(): void;
  readonly observe: CallObserver;
}

/** How long a worker may linger for the evidence of a lock-out before it is made to end. */
const lingerMs = 12_000;
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
  #stopped = false;

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
    const known = this.#waiting.delete(leg) || this.#inside.delete(leg);
    if (!known) return;
    // Mutes at once: the gate knows this leg no more, wherever its socket still is.
    this.#worker?.send({ kind: 'caller-gone', bridge: this.#joinId, legId: leg.legId });
    leg.leaveMeeting({ kind: 'peer-changed' });
  }

  /** The leg has ended, wherever it was. */
  gone(leg: Leg): void {
    const known = this.#waiting.delete(leg) || this.#inside.delete(leg);
    if (!known) return;
    this.#worker?.send({ kind: 'caller-gone', bridge: this.#joinId, legId: leg.legId });
    if (this.#waiting.size + this.#inside.size === 0) this.#letWorkerGo();
  }

  /** Ends the bridge: its worker destroys its keys and leaves. Legs are told by whoever ends the process. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#restartTimer?.cancel();
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
      },
      alone: this.#lostBefore,
      onFact: (fact) => this.#onFact(fact),
      onLost: () => {
        if (mine !== null && mine === this.#worker) this.#onWorkerLost();
      },
      onPipe: (pipe) => this.#options.adoptWorker(joinId, pipe),
    });
    mine = worker;
    if (this.#stopped || this.#waiting.size === 0) return void worker.stop();
    this.#worker = worker;
    this.#joinId = joinId;
    // A caller who was turned away asks again by himself, not because a worker was started anew.
    this.#tellWaiting([...this.#waiting].filter((leg) => leg.phase === 'waiting'));
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
    this.#options.observe({ kind: 'bridge-fact', meeting: meetingId, fact });
    switch (fact.kind) {
      case 'host-present':
        this.#hostPresent = fact.present;
        for (const leg of this.#waiting) leg.event({ kind: 'host-present', present: fact.present });
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
      case 'alarm':
        log.warn({ meeting: meetingId, what: fact.what, detail: fact.detail }, 'alarm');
        return;
      default:
        return;
    }
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
    // Their RTP sockets died with the worker: these calls cannot be told by voice, only by the Reason header.
    for (const leg of this.#inside) leg.end('worker-lost');
    this.#inside.clear();
    for (const leg of this.#waiting) leg.event({ kind: 'host-present', present: false });
    this.#tryAgain();
  }

  #tryAgain(): void {
    if (this.#stopped || this.#waiting.size === 0) return;
    this.#restarts += 1;
    if (this.#restarts > restartsAllowed) {
      for (const leg of this.#waiting) leg.event({ kind: 'bridge-failed' });
      this.#waiting.clear();
      this.#restarts = 0;
      return;
    }
    this.#restartTimer = this.#options.clock.after(restartMs * this.#restarts, () => this.#ensureWorker());
  }

  #letWorkerGo(): void {
    const worker = this.#worker;
    this.#worker = null;
    this.#hostPresent = false;
    this.#restarts = 0;
    if (worker === null) return;
    this.#options.observe({ kind: 'bridge-gone', meeting: this.#options.meetingId, lost: false });
    this.#options.clock.after(lettingGoMs, () => void worker.stop(lingerMs));
  }
}

/** Legs whose gate has just closed leave the worker within this time. */
const lettingGoMs = 500;
