import type { LegId, MeetingId } from '../base/ids.ts';
import type { Dialog, InboundCall, OutgoingCall } from '../sip/gateway.ts';
import type { FromWorker, WorkerOptions } from '../worker/protocol.ts';
import { MeetingBridge, type BridgeOptions, type Dialler } from './bridge.ts';
import { Dialling, type CalleeLeg, type DiallingOptions, type OpenCallee } from './dialling.ts';
import { recordDrain } from './drain-record.ts';
import type { CallerSource } from './label.ts';
import { legMedia, newLegId } from './leg.ts';
import { LegDesk, type LegDeskOptions } from './leg-desk.ts';
import { LobbyKeeper } from './lobby-keeper.ts';
import type { CallEvent } from './call-events.ts';
import { elsewhereOf, sendElsewhere } from './elsewhere.ts';
import type { LeaseEnd } from './ownership.ts';
import { wayOf, type Room, type WayIn } from './way-in.ts';
import type { WorkerHandle, WorkerProcess } from './worker-handle.ts';
import { WorkerPool } from './worker-pool.ts';

export interface SwitchboardOptions extends LegDeskOptions {
  readonly maxCalls: number;
  /** The only meeting there is: its callers need no code. */
  readonly soleMeeting: () => string | null;
  readonly worker: Omit<WorkerOptions, 'role'>;
  /** Null: nobody is called. */
  readonly dialling: DiallingOptions | null;
  /** 1: each meeting has a process of its own. */
  readonly meetingsPerWorker: number;
  /** Whether a call for a meeting of another connector is sent on by 302; otherwise it is refused by 503. */
  readonly redirects: boolean;
}

/** What callers are told when everything ends: that the operator stops the bridge, or that it cannot go on. */
export type StopReason = 'draining' | 'bridge-failed';

/** Seconds that a refused caller's phone system is told to wait (RFC 3261 §20.33). */
const retryAfterSeconds = '30';
/** Legs of a meeting that was closed are back in the lobby within this time. */
const closeMs = 2_000;
/** So long callers of a lobby that is gone wait for another one to tell them; then they are hung up. */
const lobbyBackMs = 5_000;

/**
 * All calls of this connector: answers them into the lobby worker, makes those that a host asks for, and brings rooms their
 * bridges. Closing order of the process: no new calls, legs told and ended, bridges stopped, lobby stopped.
 */
export class Switchboard {
  readonly #options: SwitchboardOptions;
  readonly #legs: LegDesk;
  readonly #lobby: LobbyKeeper;
  readonly #lostLobbies = new Set<WorkerHandle>();
  readonly #bridges = new Set<MeetingBridge>();
  readonly #pool: WorkerPool;
  readonly #dialling: Dialling | null;
  #draining = false;
  /** Calls between INVITE and their leg: they count towards the cap. */
  #arriving = 0;

  constructor(options: SwitchboardOptions) {
    this.#options = options;
    const { clock, log, worker, meetingsPerWorker } = options;
    const onMessage = (message: FromWorker): void => this.#onWorkerMessage(message);
    this.#pool = new WorkerPool({ clock, log, worker, meetingsPerWorker, onMessage });
    this.#dialling = options.dialling === null ? null : new Dialling(options.dialling);
    const onLost = (lost: WorkerProcess): void => this.#onLobbyLost(lost);
    const onBack = (): void => this.#onLobbyBack();
    this.#lobby = new LobbyKeeper({ clock, log, worker, onMessage, onLost, onBack });
    this.#legs = new LegDesk(options, {
      lobby: () => this.#lobby.worker,
      onNoticeAnswered: (legId, accepted) => this.#dialling?.answeredNotice(legId, accepted),
      onEnded: (legId, reason) => this.#dialling?.ended(legId, reason),
    });
  }

  async start(): Promise<void> {
    await this.#lobby.start();
  }

  get ready(): boolean {
    return this.#lobby.worker !== null && !this.#draining;
  }

  /** For good: there is no way back to taking calls. */
  get draining(): boolean {
    return this.#draining;
  }

  get legCount(): number {
    return this.#legs.count;
  }

  onCall(call: InboundCall): void {
    void this.#accept(call).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : 'unknown';
      this.#options.log.warn({ call: call.callId, reason }, 'call not accepted');
    });
  }

  /** The host has claimed the room: its callers can be asked for from now on. */
  claimed(
    room: Room,
    meetingId: MeetingId,
    bridge: Omit<BridgeOptions, 'clock' | 'log' | 'pool' | 'meetingId' | 'observe' | 'dialler'>,
  ): void {
    const { clock, log, observe } = this.#options;
    room.meetingId = meetingId;
    room.bridge = new MeetingBridge({
      ...{ ...bridge, meetingId, pool: this.#pool, clock, log, observe },
      dialler: this.#dialler(room),
    });
    this.#bridges.add(room.bridge);
    this.#legs.claimed(room, meetingId);
  }

  /** The room is gone: its callers hear that the meeting has ended, its worker destroys its keys. */
  async closeRoom(room: Room): Promise<void> {
    this.#legs.closeRoom(room);
    const { bridge } = room;
    if (bridge === null) return;
    room.bridge = null;
    this.#bridges.delete(bridge);
    await this.#stopWhenEmpty(bridge, closeMs);
  }

  /** By an operator: the caller hears why and is hung up, a phone that is being called rings no more. Whether there is such a leg. */
  endLeg(legId: LegId): boolean {
    return (this.#dialling?.abandon(legId) ?? false) || this.#legs.endByOperator(legId);
  }

  /** Whether a caller of this meeting is here, or its bridge. */
  inUse(meeting: string): boolean {
    return this.#legs.has(meeting) || (this.#options.roomNamed(meeting)?.bridge?.busy ?? false);
  }

  leaseRenewed(room: Room, until: LeaseEnd): void {
    room.bridge?.leaseRenewed(until);
  }

  /** Another connector may serve this meeting from now on: its callers are told to call again. */
  leaseLost(room: Room): void {
    room.bridge?.leaseLost();
    this.#legs.leaseLost(room);
  }

  /** Tells every caller, ends every call, stops every worker. */
  async drain(deadlineMs: number, why: StopReason = 'draining'): Promise<void> {
    const { clock } = this.#options;
    if (!this.#draining) {
      this.#draining = true;
      await recordDrain(this.#options, this.#legs.count);
    }
    this.#lobby.leave();
    for (const { leg } of this.#legs.all) leg.leaveMeeting({ kind: why });
    await Promise.all([...this.#bridges].map((bridge) => this.#stopWhenEmpty(bridge, deadlineMs)));
    const deadline = clock.monoMs() + deadlineMs;
    while (this.#legs.count > 0 && clock.monoMs() < deadline)
      await new Promise<void>((resolve) => clock.after(50, resolve));
    for (const { leg } of this.#legs.all) leg.end('draining');
    await this.#lobby.stop();
  }

  async #stopWhenEmpty(bridge: MeetingBridge, deadlineMs: number): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.monoMs() + Math.min(closeMs, deadlineMs);
    const inside = (): boolean => bridge.legs.some((leg) => leg.inMeeting);
    while (inside() && clock.monoMs() < deadline)
      await new Promise<void>((resolve) => clock.after(20, resolve));
    await bridge.stop();
  }

  async #accept(call: InboundCall): Promise<void> {
    const lobby = this.#lobby.worker;
    const { log, maxCalls } = this.#options;
    const way = wayOf(call, this.#options);
    if (way === null) {
      call.reject(404, 'Not Found');
      return;
    }
    if (lobby === null || this.#draining || this.#legs.count + this.#arriving >= maxCalls) {
      log.warn({ call: call.callId, draining: this.#draining }, 'call refused: no room');
      this.#refuse(call, this.#draining ? 'draining' : lobby === null ? 'no-lobby' : 'full');
      return;
    }
    this.#arriving += 1;
    try {
      if (!(await this.#goesElsewhere(call, way))) await this.#answer(call, way, lobby);
    } finally {
      this.#arriving -= 1;
    }
  }

  #refuse(call: InboundCall, reason: Extract<CallEvent, { kind: 'call-refused' }>['reason']): void {
    this.#options.observe({ kind: 'call-refused', trunk: call.trunk, reason });
    call.reject(503, 'Service Unavailable', { 'Retry-After': retryAfterSeconds });
  }

  /** Whether another connector serves its meeting, or none can say so: then it has been answered so. */
  async #goesElsewhere(call: InboundCall, way: WayIn): Promise<boolean> {
    const { log, observe, ownership, redirects } = this.#options;
    try {
      const elsewhere = await elsewhereOf(call, way, ownership);
      if (elsewhere === null) return call.cancelled.aborted;
      log.info({ call: call.callId }, 'call for a meeting of another connector');
      observe({ kind: 'call-refused', trunk: call.trunk, reason: 'elsewhere' });
      sendElsewhere(call, elsewhere, redirects);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      log.warn({ call: call.callId, reason }, 'call refused: nobody can say who serves its meeting');
      this.#refuse(call, 'no-sharing');
    }
    return true;
  }

  async #answer(call: InboundCall, { entry, place, room }: WayIn, lobby: WorkerHandle): Promise<void> {
    const { log, clock, speech, observe } = this.#options;
    const cameMs = clock.monoMs();
    const legId = newLegId();
    const { transport } = call.source;
    const caller: CallerSource = { ...call.from, transport, srtp: call.offer.srtp !== null };
    const leg = this.#legs.newLeg(legId, {
      ...{ caller, home: lobby, call: call.callId },
      language: call.language ?? speech.language,
    });
    try {
      const local = await leg.open(legMedia(call.offer));
      this.#legs.take(legId, { leg, caller, source: call.source.address, place, room, accepted: false });
      const dialog: Dialog = await call.answer(local, this.#legs.handlersOf(leg));
      const { trunk, source } = call;
      log.info({ call: call.callId, leg: legId, trunk, transport: source.transport }, 'call answered');
      observe({
        kind: 'call-answered',
        direction: 'in',
        ...{ leg: legId, call: call.callId, trunk, transport: source.transport, label: leg.label },
        ...{ srtp: call.offer.srtp !== null, codec: call.offer.codec.name, setupMs: clock.monoMs() - cameMs },
      });
      if (room !== null) observe({ kind: 'leg-placed', leg: legId, meeting: room.meetingId });
      leg.start(dialog, {
        kind: 'answered',
        languages: call.language === null ? speech.choices : [],
        entry,
      });
      void call.verification.then((verification) => this.#legs.onVerified(legId, verification));
    } catch (error) {
      // Cancelled before the answer, or no port: the leg never came to be.
      if (!call.cancelled.aborted)
        call.reject(503, 'Service Unavailable', { 'Retry-After': retryAfterSeconds });
      observe({ kind: 'call-unanswered', trunk: call.trunk, cancelled: call.cancelled.aborted });
      leg.end('not-answered');
      throw error;
    }
  }

  #dialler(room: Room): Dialler | null {
    const dialling = this.#dialling;
    if (dialling === null) return null;
    const open: OpenCallee = (legId, caller, call) => this.#openCallee(room, { legId, caller, call });
    return {
      dial: (legId, number) => void dialling.dial(legId, number, room, open),
      cancel: (legId) => dialling.cancel(legId),
    };
  }

  /** A leg for a phone that is to be called; null where there is no room for it. */
  async #openCallee(
    room: Room,
    { legId, caller, call }: { legId: LegId; caller: CallerSource; call: OutgoingCall },
  ): Promise<CalleeLeg | null> {
    const lobby = this.#lobby.worker;
    if (lobby === null || this.#draining || this.#legs.count + this.#arriving >= this.#options.maxCalls)
      return null;
    const { clock, observe } = this.#options;
    const begunMs = clock.monoMs();
    const { language } = this.#options.speech;
    const leg = this.#legs.newLeg(legId, { caller, home: lobby, language, call: legId });
    this.#arriving += 1;
    const onAnswered = (): void => {
      const { caller: now } = this.#legs.get(legId) ?? { caller };
      observe({
        kind: 'call-answered',
        direction: 'out',
        ...{ leg: legId, call: legId, trunk: call.trunk, transport: call.transport, label: leg.label },
        ...{ srtp: now.srtp, codec: call.offer.codec.name, setupMs: clock.monoMs() - begunMs },
      });
      observe({ kind: 'leg-placed', leg: legId, meeting: room.meetingId });
    };
    try {
      // Nothing is taken before the answer: what a network plays until then is nobody's voice.
      const local = await leg.open({ ...legMedia(call.offer), send: false, receive: false });
      this.#legs.take(legId, { leg, caller, source: '', place: null, room, accepted: false });
      return { leg, local, handlers: this.#legs.handlersOf(leg), onAnswered };
    } catch {
      return null;
    } finally {
      this.#arriving -= 1;
    }
  }

  #onWorkerMessage(message: FromWorker): void {
    this.#legs.onWorkerMessage(message);
    const { observe, log } = this.#options;
    if (message.kind === 'meeting-report' || message.kind === 'ticks') observe(message);
    if (message.kind === 'ticks' && message.late > 0) log.debug(message, 'late ticks');
  }

  #onLobbyLost(lost: WorkerProcess): void {
    this.#options.observe({ kind: 'lobby-lost' });
    this.#lostLobbies.add(lost);
    this.#options.clock.after(lobbyBackMs, () => {
      for (const { leg } of this.#legs.all) if (leg.home === lost) leg.end('worker-lost');
      this.#lostLobbies.delete(lost);
    });
  }

  /** Who was in a lobby that is gone hears so from the one that is there now. */
  #onLobbyBack(): void {
    for (const { leg } of this.#legs.all) if (this.#lostLobbies.has(leg.home)) leg.homeLost();
  }
}
