import { createHash } from 'node:crypto';
import type { Clock, Timer } from '../base/clock.ts';
import type { LegId, MeetingId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import type { NewEntry } from '../ledger/event.ts';
import type {
  AudioOffer,
  Dialog,
  DialogHandlers,
  DialogPeer,
  InboundCall,
  OutgoingCall,
} from '../sip/gateway.ts';
import type { CallerLabel, FromWorker, WorkerOptions } from '../worker/protocol.ts';
import type { CallObserver } from './call-events.ts';
import { MeetingBridge, type BridgeOptions, type Dialler } from './bridge.ts';
import { Dialling, type CalleeLeg, type DiallingOptions, type OpenCallee } from './dialling.ts';
import { wayOf, welcome, type Room } from './way-in.ts';
import { callerLabel, type CallerSource } from './label.ts';
import { Leg, legMedia, newLegId } from './leg.ts';
import type { LobbyEvent, LobbyRules, NoticeForm } from './lobby-state.ts';
import type { PinDesk, PinPlace } from './pin-desk.ts';
import type { Redials } from './redials.ts';
import { startWorker, type WorkerHandle, type WorkerProcess } from './worker-handle.ts';
import { WorkerPool } from './worker-pool.ts';

export interface SwitchboardOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly rules: LobbyRules;
  readonly maxCalls: number;
  /** Without a sign of life on RTP and RTCP for so long, a call is ended; 0: never. */
  readonly deadLegMs: number;
  readonly pins: PinDesk;
  /** Null where there is no such meeting. */
  readonly roomNamed: (name: string) => Room | null;
  /** The only meeting there is: its callers need no code. */
  readonly soleMeeting: () => string | null;
  readonly worker: Omit<WorkerOptions, 'role'>;
  /** Null: nobody is called. */
  readonly dialling: DiallingOptions | null;
  /** 1: each meeting has a process of its own. */
  readonly meetingsPerWorker: number;
  readonly redials: Redials;
  readonly speech: CallerSpeech;
  /** Appends and syncs; rejects where the ledger cannot take it. */
  append(entries: readonly NewEntry[]): Promise<void>;
  /** Told of everything that happens to calls; it decides nothing. */
  readonly observe: CallObserver;
}

/** In which languages callers are spoken to. */
export interface CallerSpeech {
  readonly language: string;
  /** What callers choose from where nothing else decides; fewer than two: no choice. */
  readonly choices: readonly string[];
  /** The words of the notice as recorded: what the caller says yes to. Their hash goes to the ledger. */
  notice(language: string, form: NoticeForm): string;
}

interface KnownLeg {
  readonly leg: Leg;
  /** What its label says, in full. */
  caller: CallerSource;
  source: string;
  /** The meeting that a PIN is for where none is named by a code. */
  readonly place: PinPlace | null;
  room: Room | null;
  /** Said yes to the notice: how this call ends is recorded. */
  accepted: boolean;
}

/** What callers are told when everything ends: that the operator stops the bridge, or that it cannot go on. */
export type StopReason = 'draining' | 'bridge-failed';

/** Seconds that a refused caller's phone system is told to wait (RFC 3261 §20.33). */
const retryAfterSeconds = '30';
/** Doubled with each start that fails, to at most so long. */
const lobbyRestartMs = 1_000;
const longestLobbyRestartMs = 15_000;
/** Legs of a meeting that was closed are back in the lobby within this time. */
const closeMs = 2_000;
/**
 * How long a drain waits for its own record: a disk takes milliseconds, and what a drain has to do takes all of the rest of
 * its time. A vault that hangs loses the record, not the callers' goodbye.
 */
const drainRecordMs = 3_000;

/**
 * All calls of this connector: answers them into the lobby worker, leads them by PIN to a room, and knows every leg by
 * its id. Closing order of the process: no new calls, legs told and ended, bridges stopped, lobby stopped.
 */
export class Switchboard {
  readonly #options: SwitchboardOptions;
  readonly #legs = new Map<LegId, KnownLeg>();
  /** Rooms whose callers wait for a host who has not claimed the meeting yet. */
  readonly #unclaimed = new Map<Room, Set<Leg>>();
  readonly #bridges = new Set<MeetingBridge>();
  readonly #pool: WorkerPool;
  readonly #dialling: Dialling | null;
  #lobby: WorkerHandle | null = null;
  #lobbyTimer: Timer | null = null;
  #lobbyRestartMs = lobbyRestartMs;
  #draining = false;
  /** Calls between INVITE and their leg: they count towards the cap. */
  #arriving = 0;

  constructor(options: SwitchboardOptions) {
    this.#options = options;
    const { clock, log, worker, meetingsPerWorker } = options;
    const onMessage = (message: FromWorker): void => this.#onWorkerMessage(message);
    this.#pool = new WorkerPool({ clock, log, worker, meetingsPerWorker, onMessage });
    this.#dialling = options.dialling === null ? null : new Dialling(options.dialling);
  }

  async start(): Promise<void> {
    await this.#startLobby();
  }

  get ready(): boolean {
    return this.#lobby !== null && !this.#draining;
  }

  /** For good: there is no way back to taking calls. */
  get draining(): boolean {
    return this.#draining;
  }

  get legCount(): number {
    return this.#legs.size;
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
    for (const { leg, room: where } of this.#legs.values())
      if (where === room) observe({ kind: 'leg-placed', leg: leg.legId, meeting: meetingId });
    for (const leg of this.#unclaimed.get(room) ?? []) room.bridge.ask(leg);
    this.#unclaimed.delete(room);
  }

  /** The room is gone: its callers hear that the meeting has ended, its worker destroys its keys. */
  async closeRoom(room: Room): Promise<void> {
    for (const known of this.#legs.values())
      if (known.room === room) known.leg.leaveMeeting({ kind: 'gate-closed', reason: 'meeting-ended' });
    this.#unclaimed.delete(room);
    const { bridge } = room;
    if (bridge === null) return;
    room.bridge = null;
    this.#bridges.delete(bridge);
    await this.#stopWhenEmpty(bridge, closeMs);
  }

  /** Tells every caller, ends every call, stops every worker. */
  async drain(deadlineMs: number, why: StopReason = 'draining'): Promise<void> {
    if (!this.#draining) await this.#recordDrain();
    this.#lobbyTimer?.cancel();
    const { clock } = this.#options;
    for (const { leg } of this.#legs.values()) leg.leaveMeeting({ kind: why });
    await Promise.all([...this.#bridges].map((bridge) => this.#stopWhenEmpty(bridge, deadlineMs)));
    const deadline = clock.monoMs() + deadlineMs;
    while (this.#legs.size > 0 && clock.monoMs() < deadline)
      await new Promise<void>((resolve) => clock.after(50, resolve));
    for (const { leg } of this.#legs.values()) leg.end('draining');
    const lobby = this.#lobby;
    this.#lobby = null;
    await lobby?.stop();
  }

  /** Recorded before the first caller is told. A ledger that cannot take it has closed the gates already, or will: the drain goes on. */
  async #recordDrain(): Promise<void> {
    this.#draining = true;
    const { clock, log } = this.#options;
    const recorded = this.#options.append([{ type: 'drain', data: { legs: this.#legs.size } }]).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : 'unknown'),
    );
    const late = new Promise<string>((resolve) => {
      const timer = clock.after(drainRecordMs, () => resolve('the ledger does not answer'));
      void recorded.then(() => timer.cancel());
    });
    const reason = await Promise.race([recorded, late]);
    if (reason !== null) log.warn({ reason }, 'drain not recorded');
  }

  async #stopWhenEmpty(bridge: MeetingBridge, deadlineMs: number): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.monoMs() + Math.min(closeMs, deadlineMs);
    const inside = (): boolean => bridge.legs.some((leg) => leg.inMeeting);
    while (inside() && clock.monoMs() < deadline)
      await new Promise<void>((resolve) => clock.after(20, resolve));
    await bridge.stop();
  }

  async #startLobby(): Promise<void> {
    const { clock, log, worker } = this.#options;
    let mine: WorkerProcess | null = null;
    mine = await startWorker({ ...worker, role: 'lobby' }, clock, {
      onMessage: (message) => this.#onWorkerMessage(message),
      onExit: () => {
        if (mine === null || mine !== this.#lobby) return;
        this.#lobby = null;
        log.error({}, 'lobby worker lost');
        this.#options.observe({ kind: 'lobby-lost' });
        for (const { leg } of this.#legs.values()) if (leg.home === mine) leg.end('worker-lost');
        this.#restartLobby();
      },
    });
    this.#lobby = mine;
  }

  #restartLobby(): void {
    if (this.#draining) return;
    this.#lobbyTimer = this.#options.clock.after(this.#lobbyRestartMs, () => {
      void this.#startLobby().then(
        () => {
          this.#lobbyRestartMs = lobbyRestartMs;
          this.#options.log.info({}, 'lobby worker is back');
        },
        () => {
          this.#lobbyRestartMs = Math.min(longestLobbyRestartMs, this.#lobbyRestartMs * 2);
          this.#restartLobby();
        },
      );
    });
  }

  async #accept(call: InboundCall): Promise<void> {
    const lobby = this.#lobby;
    const { log, maxCalls, clock, speech, observe } = this.#options;
    const cameMs = clock.monoMs();
    const way = wayOf(call, this.#options);
    if (way === null) {
      call.reject(404, 'Not Found');
      return;
    }
    if (lobby === null || this.#draining || this.#legs.size + this.#arriving >= maxCalls) {
      log.warn({ call: call.callId, draining: this.#draining }, 'call refused: no room');
      const reason = this.#draining ? 'draining' : lobby === null ? 'no-lobby' : 'full';
      observe({ kind: 'call-refused', trunk: call.trunk, reason });
      call.reject(503, 'Service Unavailable', { 'Retry-After': retryAfterSeconds });
      return;
    }
    const { place, room } = way;
    this.#arriving += 1;
    const legId = newLegId();
    const { transport } = call.source;
    const caller: CallerSource = { ...call.from, transport, srtp: call.offer.srtp !== null };
    const leg = this.#newLeg(legId, {
      ...{ caller, home: lobby, call: call.callId },
      language: call.language ?? speech.language,
    });
    try {
      const local = await lobby.open(legId, legMedia(call.offer));
      this.#legs.set(legId, { leg, caller, source: call.source.address, place, room, accepted: false });
      const dialog: Dialog = await call.answer(local, this.#handlersOf(leg));
      const { trunk, source } = call;
      log.info({ call: call.callId, leg: legId, trunk, transport: source.transport }, 'call answered');
      observe({
        kind: 'call-answered',
        ...{ leg: legId, call: call.callId, trunk, transport: source.transport, label: leg.label },
        ...{ srtp: call.offer.srtp !== null, codec: call.offer.codec.name, setupMs: clock.monoMs() - cameMs },
      });
      if (room !== null) observe({ kind: 'leg-placed', leg: legId, meeting: room.meetingId });
      leg.start(dialog, {
        kind: 'answered',
        languages: call.language === null ? speech.choices : [],
        entry: way.entry,
      });
      void call.verification.then((verification) => this.#onVerified(legId, verification));
    } catch (error) {
      // Cancelled before the answer, or no port: the leg never came to be.
      if (!call.cancelled.aborted)
        call.reject(503, 'Service Unavailable', { 'Retry-After': retryAfterSeconds });
      observe({ kind: 'call-unanswered', trunk: call.trunk, cancelled: call.cancelled.aborted });
      leg.end('not-answered');
      throw error;
    } finally {
      this.#arriving -= 1;
    }
  }

  #newLeg(
    legId: LegId,
    {
      caller,
      home,
      language,
      call,
    }: {
      readonly caller: CallerSource;
      readonly home: WorkerHandle;
      readonly language: string;
      /** One call by one id from the first line to the last; the trunk's own Call-ID stays out of logs. */
      readonly call: string;
    },
  ): Leg {
    const { clock, log, rules, observe } = this.#options;
    return new Leg({
      ...{
        legId,
        label: callerLabel(caller),
        lobby: () => this.#lobby,
        home,
        language,
        rules,
        clock,
        log: log.child({ call }),
        observe,
      },
      events: {
        checkPin: (_leg, code, digits) => this.#checkPin(legId, code, digits),
        noticeAnswered: (_leg, accepted, form) => this.#noticeAnswered(legId, accepted, form),
        askHost: () => this.#askHost(legId),
        onEnded: (_leg, reason) => this.#onEnded(legId, reason),
      },
    });
  }

  #handlersOf(leg: Leg): DialogHandlers {
    const { legId } = leg;
    return {
      onEnded: (end) => leg.onDialogEnded(end),
      onPeerChanged: (peer) => this.#onPeerChanged(legId, peer),
      onMediaChanged: (offer) => this.#onMediaChanged(legId, offer),
      onInfoDigit: (digit) => leg.digit(digit, 'info'),
    };
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
    const lobby = this.#lobby;
    if (lobby === null || this.#draining || this.#legs.size + this.#arriving >= this.#options.maxCalls)
      return null;
    const { clock, observe } = this.#options;
    const begunMs = clock.monoMs();
    const { language } = this.#options.speech;
    const leg = this.#newLeg(legId, { caller, home: lobby, language, call: legId });
    this.#arriving += 1;
    const onAnswered = (): void => {
      const { caller: now } = this.#legs.get(legId) ?? { caller };
      observe({
        kind: 'call-answered',
        ...{ leg: legId, call: legId, trunk: call.trunk, transport: call.transport, label: leg.label },
        ...{ srtp: now.srtp, codec: call.offer.codec.name, setupMs: clock.monoMs() - begunMs },
      });
      observe({ kind: 'leg-placed', leg: legId, meeting: room.meetingId });
    };
    try {
      // Nothing is taken before the answer: what a network plays until then is nobody's voice.
      const local = await lobby.open(legId, { ...legMedia(call.offer), send: false, receive: false });
      this.#legs.set(legId, { leg, caller, source: '', place: null, room, accepted: false });
      return { leg, local, handlers: this.#handlersOf(leg), onAnswered };
    } catch {
      return null;
    } finally {
      this.#arriving -= 1;
    }
  }

  #onWorkerMessage(message: FromWorker): void {
    const { observe } = this.#options;
    if ('legId' in message) this.#legs.get(message.legId)?.leg.onWorkerMessage(message);
    if (message.kind === 'leg-quality') {
      const { legId: leg, quality, counts } = message;
      observe({ kind: 'leg-quality', leg, quality, counts });
    }
    if (message.kind === 'meeting-report' || message.kind === 'ticks') observe(message);
    if (message.kind === 'leg-silent' || message.kind === 'leg-unheard') this.#onOneWay(message);
    if (message.kind === 'ticks' && message.late > 0) this.#options.log.debug(message, 'late ticks');
  }

  /** Told, because nobody on the call may know why; and where there is no life at all, the call is over. */
  #onOneWay(message: Extract<FromWorker, { kind: 'leg-silent' | 'leg-unheard' }>): void {
    const { log, deadLegMs } = this.#options;
    const { legId, forMs } = message;
    const from = message.kind === 'leg-silent' ? 'caller' : 'us';
    log.warn({ leg: legId, forMs, from }, 'one-way audio');
    this.#options.observe({ kind: 'one-way', leg: legId, from, forMs });
    if (message.kind !== 'leg-silent' || deadLegMs === 0 || message.deadForMs < deadLegMs) return;
    this.#legs.get(legId)?.leg.end('media-lost');
  }

  async #checkPin(legId: LegId, code: string | null, digits: string): Promise<LobbyEvent> {
    const known = this.#legs.get(legId);
    const place: PinPlace | null = code === null ? (known?.place ?? null) : { kind: 'code', code };
    if (known === undefined || place === null) return { kind: 'pin-wrong' };
    const source = { address: known.source, user: known.caller.user };
    const verdict = await this.#options.pins.check(source, place, digits);
    this.#options.log.info({ leg: legId, verdict: verdict.kind }, 'PIN checked');
    this.#options.observe({ kind: 'pin-checked', leg: legId, verdict: verdict.kind });
    const room = verdict.kind === 'accepted' ? this.#options.roomNamed(verdict.name) : null;
    if (verdict.kind === 'accepted' && room !== null) {
      known.room = room;
      relabel(known, { ...known.caller, holder: verdict.holder });
      this.#options.observe({ kind: 'leg-placed', leg: legId, meeting: room.meetingId });
      return { kind: 'pin-accepted', ...welcome(room, known.caller.user, this.#options.redials) };
    }
    const refused = verdict.kind === 'locked-out' ? 'locked-out' : 'wrong';
    await this.#options.append([{ type: 'pin-refused', leg: legId, data: { verdict: refused } }]);
    return verdict.kind === 'locked-out' ? { kind: 'pin-locked-out', by: verdict.by } : { kind: 'pin-wrong' };
  }

  async #noticeAnswered(legId: LegId, accepted: boolean, form: NoticeForm): Promise<void> {
    const { speech } = this.#options;
    const known = this.#legs.get(legId);
    if (known === undefined) return;
    known.accepted = accepted;
    this.#options.observe({ kind: 'notice-answered', leg: legId, accepted });
    const { language } = known.leg;
    const textHash = createHash('sha256').update(speech.notice(language, form)).digest('base64url');
    const about = known.room?.meetingId == null ? {} : { meeting: known.room.meetingId };
    await this.#options.append([
      { type: 'notice-answered', leg: legId, ...about, data: { textHash, language, accepted } },
    ]);
    this.#dialling?.answeredNotice(legId, accepted);
  }

  #askHost(legId: LegId): void {
    const known = this.#legs.get(legId);
    if (known?.room == null) return;
    const { leg, room } = known;
    if (room.bridge !== null) {
      room.bridge.ask(leg);
      return;
    }
    const waiting = this.#unclaimed.get(room) ?? new Set<Leg>();
    waiting.add(leg);
    this.#unclaimed.set(room, waiting);
    return undefined;
  }

  /** Somebody else may be on the line now: out of the room at once, and the host is asked anew, with what is known now. */
  #onPeerChanged(legId: LegId, { from, source }: DialogPeer): void {
    const known = this.#legs.get(legId);
    if (known === undefined) return;
    known.source = source.address;
    this.#options.log.warn({ leg: legId, transport: source.transport }, 'dialog peer changed');
    // What was signed was signed of the INVITE.
    relabel(known, {
      ...{ ...known.caller, ...from, transport: source.transport },
      ...{ verification: 'absent', holder: null },
    });
    known.room?.bridge?.callerChanged(known.leg);
  }

  #onMediaChanged(legId: LegId, offer: AudioOffer): void {
    const known = this.#legs.get(legId);
    if (known === undefined) return;
    relabel(known, { ...known.caller, srtp: offer.srtp !== null });
    known.leg.onMediaChanged(offer);
  }

  /** Of the INVITE: whoever is on the line since then has no signature. */
  #onVerified(legId: LegId, verification: CallerLabel['verification']): void {
    const known = this.#legs.get(legId);
    if (known !== undefined && known.caller.verification === undefined)
      relabel(known, { ...known.caller, verification });
  }

  #onEnded(legId: LegId, reason: string): void {
    const known = this.#legs.get(legId);
    if (known === undefined) return;
    this.#legs.delete(legId);
    this.#options.observe({ kind: 'leg-ended', leg: legId, reason });
    this.#dialling?.ended(legId, reason);
    if (known.accepted) this.#recordEnd(legId, known.room?.meetingId ?? null, reason);
    if (known.room === null) return;
    if (known.leg.phase === 'talking') this.#options.redials.ended(known.caller.user, known.room.name);
    this.#unclaimed.get(known.room)?.delete(known.leg);
    known.room.bridge?.gone(known.leg);
  }

  #recordEnd(leg: LegId, meeting: MeetingId | null, reason: string): void {
    const about = { leg, ...(meeting === null ? {} : { meeting }) };
    this.#options.append([{ type: 'call-ended', ...about, data: { reason } }]).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : 'unknown';
      this.#options.log.warn({ leg, reason: why }, 'end of a call not recorded');
    });
  }
}

/** For when the host is asked next. */
function relabel(known: KnownLeg, caller: CallerSource): void {
  known.caller = caller;
  known.leg.relabel(callerLabel(caller));
}
