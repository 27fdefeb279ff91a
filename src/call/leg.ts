import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import type { LegId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import { serialQueue } from '../base/serial.ts';
import type { LegMedia, MediaAddress } from '../media/leg-state.ts';
import type { AudioOffer, Dialog, SipEnd } from '../sip/gateway.ts';
import type { CallerLabel, FromWorker } from '../worker/protocol.ts';
import type { CallObserver } from './call-events.ts';
import { DigitSources, type DigitSource } from './digit-sources.ts';
import { LegTimers } from './leg-timers.ts';
import {
  lobbyStart,
  type LobbyEffect,
  type LobbyEvent,
  type LobbyRules,
  type LobbyState,
  type NoticeForm,
} from './lobby-state.ts';
import { lobbyStep } from './lobby.ts';
import { recordings } from './speech.ts';
import type { WorkerHandle } from './worker-handle.ts';

export interface LegOptions {
  readonly legId: LegId;
  readonly label: CallerLabel;
  /** Where it is answered. */
  readonly home: WorkerHandle;
  /** The lobby worker of this moment: another one than `home` after a restart, null while there is none. */
  readonly lobby: () => WorkerHandle | null;
  readonly rules: LobbyRules;
  /** In which it is spoken to until the caller chooses another one. */
  readonly language: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: LegEvents;
  readonly observe: CallObserver;
}

export interface LegEvents {
  /** Answers with one of the three PIN events. `code`: of a meeting, where one was typed. `digits` is a secret. */
  checkPin(leg: Leg, code: string | null, digits: string): Promise<LobbyEvent>;
  /** Recorded before it counts: rejects where the ledger cannot take it. */
  noticeAnswered(leg: Leg, accepted: boolean, form: NoticeForm): Promise<void>;
  askHost(leg: Leg): void;
  onEnded(leg: Leg, reason: string): void;
}

/** After the last prompt of a call began, it is hung up at the latest after this. */
const farewellMs = 20_000;

/** Causes of ITU-T Q.850 in the BYE's Reason: a caller whose voice path broke is told so, and his phone may call again. */
const normalClearing = 16;
const temporaryFailure = 41;
const failures: ReadonlySet<string> = new Set([
  ...['worker-lost', 'bridge-failed', 'media-lost', 'meeting-lost', 'ledger-failed'],
]);

export const newLegId = (): LegId => randomBytes(16).toString('base64url') as LegId;

/**
 * One phone leg from answer to end. Everything that happens to it goes through one serial queue, so that a revoke in
 * the middle of a hand-over is carried out after it, and never beside it. Who closes whom: the leg ends its dialog,
 * then closes its RTP in the worker where that is, then reports `onEnded` once.
 */
export class Leg {
  readonly legId: LegId;
  #label: CallerLabel;
  readonly #options: LegOptions;
  readonly #queue = serialQueue();
  readonly #timers: LegTimers;
  #farewell: Timer | null = null;
  #state: LobbyState = lobbyStart;
  #home: WorkerHandle;
  #language: string;
  #dialog: Dialog | null = null;
  #rtp: { readonly local: MediaAddress; readonly media: LegMedia } | null = null;
  #leftRoom = false;
  #playId = 0;
  #ending: { readonly reason: string; readonly playId: number } | null = null;
  #ended = false;
  readonly #digits = new DigitSources();

  constructor(options: LegOptions) {
    this.#options = options;
    this.legId = options.legId;
    this.#label = options.label;
    this.#home = options.home;
    this.#language = options.language;
    this.#timers = new LegTimers({ clock: options.clock, onDue: (name) => this.event({ kind: name }) });
  }

  get language(): string {
    return this.#language;
  }

  /** What the caller is in: for logs and state displays. */
  get phase(): LobbyState['kind'] {
    return this.#state.kind;
  }

  /** What the host is told of this caller when it is asked next. */
  get label(): CallerLabel {
    return this.#label;
  }

  relabel(label: CallerLabel): void {
    this.#label = label;
    this.#options.observe({ kind: 'leg-label', leg: this.legId, label });
  }

  get inMeeting(): boolean {
    return this.#home.role === 'meeting';
  }

  get home(): WorkerHandle {
    return this.#home;
  }

  /** He was in the meeting when this call began to end. */
  get leftRoom(): boolean {
    return this.#leftRoom || this.phase === 'talking';
  }

  /** Binds its RTP socket where it is at home. @throws LatchkeyError `rtp-ports-exhausted` or `worker-lost` */
  async open(media: LegMedia): Promise<MediaAddress> {
    const local = await this.#home.open(this.legId, media);
    this.#rtp = { local, media };
    return local;
  }

  /** `first`: where the dialogue begins. */
  start(dialog: Dialog, first: LobbyEvent & { kind: 'answered' }): void {
    this.#dialog = dialog;
    this.event(first);
  }

  event(event: LobbyEvent): void {
    this.#inOrder(() => this.#step(event));
  }

  /** Hands the RTP socket to the meeting's worker, then tells the caller that he is in. */
  enterMeeting(worker: WorkerHandle): void {
    this.#inOrder(async () => {
      await this.#move(worker);
      await this.#step({ kind: 'admitted' });
    });
  }

  /** Takes the RTP socket back to the lobby if it is away, then tells the caller why. */
  leaveMeeting(event: LobbyEvent): void {
    this.#inOrder(async () => {
      if (this.#home.role === 'meeting') {
        const lobby = this.#options.lobby();
        if (lobby === null) throw new LatchkeyError('worker-lost', 'there is no lobby worker to go back to');
        await this.#move(lobby);
      }
      await this.#step(event);
    });
  }

  /**
   * The worker that had its sound is gone. The lobby binds the same port anew, so that the caller hears why before the call ends;
   * where it cannot, the Reason header alone says so.
   */
  homeLost(): void {
    void this.#queue.run(async () => {
      if (this.#ended) return;
      const lobby = this.#options.lobby();
      try {
        if (lobby === null || this.#rtp === null || this.#dialog === null || this.#state.kind === 'ending')
          throw new LatchkeyError('worker-lost', 'nobody can tell the caller');
        await lobby.open(this.legId, this.#rtp.media, this.#rtp.local.port);
        this.#home = lobby;
        this.#timers.moved();
        await this.#step({ kind: 'worker-lost' });
      } catch {
        this.end('worker-lost');
      }
    });
  }

  onMediaChanged(offer: AudioOffer): void {
    const media = legMedia(offer);
    void this.#queue.run(() => {
      if (this.#ended) return;
      if (this.#rtp !== null) this.#rtp = { ...this.#rtp, media };
      this.#home.send({ kind: 'leg-update', legId: this.legId, media });
    });
  }

  /** A key press, on one of the ways on which it may come. */
  digit(digit: string, source: DigitSource): void {
    if (this.#digits.isNew(digit, source, this.#options.clock.monoMs())) this.event({ kind: 'digit', digit });
  }

  onWorkerMessage(message: FromWorker): void {
    if (message.kind === 'leg-digit') this.digit(message.digit, message.source);
    if (message.kind !== 'leg-played') return;
    this.#timers.said(message.playId);
    if (message.playId === this.#ending?.playId) this.end(this.#ending.reason);
  }

  /** The dialog ended by the other side. */
  onDialogEnded(end: SipEnd): void {
    this.#dialog = null;
    this.end(end.reason);
  }

  /** Hangs up. Idempotent. */
  end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timers.clear();
    this.#farewell?.cancel();
    this.#dialog?.end({ cause: failures.has(reason) ? temporaryFailure : normalClearing, text: reason });
    this.#dialog = null;
    this.#rtp = null;
    void this.#queue.run(async () => {
      const stats = await this.#home.close(this.legId);
      this.#options.log.info({ leg: this.legId, reason, stats }, 'leg ended');
      this.#options.observe({ kind: 'leg-stats', leg: this.legId, stats });
      this.#options.events.onEnded(this, reason);
    });
  }

  #inOrder(job: () => Promise<void>): void {
    void this.#queue
      .run(async () => {
        if (!this.#ended) await job();
      })
      .catch((error: unknown) => this.#failed(error));
  }

  async #move(to: WorkerHandle): Promise<void> {
    if (this.#home === to) return;
    const { snapshot, socket } = await this.#home.release(this.legId);
    this.#home = to;
    await to.adopt(snapshot, socket);
    this.#timers.moved();
    this.#options.log.info({ leg: this.legId, to: to.role }, 'leg moved');
    this.#options.observe({ kind: 'leg-moved', leg: this.legId, to: to.role });
  }

  async #step(event: LobbyEvent): Promise<void> {
    if (this.#ended) return;
    const before = this.#state.kind;
    const step = lobbyStep(this.#state, event, this.#options.rules, this.#options.clock.monoMs());
    this.#state = step.state;
    if (before !== step.state.kind) {
      this.#leftRoom = before === 'talking' && step.state.kind === 'ending';
      this.#options.log.info({ leg: this.legId, from: before, to: step.state.kind }, 'leg state');
      this.#options.observe({ kind: 'leg-phase', leg: this.legId, phase: step.state.kind });
    }
    for (const effect of step.effects) await this.#carryOut(effect);
  }

  async #carryOut(effect: LobbyEffect): Promise<void> {
    const { legId } = this;
    switch (effect.kind) {
      case 'play':
        this.#playId += 1;
        this.#timers.saying(this.#playId);
        this.#home.send({
          kind: 'leg-play',
          legId,
          playId: this.#playId,
          prompts: effect.prompts.flatMap((prompt) => recordings(prompt, this.#language)),
          bargeIn: this.#state.kind !== 'ending',
          ...(effect.turn === undefined ? {} : { turn: effect.turn }),
        });
        return;
      case 'stop-playing':
        this.#home.send({ kind: 'leg-stop-playing', legId });
        return;
      case 'lobby-sound':
        this.#home.send({ kind: 'leg-lobby-sound', legId, on: effect.on });
        return;
      case 'echo':
        this.#home.send({ kind: 'leg-echo', legId });
        return;
      case 'language':
        this.#language = effect.language;
        return;
      case 'mute':
        this.#home.send({ kind: 'leg-mute', legId, muted: effect.muted });
        return;
      case 'timer':
        this.#timers.set(effect.name, effect.ms);
        return;
      case 'check-pin':
        // Not awaited inside the queue: the caller may hang up while the hash is computed.
        void this.#options.events.checkPin(this, effect.code, effect.digits).then(
          (verdict) => this.event(verdict),
          (error: unknown) => this.#failed(error),
        );
        return;
      case 'notice-answered':
        await this.#options.events.noticeAnswered(this, effect.accepted, effect.form);
        return;
      case 'ask-host':
        this.#options.events.askHost(this);
        return;
      case 'end':
        this.#ending = { reason: effect.reason, playId: this.#playId };
        this.#farewell = this.#options.clock.after(farewellMs, () => this.end(effect.reason));
        return;
    }
  }

  /** Unknown state is silence and an end that says so, spoken where a worker is left to speak it. */
  #failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : 'unknown';
    this.#options.log.error({ leg: this.legId, reason }, 'leg failed');
    const canSpeak = !(error instanceof LatchkeyError && error.code === 'worker-lost');
    if (canSpeak && this.#state.kind !== 'ending') this.event({ kind: 'bridge-failed' });
    else this.end('bridge-failed');
  }
}

/** What the media side needs of an offer. We send where the peer receives, and the other way round. */
export function legMedia({ receives, sends, ...agreed }: AudioOffer): LegMedia {
  return { ...agreed, send: receives, receive: sends };
}
