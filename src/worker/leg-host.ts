import { Socket } from 'node:dgram';
import type { ParentLink } from '../base/child.ts';
import { every, type Clock, type Timer } from '../base/clock.ts';
import type { LegId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import { Ticker } from '../media/audio/ticker.ts';
import type { OpusCodec } from '../media/codec/opus.ts';
import { Spectra } from '../media/echo/spectra.ts';
import type { LegMedia } from '../media/leg-state.ts';
import { MediaLeg, type MediaLegOptions } from '../media/leg.ts';
import type { PromptLibrary } from '../media/prompts/library.ts';
import type { DirectUdp } from '../media/rtp/direct-udp.ts';
import { bindRtpSocket, rangeTowards, type PortRange, type RandomInt } from '../media/rtp/port.ts';
import type { RoomAudio } from './leg-room.ts';
import { LegSession } from './leg-session.ts';
import type { FromWorker, ToWorker } from './protocol.ts';

/**
 * The legs of one worker process, lobby or meeting. One 20 ms tick goes over all of them twice: first every caller is
 * heard, then every caller is answered, so that all of them hear the same moment of the room. Without legs nothing
 * ticks, but for a room that announces the last one.
 */
export interface LegHostOptions {
  readonly rtp: PortRange;
  readonly prompts: PromptLibrary;
  /** How legs' sockets are read and written; null: by dgram. */
  readonly udp: DirectUdp | null;
  readonly clock: Clock;
  readonly randomInt: RandomInt;
  /** Loaded when the first leg speaks Opus. */
  readonly opus: () => OpusCodec;
  readonly log: Log;
  readonly parent: Pick<ParentLink, 'send'>;
  /** The meeting's role gives it. Without it this is a lobby: legs are opened here, and no room exists. */
  readonly room?: RoomAudio;
  /** Whether a phone's echo of the room is kept from the room. */
  readonly suppressEcho?: boolean;
  /** Whether each leg's RTP is told of once a second (`leg-rtp`). */
  readonly traceRtp?: boolean;
  /** After adoption for `bridge`, and before the end by release or close: for what the meeting keeps per leg. */
  readonly onLeg?: (legId: LegId, present: boolean, bridge?: string) => void;
}

const reportTicksMs = 10_000;
const reportQualityMs = 5_000;
const reportRtpMs = 1_000;

type LegMessage = Extract<ToWorker, { kind: `leg-${string}` }>;

export class LegHost {
  readonly #options: LegHostOptions;
  readonly #room: RoomAudio | null;
  readonly #sessions = new Map<LegId, LegSession>();
  /** The same in a row, made where one has come or gone: a tick goes over it twice, and a map's iterator takes as long as some of what a leg does. */
  #row: readonly LegSession[] | null = null;
  /** Being bound: a close that comes meanwhile is not forgotten. */
  readonly #opening = new Set<LegId>();
  readonly #ticker: Ticker;
  readonly #spectra = new Spectra();
  #reports: readonly Timer[] = [];
  #closed = false;

  constructor(options: LegHostOptions) {
    this.#options = options;
    this.#room = options.room ?? null;
    this.#ticker = new Ticker({ clock: options.clock, onTick: (skipped) => this.#tick(skipped) });
  }

  get legIds(): readonly LegId[] {
    return [...this.#sessions.keys()];
  }

  /** True where the message was one about legs. `handle` is what came with it. */
  handle(message: ToWorker, handle: unknown): boolean {
    switch (message.kind) {
      case 'leg-open':
        void this.#openLeg(message);
        return true;
      case 'leg-adopt':
        this.#adopt(message, handle);
        return true;
      case 'leg-release':
      case 'leg-close':
        this.#part(message);
        return true;
      case 'leg-update':
      case 'leg-play':
      case 'leg-stop-playing':
      case 'leg-lobby-sound':
      case 'leg-echo':
      case 'leg-mute':
        this.#steer(message);
        return true;
      default:
        return false;
    }
  }

  /** Ends these legs without a word: control knows why, and has told the callers. */
  end(legIds: readonly LegId[]): void {
    for (const legId of legIds) {
      this.#sessions.get(legId)?.leg.close();
      this.#forget(legId);
    }
    this.#pauseWhenIdle();
  }

  close(): void {
    this.#closed = true;
    this.end(this.legIds);
  }

  #send(message: FromWorker): void {
    this.#options.parent.send(message);
  }

  async #openLeg({ legId, media, port }: Extract<LegMessage, { kind: 'leg-open' }>): Promise<void> {
    const { rtp, randomInt } = this.#options;
    if (this.#room !== null) {
      this.#fail(legId, 'not-a-lobby');
      return;
    }
    if (this.#sessions.has(legId) || this.#opening.has(legId)) {
      this.#fail(legId, 'leg-exists');
      return;
    }
    this.#opening.add(legId);
    const towards = rangeTowards(rtp, media.remote.address);
    const range = port === undefined ? towards : { ...towards, portMin: port, portMax: port };
    const bound = await bindRtpSocket(range, randomInt);
    const wanted = this.#opening.delete(legId) && !this.#closed;
    if (!bound.ok) {
      this.#fail(legId, bound.reason);
      return;
    }
    if (!wanted) {
      bound.value.close();
      this.#fail(legId, 'leg-closed');
      return;
    }
    const session = this.#host({ legId, media, socket: bound.value });
    if (session !== null) this.#send({ kind: 'leg-opened', legId, local: session.leg.local });
  }

  #adopt({ snapshot, bridge }: Extract<LegMessage, { kind: 'leg-adopt' }>, handle: unknown): void {
    const { legId, media } = snapshot;
    if (!(handle instanceof Socket)) {
      this.#fail(legId, 'no-socket');
      return;
    }
    if (this.#sessions.has(legId) || this.#closed) {
      handle.close();
      this.#fail(legId, 'leg-exists');
      return;
    }
    const session = this.#host({ legId, media, socket: handle, snapshot }, bridge);
    if (session !== null) this.#send({ kind: 'leg-adopted', legId });
  }

  /** Null where the leg cannot be: told already, and the socket is closed. */
  #host(
    from: Pick<MediaLegOptions, 'legId' | 'media' | 'socket' | 'snapshot'>,
    bridge?: string,
  ): LegSession | null {
    const { prompts } = this.#options;
    const { legId } = from;
    const onDigit: MediaLegOptions['onDigit'] = (digit, source) => {
      this.#send({ kind: 'leg-digit', legId, digit, source });
      session.player.digit();
    };
    const leg = this.#makeLeg(from, onDigit);
    if (leg === null) return null;
    const session: LegSession = new LegSession({
      leg,
      prompts,
      muted: from.snapshot?.muted ?? false,
      spectra: this.#spectra,
      suppressEcho: this.#room !== null && this.#options.suppressEcho === true,
      onPlayed: (id, playId, ended) => this.#send({ kind: 'leg-played', legId: id, playId, ended }),
      onSilent: (forMs, deadForMs) => this.#send({ kind: 'leg-silent', legId, forMs, deadForMs }),
      onUnheard: (forMs) => this.#send({ kind: 'leg-unheard', legId, forMs }),
    });
    this.#sessions.set(legId, session);
    this.#row = null;
    leg.start();
    this.#options.onLeg?.(legId, true, bridge);
    this.#resume();
    return session;
  }

  #makeLeg(
    from: Pick<MediaLegOptions, 'legId' | 'media' | 'socket' | 'snapshot'>,
    onDigit: MediaLegOptions['onDigit'],
  ): MediaLeg | null {
    const { udp, clock, randomInt, opus, log, traceRtp = false } = this.#options;
    try {
      return new MediaLeg({ ...from, udp, clock, randomInt, opus, onDigit, traced: traceRtp });
    } catch (error) {
      log.warn({ leg: from.legId, reason: reasonOf(error) }, 'leg has no codec');
      from.socket.close();
      this.#fail(from.legId, 'codec-unavailable');
      return null;
    }
  }

  #steer(
    message: Extract<
      LegMessage,
      { kind: `leg-${'update' | 'play' | 'stop-playing' | 'lobby-sound' | 'echo' | 'mute'}` }
    >,
  ) {
    const session = this.#sessions.get(message.legId);
    // It ended or moved on while the message was on its way.
    if (session === undefined) return;
    switch (message.kind) {
      case 'leg-update':
        this.#update(session, message.media);
        return;
      case 'leg-play':
        session.player.play(
          { ...message, prompts: message.prompts.map((id) => this.#prompt(id)) },
          message.turn,
        );
        return;
      case 'leg-stop-playing':
        session.player.stop();
        return;
      case 'leg-lobby-sound':
        session.player.lobbySound(message.on);
        return;
      case 'leg-echo':
        // Where there is a room, nobody is sent back to himself.
        if (this.#room === null) session.echo();
        return;
      case 'leg-mute':
        session.mute(message.muted);
        return;
    }
  }

  /** Where the other codec is not to be had, the leg goes on with the one it has: its caller then hears nothing new. */
  #update(session: LegSession, media: LegMedia): void {
    try {
      session.leg.update(media);
    } catch (error) {
      this.#options.log.warn({ leg: session.leg.legId, reason: reasonOf(error) }, 'leg not changed');
    }
  }

  /** A prompt that is not there is an empty one: the call goes on without that sentence. */
  #prompt(id: string): Int16Array {
    const pcm = this.#options.prompts.get(id);
    if (pcm === null) this.#options.log.warn({ prompt: id }, 'no such prompt');
    return pcm ?? new Int16Array(0);
  }

  #part(message: Extract<LegMessage, { kind: 'leg-release' | 'leg-close' }>): void {
    const { legId } = message;
    const session = this.#sessions.get(legId);
    if (session === undefined) {
      this.#opening.delete(legId);
      this.#fail(legId, 'leg-unknown');
      return;
    }
    session.player.stop();
    this.#tellRtp(session.leg);
    this.#forget(legId);
    this.#options.onLeg?.(legId, false);
    this.#pauseWhenIdle();
    if (message.kind === 'leg-close') {
      const { quality } = session;
      const { counts } = session.leg;
      session.leg.close();
      this.#send({ kind: 'leg-closed', legId, stats: { ...counts, quality } });
      return;
    }
    const { snapshot, socket } = session.leg.release();
    const released: FromWorker = { kind: 'leg-released', snapshot: { ...snapshot, muted: session.muted } };
    this.#options.parent.send(released, socket, () => socket.close());
    session.leg.forget();
  }

  #forget(legId: LegId): void {
    this.#sessions.delete(legId);
    this.#row = null;
  }

  #fail(legId: LegId, reason: string): void {
    this.#send({ kind: 'leg-failed', legId, reason });
  }

  #resume(): void {
    this.#ticker.start();
    if (this.#reports.length > 0) return;
    const { clock } = this.#options;
    this.#reports = [
      every(clock, reportTicksMs, () => this.#reportTicks()),
      every(clock, reportQualityMs, () => this.#reportQuality()),
      ...(this.#options.traceRtp === true ? [every(clock, reportRtpMs, () => this.#reportRtp())] : []),
    ];
  }

  #pauseWhenIdle(): void {
    if (this.#sessions.size > 0 || this.#room?.sounding === true) return;
    this.#ticker.stop();
    for (const timer of this.#reports) timer.cancel();
    this.#reports = [];
    this.#reportTicks();
  }

  #reportQuality(): void {
    for (const [legId, { quality, leg }] of this.#sessions)
      this.#send({ kind: 'leg-quality', legId, quality, counts: leg.counts });
  }

  #reportRtp(): void {
    for (const { leg } of this.#sessions.values()) this.#tellRtp(leg);
  }

  #tellRtp(leg: MediaLeg): void {
    const facts = leg.takeTrace();
    const where = this.#room === null ? 'lobby' : 'meeting';
    if (facts !== null) this.#send({ kind: 'leg-rtp', legId: leg.legId, where, facts });
  }

  #reportTicks(): void {
    const counts = this.#ticker.takeCounts();
    if (counts.total > 0) this.#send({ kind: 'ticks', ...counts });
  }

  #tick(skipped: number): void {
    const room = this.#room;
    const row = (this.#row ??= [...this.#sessions.values()]);
    for (const session of row) {
      if (skipped > 0) session.leg.skip(skipped);
      session.hear(room);
    }
    room?.mix?.();
    for (const session of row) session.answer(room);
    this.#options.udp?.flush();
    this.#pauseWhenIdle();
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown');
