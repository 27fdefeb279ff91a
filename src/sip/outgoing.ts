import { randomInt } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { MediaCapability } from '../media/capability.ts';
import { startMedia } from './call-media.ts';
import { attachDialog, type Live } from './dialog.ts';
import type { Account } from './digest/client.ts';
import { proofFor, type Proof } from './digest/proof.ts';
import { CallFailed, type CallFailure, type CallOrder, type OutgoingCall } from './gateway.ts';
import { termsOf } from './media-terms.ts';
import { allow, answerHeaders } from './respond.ts';
import { timerFieldsFor, timerHeadersOf } from './session/headers.ts';
import { readRefreshed, refreshHeaders, type SessionTimer, type SessionTimerTerms } from './session/timer.ts';
import type { SrfClient, SrfDialog, SrfResponseTo, SrfSentRequest } from './srf.ts';
import { createCalleeWatch } from './trunk/peer.ts';
import type { Door, Seat } from './trunk/door.ts';

/** Calls that we make (RFC 3261 §13.2), through one trunk. */
export interface OutgoingSettings {
  /** Of the configuration: whose calls these are counted among, and whose codecs and SRTP policy they have. */
  readonly trunk: string;
  /** SIP URI of the next hop, without a user. */
  readonly target: string;
  readonly account: Account | null;
  /** User part and display name of From; empty name: none. */
  readonly callerNumber: string;
  readonly callerName: string;
  /** P-Asserted-Identity (RFC 3325) as well, for a trunk that wants it. */
  readonly assertIdentity: boolean;
  /** Whether the plus sign of E.164 stays in the called number. */
  readonly plus: boolean;
  readonly ringMs: number;
}

export interface OutgoingContext {
  readonly log: Log;
  readonly clock: Clock;
  readonly random: (bytes: number) => Buffer;
  readonly capability: MediaCapability;
  readonly sessionTimer: SessionTimerTerms;
  readonly srf: SrfClient;
  readonly live: Set<Live>;
  readonly door: Door;
}

/** Null: its trunk is full. */
export function placeCall(
  context: OutgoingContext,
  settings: OutgoingSettings,
  order: CallOrder,
): OutgoingCall | null {
  const seat = context.door.onPlace(settings.trunk);
  return seat === null ? null : new Placing(context, settings, { order, seat });
}

/** With credentials, and once more with the interval that a 422 asks for: more than that no server may want. */
const maxAttempts = 3;
/** The SIP server answers a CANCEL by the end of the INVITE; should that get lost, we go on all the same. */
const cancelPatienceMs = 36_000;

interface Attempt {
  readonly proof: Proof | null;
  readonly timer: SessionTimer | null;
  /** Of the attempt before: the same call, one number further (RFC 3261 §22.2). */
  readonly before: SrfSentRequest | null;
}

class Placing implements OutgoingCall {
  readonly #context: OutgoingContext;
  readonly #settings: OutgoingSettings;
  readonly #order: CallOrder;
  readonly #seat: Seat;
  readonly #cancelled = new AbortController();
  readonly #uri: string;
  readonly #secure: boolean;
  readonly #media;
  #onMedia: ((offer: OutgoingCall['offer']) => void) | null = null;

  constructor(
    context: OutgoingContext,
    settings: OutgoingSettings,
    { order, seat }: { order: CallOrder; seat: Seat },
  ) {
    this.#context = context;
    this.#settings = settings;
    this.#order = order;
    this.#seat = seat;
    const { target, plus } = settings;
    const [scheme = 'sip', hostAndMore = ''] = target.split(/:(.*)/s);
    const user = plus ? order.number : order.number.replace('+', '');
    this.#uri = `${scheme}:${user}@${hostAndMore}`;
    this.#secure = scheme === 'sips' || /;transport=tls/i.test(target);
    const { capability, log, sessionTimer } = context;
    const first = startMedia('', {
      log,
      terms: termsOf(
        { capability, secure: this.#secure, newKey: (bytes) => context.random(bytes) },
        seat.admission.trunk,
      ),
      sessionId: randomInt(1, 2 ** 31),
      headers: (changed) => ({ ...answerHeaders, ...timerFieldsFor(changed, sessionTimer) }),
      onChanged: (offer) => this.#onMedia?.(offer),
    });
    if (!first.ok) throw new Error('there is nothing to offer');
    this.#media = first.media;
  }

  get offer(): OutgoingCall['offer'] {
    return this.#media.first;
  }

  get trunk(): string {
    return this.#seat.admission.trunk.name;
  }

  get transport(): string {
    return this.#secure
      ? 'tls'
      : (/;transport=([a-z]+)/i.exec(this.#settings.target)?.[1] ?? 'udp').toLowerCase();
  }

  abandon(): void {
    this.#seat.leave();
  }

  cancel(): void {
    this.#cancelled.abort();
  }

  async invite(...[local, handlers]: Parameters<OutgoingCall['invite']>): ReturnType<OutgoingCall['invite']> {
    const { sessionTimer, live } = this.#context;
    const lost: Live = { lost: () => this.cancel() };
    live.add(lost);
    this.#onMedia = (offer) => handlers.onMediaChanged(offer);
    const localSdp = this.#media.describe(local);
    const { expiresSeconds } = sessionTimer;
    let attempt: Attempt = {
      proof: null,
      timer: expiresSeconds === null ? null : { expiresSeconds, refresher: 'us' },
      before: null,
    };
    try {
      for (let left = maxAttempts; ; left -= 1) {
        const outcome = await this.#attempt(attempt, localSdp, () => handlers.onRinging());
        if (outcome.kind === 'answered') return this.#attach(outcome, attempt, handlers);
        const next = left > 1 ? this.#again(attempt, outcome) : null;
        if (next === null) throw new CallFailed(failureOf(outcome.status));
        attempt = next;
      }
    } catch (error) {
      this.#seat.leave();
      throw error;
    } finally {
      live.delete(lost);
    }
  }

  /** Credentials where they are asked for, a longer interval where it is (RFC 4028 §7.3); null: the refusal stands. */
  #again({ timer, proof }: Attempt, { status, response, sent }: Refused): Attempt | null {
    if (response === null || sent === null) return null;
    const { account } = this.#settings;
    if (status === 422 && timer !== null) {
      const longer = readRefreshed(422, timerHeadersOf(response), timer);
      return longer.kind === 'longer' ? { proof, timer: longer.timer, before: sent } : null;
    }
    if (account === null) return null;
    const challenging = { status, get: (name: string) => response.get(name) ?? null };
    const { random } = this.#context;
    const found = proofFor(challenging, { account, method: 'INVITE', uri: this.#uri, random });
    // A second challenge says that the password is wrong, unless the nonce alone was too old.
    if (found === null || (proof !== null && !found.stale)) return null;
    return { proof: found, timer, before: sent };
  }

  #headers({ proof, timer, before }: Attempt): Record<string, string> {
    const { callerNumber, callerName, assertIdentity, target } = this.#settings;
    const domain = target.replace(/^sips?:/i, '').replace(/;.*$/, '');
    const identity = `<sip:${callerNumber}@${domain}>`;
    const sequence = /^\s*([0-9]+)/.exec(before?.get('CSeq') ?? '')?.[1];
    return {
      From: before?.get('From') ?? `${callerName === '' ? '' : `"${callerName}" `}${identity}`,
      ...(before === null || sequence === undefined
        ? {}
        : { 'Call-ID': before.get('Call-ID') ?? '', CSeq: `${Number(sequence) + 1} INVITE` }),
      ...(assertIdentity ? { 'P-Asserted-Identity': identity } : {}),
      // Nothing of a call is played before its answer, so no early media is asked to be reliable: no 100rel.
      Supported: 'timer',
      Allow: allow,
      'Content-Type': 'application/sdp',
      ...(timer === null ? {} : refreshHeaders(timer, this.#context.sessionTimer)),
      ...(proof === null ? {} : { [proof.header]: proof.value }),
    };
  }

  /** One INVITE to its final response, a CANCEL of ours or the end of the ringing. */
  #attempt(attempt: Attempt, localSdp: string, onRinging: () => void): Promise<Answered | Refused> {
    const { clock, log, srf } = this.#context;
    const signal = this.#cancelled.signal;
    return new Promise((resolve, reject) => {
      let sent: SrfSentRequest | null = null;
      let ended = false;
      let why: CallFailure | null = signal.aborted ? 'cancelled' : null;
      const ring = clock.after(this.#settings.ringMs, () => giveUp('no-answer'));
      let patience: ReturnType<Clock['after']> | null = null;
      const onAbort = (): void => giveUp('cancelled');
      const settle = (finish: () => void): void => {
        if (ended) return;
        ended = true;
        ring.cancel();
        patience?.cancel();
        signal.removeEventListener('abort', onAbort);
        finish();
      };
      /** The INVITE ends by its 487, or by a 2xx that has crossed the CANCEL and is then ended by a BYE. */
      const giveUp = (reason: CallFailure): void => {
        if (why !== null || ended) return;
        why = reason;
        patience = clock.after(cancelPatienceMs, () => settle(() => reject(new CallFailed(reason))));
        cancelSent();
      };
      const cancelSent = (): void => {
        if (sent === null) return;
        try {
          sent.cancel(() => undefined);
        } catch {
          settle(() => reject(new CallFailed(why ?? 'failed')));
        }
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const done = (error: unknown, dialog?: SrfDialog): void => {
        if (dialog !== undefined) {
          if (ended || why !== null) endStray(dialog, log);
          const failure = why;
          settle(() =>
            failure === null ? resolve({ kind: 'answered', dialog }) : reject(new CallFailed(failure)),
          );
          return;
        }
        const { status = 503, res: response = null } = (error ?? {}) as Partial<SrfFailure>;
        settle(() =>
          why === null ? resolve({ kind: 'refused', status, response, sent }) : reject(new CallFailed(why)),
        );
      };
      if (why !== null) {
        settle(() => reject(new CallFailed('cancelled')));
        return;
      }
      try {
        srf.createUAC(
          this.#uri,
          { localSdp, proxy: this.#settings.target, headers: this.#headers(attempt) },
          {
            cbRequest: (error, request) => {
              if (error || request === undefined) return;
              sent = request;
              if (why !== null) cancelSent();
            },
            cbProvisional: ({ status }) => {
              if ((status === 180 || status === 183) && why === null) onRinging();
            },
          },
          done,
        );
      } catch (error) {
        // drachtio-srf throws where it is not connected.
        log.debug({ err: error }, 'INVITE not sent');
        settle(() => reject(new CallFailed('failed')));
      }
    });
  }

  #attach(
    { dialog: srfDialog }: Answered,
    { timer }: Attempt,
    handlers: Parameters<OutgoingCall['invite']>[1],
  ): Awaited<ReturnType<OutgoingCall['invite']>> {
    const { log, clock, live, door, sessionTimer } = this.#context;
    const response = srfDialog.res;
    const source = {
      address: response.source_address ?? '',
      port: response.source_port ?? 0,
      transport: response.protocol ?? this.transport,
    };
    const agreed = timer === null ? null : readRefreshed(200, timerHeadersOf(response), timer);
    const dialog = attachDialog(
      {
        ...{ log, clock, live, sessionTimer, door, handlers },
        seat: this.#seat,
        media: this.#media,
        timer: agreed?.kind === 'refreshed' ? agreed.timer : null,
        request: response,
        peer: createCalleeWatch(this.#order.number, this.#uri, { source, trunk: this.#seat.admission.trunk }),
      },
      srfDialog,
    );
    if (!this.#media.onAck(response.body ?? '')) {
      // RFC 3261 §13.2.2.4: an answer that cannot be used ends the call, which is there by now.
      dialog.end({ cause: 65, text: 'answer not usable' });
      throw new CallFailed('no-media');
    }
    return dialog;
  }
}

interface Answered {
  readonly kind: 'answered';
  readonly dialog: SrfDialog;
}

interface Refused {
  readonly kind: 'refused';
  readonly status: number;
  readonly response: SrfResponseTo | null;
  readonly sent: SrfSentRequest | null;
}

/** What drachtio-srf hands to the callback for a final response above 2xx. */
interface SrfFailure {
  readonly status: number;
  readonly res: SrfResponseTo;
}

/** A 2xx that nobody waits for any more: of another fork, or behind our CANCEL (RFC 3261 §9.1, §13.2.2.4). */
function endStray(dialog: SrfDialog, log: Log): void {
  try {
    dialog.destroy({ headers: { Reason: 'Q.850;cause=16;text="not wanted any more"' } }, () => undefined);
  } catch (error) {
    log.debug({ err: error }, 'BYE not sent');
  }
}

/** What a refusal is to whoever waits; the rest is the network's trouble. */
export function failureOf(status: number): CallFailure {
  switch (status) {
    case 486:
    case 600:
      return 'busy';
    case 603:
    case 607:
      return 'declined';
    case 408:
    case 480:
    case 487:
      return 'no-answer';
    case 404:
    case 410:
    case 484:
    case 604:
      return 'unreachable';
    default:
      return 'failed';
  }
}
