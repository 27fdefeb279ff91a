import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { LegId, MeetingId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import type { NewEntry } from '../ledger/event.ts';
import type { AudioOffer, DialogHandlers, DialogPeer } from '../sip/gateway.ts';
import type { CallerLabel, FromWorker } from '../worker/protocol.ts';
import type { CallObserver } from './call-events.ts';
import { callerLabel, type CallerSource } from './label.ts';
import { Leg } from './leg.ts';
import type { LobbyEvent, LobbyRules, NoticeForm } from './lobby-state.ts';
import type { Ownership } from './ownership.ts';
import type { PinDesk, PinPlace } from './pin-desk.ts';
import type { Redials } from './redials.ts';
import { welcome, type Room } from './way-in.ts';
import type { WorkerHandle } from './worker-handle.ts';

export interface LegDeskOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly rules: LobbyRules;
  /** Without a sign of life on RTP and RTCP for so long, a call is ended; 0: never. */
  readonly deadLegMs: number;
  readonly pins: PinDesk;
  /** Null where there is no such meeting. */
  readonly roomNamed: (name: string) => Room | null;
  readonly redials: Redials;
  readonly ownership: Ownership;
  readonly speech: CallerSpeech;
  /** Appends and syncs; rejects where the ledger cannot take it. */
  append(entries: readonly NewEntry[]): Promise<void>;
  readonly observe: CallObserver;
}

/** What only whoever takes and makes calls knows. */
export interface LegDeskEvents {
  /** The lobby worker of this moment; null while there is none. */
  lobby(): WorkerHandle | null;
  /** What the caller has said to the notice is in the ledger. */
  onNoticeAnswered(legId: LegId, accepted: boolean): void;
  onEnded(legId: LegId, reason: string): void;
}

/** In which languages callers are spoken to. */
export interface CallerSpeech {
  readonly language: string;
  /** What callers choose from where nothing else decides; fewer than two: no choice. */
  readonly choices: readonly string[];
  /** The words of the notice as recorded: what the caller says yes to. Their hash goes to the ledger. */
  notice(language: string, form: NoticeForm): string;
}

export interface KnownLeg {
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

export interface NewLeg {
  readonly caller: CallerSource;
  readonly home: WorkerHandle;
  readonly language: string;
  /** One call by one id from the first line to the last; the trunk's own Call-ID stays out of logs. */
  readonly call: string;
}

/**
 * Every leg by its id, whoever called whom: what a leg asks (is this PIN good, is the notice's answer recorded, is the host asked) and
 * what is learned of it on the way.
 */
export class LegDesk {
  readonly #options: LegDeskOptions;
  readonly #events: LegDeskEvents;
  readonly #legs = new Map<LegId, KnownLeg>();
  /** Rooms whose callers wait for a host who has not claimed the meeting yet. */
  readonly #unclaimed = new Map<Room, Set<Leg>>();

  constructor(options: LegDeskOptions, events: LegDeskEvents) {
    this.#options = options;
    this.#events = events;
  }

  get count(): number {
    return this.#legs.size;
  }

  get all(): readonly KnownLeg[] {
    return [...this.#legs.values()];
  }

  get(legId: LegId): KnownLeg | null {
    return this.#legs.get(legId) ?? null;
  }

  /** A leg that is not known yet: `take` makes it so once it has its RTP address. */
  newLeg(legId: LegId, { caller, home, language, call }: NewLeg): Leg {
    const { clock, log, rules, observe } = this.#options;
    return new Leg({
      ...{
        legId,
        label: callerLabel(caller),
        lobby: () => this.#events.lobby(),
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

  take(legId: LegId, known: KnownLeg): void {
    this.#legs.set(legId, known);
  }

  handlersOf(leg: Leg): DialogHandlers {
    const { legId } = leg;
    return {
      onEnded: (end) => leg.onDialogEnded(end),
      onPeerChanged: (peer) => this.#onPeerChanged(legId, peer),
      onMediaChanged: (offer) => this.#onMediaChanged(legId, offer),
      onInfoDigit: (digit) => leg.digit(digit, 'info'),
    };
  }

  /** The host has claimed the room: its callers can be asked for from now on. */
  claimed(room: Room, meetingId: MeetingId): void {
    for (const { leg, room: where } of this.#legs.values())
      if (where === room) this.#options.observe({ kind: 'leg-placed', leg: leg.legId, meeting: meetingId });
    for (const leg of this.#unclaimed.get(room) ?? []) room.bridge?.ask(leg);
    this.#unclaimed.delete(room);
  }

  /** The room is gone: its callers hear that the meeting has ended. */
  closeRoom(room: Room): void {
    for (const known of this.#legs.values())
      if (known.room === room) known.leg.leaveMeeting({ kind: 'gate-closed', reason: 'meeting-ended' });
    this.#unclaimed.delete(room);
  }

  /** Whether a caller of this meeting is here. */
  has(meeting: string): boolean {
    return this.all.some(({ room }) => room?.name === meeting);
  }

  /** By an operator: out of the room at once, told why, and hung up. Whether there is such a leg. */
  endByOperator(legId: LegId): boolean {
    const known = this.#legs.get(legId);
    if (known === undefined) return false;
    const { leg, room } = known;
    room?.bridge?.dropped(leg);
    if (room !== null) this.#unclaimed.get(room)?.delete(leg);
    leg.leaveMeeting({ kind: 'ended-by-operator' });
    return true;
  }

  /** Another connector may serve this meeting from now on: its callers are told to call again. */
  leaseLost(room: Room): void {
    for (const { leg, room: where } of this.#legs.values())
      if (where === room) leg.event({ kind: 'served-elsewhere' });
    this.#unclaimed.delete(room);
  }

  onWorkerMessage(message: FromWorker): void {
    const { observe } = this.#options;
    if ('legId' in message) this.#legs.get(message.legId)?.leg.onWorkerMessage(message);
    if (message.kind === 'leg-quality') {
      const { legId: leg, quality, counts } = message;
      observe({ kind: 'leg-quality', leg, quality, counts });
    }
    if (message.kind === 'leg-rtp') {
      const { legId: leg, where, facts } = message;
      observe({ kind: 'leg-rtp', leg, where, facts });
    }
    if (message.kind === 'leg-silent' || message.kind === 'leg-unheard') this.#onOneWay(message);
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
      if (!(await this.#takes(room, known.caller.user))) return { kind: 'served-elsewhere' };
      known.room = room;
      relabel(known, { ...known.caller, holder: verdict.holder });
      this.#options.observe({ kind: 'leg-placed', leg: legId, meeting: room.meetingId });
      return { kind: 'pin-accepted', ...welcome(room, known.caller.user, this.#options.redials) };
    }
    const refused = verdict.kind === 'locked-out' ? 'locked-out' : 'wrong';
    await this.#options.append([{ type: 'pin-refused', leg: legId, data: { verdict: refused } }]);
    return verdict.kind === 'locked-out' ? { kind: 'pin-locked-out', by: verdict.by } : { kind: 'pin-wrong' };
  }

  /** Whether this connector serves the meeting from now on. Whoever has to call again is known by then. */
  async #takes(room: Room, user: string): Promise<boolean> {
    const { ownership } = this.#options;
    if ((await ownership.take(room.name)).kind === 'here') return true;
    await ownership.sentAway(user, room.name);
    return false;
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
    this.#events.onNoticeAnswered(legId, accepted);
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
  onVerified(legId: LegId, verification: CallerLabel['verification']): void {
    const known = this.#legs.get(legId);
    if (known !== undefined && known.caller.verification === undefined)
      relabel(known, { ...known.caller, verification });
  }

  #onEnded(legId: LegId, reason: string): void {
    const known = this.#legs.get(legId);
    if (known === undefined) return;
    this.#legs.delete(legId);
    this.#options.observe({ kind: 'leg-ended', leg: legId, reason });
    this.#events.onEnded(legId, reason);
    if (known.accepted) this.#recordEnd(legId, known.room?.meetingId ?? null, reason);
    if (known.room === null) return;
    if (known.leg.leftRoom) this.#options.redials.ended(known.caller.user, known.room.name);
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
