import type { LegId, MeetingId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import type { MediaAddress } from '../media/leg-state.ts';
import { CallFailed, type CallOrder, type DialogHandlers, type OutgoingCall } from '../sip/gateway.ts';
import type { DialReport } from '../worker/protocol.ts';
import type { MeetingBridge } from './bridge.ts';
import type { DialDesk, DialSeat } from './dial-policy.ts';
import type { CallerSource } from './label.ts';
import type { Leg } from './leg.ts';

export interface DiallingOptions {
  readonly log: Log;
  readonly desk: DialDesk;
  /** Null where the trunk is full, or the SIP server is away. */
  readonly place: (order: CallOrder) => OutgoingCall | null;
  /** What the callee hears before the notice, as names of prompts. */
  readonly announcement: readonly string[];
}

/** What a call is made for. */
export interface DiallingRoom {
  readonly bridge: Pick<MeetingBridge, 'dialled' | 'hostExpected'> | null;
  readonly meetingId: MeetingId | null;
}

/** A leg of the lobby with its RTP address. */
export interface CalleeLeg {
  readonly leg: Pick<Leg, 'start' | 'event' | 'end'>;
  readonly local: MediaAddress;
  readonly handlers: DialogHandlers;
  onAnswered(): void;
}

/** Of whoever knows all legs; null where there is no room for another. */
export type OpenCallee = (
  legId: LegId,
  caller: CallerSource,
  call: OutgoingCall,
) => Promise<CalleeLeg | null>;

interface Dial {
  readonly report: (state: DialReport['state'], reason?: string) => void;
  readonly seat: DialSeat;
  readonly call: OutgoingCall;
  leg: CalleeLeg['leg'] | null;
  answered: boolean;
  /** Its end was told: nothing more is said of it. */
  settled: boolean;
}

/**
 * The calls that hosts ask for, from their recorded word to the callee who has said yes, or to why nobody came. It decides by the
 * operator's rules whom to call; that a host has asked, the meeting's worker and the vault have checked.
 */
export class Dialling {
  readonly #options: DiallingOptions;
  readonly #dials = new Map<LegId, Dial>();

  constructor(options: DiallingOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async dial(legId: LegId, number: string, room: DiallingRoom, open: OpenCallee): Promise<void> {
    const { log } = this.#options;
    const report: Dial['report'] = (state, reason = '') => room.bridge?.dialled({ legId, state, reason });
    const found = this.#begin(room, number);
    if (typeof found === 'string') {
      log.info({ leg: legId, reason: found }, 'call not made');
      report('refused', found);
      return;
    }
    const { seat, call } = found;
    const dial: Dial = { report, seat, call, leg: null, answered: false, settled: false };
    this.#dials.set(legId, dial);
    // The whole number: the label that a host sees is masked.
    const caller = { user: seat.number, displayName: '', transport: call.transport, srtp: false };
    const callee = await open(legId, caller, call);
    if (callee === null) {
      call.abandon();
      this.#settle(legId, 'refused', 'connector-full');
      this.#forget(legId);
      return;
    }
    dial.leg = callee.leg;
    if (!dial.settled) report('calling');
    log.info({ leg: legId }, 'calling');
    await this.#invite(legId, dial, callee, room);
  }

  /** Not any more: nobody is called, or who has answered hears that the invitation was taken back. */
  cancel(legId: LegId): void {
    const dial = this.#dials.get(legId);
    if (dial === undefined || dial.settled) return;
    if (!dial.answered) dial.call.cancel();
    else {
      this.#settle(legId, 'over', 'cancelled');
      dial.leg?.event({ kind: 'withdrawn' });
    }
  }

  /** By an operator: it rings no more. Whether it rang: who has answered is told like any other caller. */
  abandon(legId: LegId): boolean {
    const dial = this.#dials.get(legId);
    if (dial === undefined || dial.answered) return false;
    dial.call.cancel();
    return true;
  }

  /** The callee's answer to the notice, on record: after a yes this is a leg like any other. */
  answeredNotice(legId: LegId, accepted: boolean): void {
    if (accepted) this.#settle(legId, 'accepted');
    else this.#settle(legId, 'over', 'not-accepted');
  }

  /** The leg is over. */
  ended(legId: LegId, reason: string): void {
    this.#settle(legId, 'over', reason);
    this.#forget(legId);
  }

  #begin(room: DiallingRoom, number: string): { seat: DialSeat; call: OutgoingCall } | string {
    const { desk, place } = this.#options;
    const seat = desk.admit(room.meetingId ?? '', number);
    if (!seat.ok) return seat.reason;
    const call = place({ number: seat.value.number });
    if (call !== null) return { seat: seat.value, call };
    seat.value.leave();
    return 'trunk-full';
  }

  async #invite(legId: LegId, dial: Dial, callee: CalleeLeg, room: DiallingRoom): Promise<void> {
    const { leg, local, handlers } = callee;
    let ringing = false;
    const onRinging = (): void => {
      if (!ringing) dial.report('ringing');
      ringing = true;
    };
    try {
      const dialog = await dial.call.invite(local, { ...handlers, onRinging });
      dial.answered = true;
      callee.onAnswered();
      dial.report('answered');
      const hostPresent = room.bridge?.hostExpected ?? false;
      const { announcement: before } = this.#options;
      const entry = { kind: 'meeting', hostPresent, again: false, before } as const;
      leg.start(dialog, { kind: 'answered', languages: [], entry });
    } catch (error) {
      const failure = error instanceof CallFailed ? error.failure : 'failed';
      this.#options.log.info({ leg: legId, failure }, 'nobody came');
      this.#settle(legId, 'over', failure);
      leg.end('not-answered');
    }
  }

  #settle(legId: LegId, state: DialReport['state'], reason = ''): void {
    const dial = this.#dials.get(legId);
    if (dial === undefined || dial.settled) return;
    dial.settled = true;
    dial.report(state, reason);
  }

  #forget(legId: LegId): void {
    this.#dials.get(legId)?.seat.leave();
    this.#dials.delete(legId);
  }
}
