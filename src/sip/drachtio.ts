import { randomBytes, randomInt } from 'node:crypto';
import Srf from 'drachtio-srf';
import type { Clock } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import { announcer, type Announce } from '../base/external-address.ts';
import type { Log } from '../base/log.ts';
import { legCapability, type MediaCapability } from '../media/capability.ts';
import type { MediaAddress } from '../media/leg-state.ts';
import { startMedia, type CallMedia } from './call-media.ts';
import { verifyCaller } from './call-verification.ts';
import { attachDialog, type Live } from './dialog.ts';
import type { Dialog, DialogHandlers, InboundCall, SipGateway, SipGatewayEvents } from './gateway.ts';
import { userOf } from './identity.ts';
import { placeCall, type OutgoingSettings } from './outgoing.ts';
import { termsOf, type AddressFamily } from './media-terms.ts';
import { reasonOfStatus } from './reason.ts';
import { answerHeaders, answerOptions, guarded, sendSafely } from './respond.ts';
import { refuseTimer, timerFieldsFor, timerHeadersOf } from './session/headers.ts';
import {
  answerTimer,
  sessionTimerDefaults,
  type SessionTimerTerms,
  type TimerAnswer,
} from './session/timer.ts';
import type { CallVerifier } from './stir/verify-call.ts';
import type { SrfClient, SrfRequest, SrfResponse } from './srf.ts';
import { closedSettings, createDoor, type Door, type DoorSettings, type Seat } from './trunk/door.ts';
import { createPeerWatch, type PeerWatch } from './trunk/peer.ts';
import { requestsBy } from './trunk/requests.ts';
import { createUpkeep, type TrunkLink } from './trunk/upkeep.ts';

/** The SIP gateway on drachtio-srf: against the embedded SIP server and a real drachtio-server alike. */
export interface SipGatewayOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly log: Log;
  readonly clock: Clock;
  /** What the media side can do: legCapability where nothing else is said. */
  readonly capability?: MediaCapability;
  readonly sessionTimer?: SessionTimerTerms;
  /** Behind a NAT: which of our addresses a peer is told in SDP; left out: the one that the socket has. */
  readonly announce?: Announce;
  /** Address families that RTP has; left out: both. */
  readonly families?: readonly AddressFamily[];
  /** Null: no Identity header is looked at. */
  readonly verifier?: CallVerifier | null;
  readonly events: SipGatewayEvents;
  /** Left out: calls of this machine alone are taken. */
  readonly door?: DoorSettings;
  /** Trunks that are asked for by OPTIONS, or registered with. */
  readonly links?: readonly TrunkLink[];
  /** Left out: no calls are made. */
  readonly outgoing?: OutgoingSettings;
}

const connectTimeoutMs = 10_000;
const reconnectMaxMs = 5_000;
/** A registrar that does not answer holds no stop: the binding ends by itself. */
const unregisterMs = 2_000;

export function createSipGateway(options: SipGatewayOptions): SipGateway {
  const { log, clock, events } = options;
  const srf = new Srf() as unknown as SrfClient;
  const live = new Set<Live>();
  const { capability = legCapability, sessionTimer = sessionTimerDefaults, verifier = null } = options;
  const door = createDoor({ ...(options.door ?? closedSettings), log, clock, random: randomBytes });
  const { announce = announcer(null), families = [4, 6] } = options;
  const context: CallContext = {
    ...{ log, clock, events, capability, door, sessionTimer, verifier, srf, live },
    ...{ announce, families },
  };
  const send = requestsBy(srf, clock);
  const upkeep = createUpkeep({ links: options.links ?? [], send, clock, log, random: randomBytes });
  let reachable = false;
  let stopped = false;

  const disconnect = (): void => {
    // drachtio-srf reconnects unless its wire says that it is closing, and asserts where it is not connected.
    const wire = srf.app.client?.wp;
    if (wire) wire.closing = true;
    try {
      srf.disconnect();
    } catch {
      // Not connected: nothing to take leave of.
    }
  };
  const onDown = (): void => {
    if (!reachable) return;
    reachable = false;
    for (const each of [...live]) each.lost();
    live.clear();
    upkeep.lost();
    if (!stopped) events.onReachable(false);
  };
  const onUp = (): void => {
    if (stopped) {
      disconnect();
      return;
    }
    if (reachable) return;
    reachable = true;
    upkeep.start();
    events.onReachable(true);
  };

  const start = (): Promise<readonly string[]> =>
    new Promise((resolve, reject) => {
      let settled = false;
      const where = `${options.host}:${options.port}`;
      const fail = (message: string): void => {
        if (settled) return;
        settled = true;
        stopped = true;
        disconnect();
        reject(new LatchkeyError('sip-unreachable', message));
      };
      const timer = clock.after(connectTimeoutMs, () => fail(`no SIP server answers at ${where}`));
      srf.on('connect', (error, hostPorts) => {
        if (error) {
          log.error({ where }, 'SIP server refused the secret');
          fail(`the SIP server at ${where} refused the secret`);
          return;
        }
        if (settled) {
          onUp();
          return;
        }
        settled = true;
        timer.cancel();
        reachable = true;
        upkeep.start();
        resolve((hostPorts ?? '').split(',').filter((entry) => entry !== ''));
      });
      srf.on('error', () => log.debug({ where }, 'SIP server connection error'));
      srf.on('close', onDown);
      srf.invite(guarded(log, (request, response) => onInvite(context, request, response)));
      srf.options(guarded(log, (request, response) => onOptions(door, request, response)));
      const { host, port, secret } = options;
      srf.connect({ host, port, secret, reconnect: { retryMaxDelay: reconnectMaxMs } });
    });

  return {
    start,
    place(order) {
      const { outgoing } = options;
      return outgoing === undefined || !reachable
        ? null
        : placeCall({ ...context, random: randomBytes }, outgoing, order);
    },
    replan: (plan) => door.replan(plan),
    get door() {
      return door.state;
    },
    get links() {
      return upkeep.states;
    },
    async stop() {
      stopped = true;
      await upkeep.stop(unregisterMs);
      disconnect();
      onDown();
    },
  };
}

function onOptions(door: Door, request: SrfRequest, response: SrfResponse): void {
  if (door.knows(request.source_address, null)) answerOptions(response);
  else response.send(403, {});
}

interface CallContext extends Pick<SipGatewayOptions, 'log' | 'clock' | 'events'> {
  readonly capability: MediaCapability;
  readonly door: Door;
  readonly sessionTimer: SessionTimerTerms;
  readonly verifier: CallVerifier | null;
  readonly srf: SrfClient;
  readonly live: Set<Live>;
  readonly announce: Announce;
  readonly families: readonly AddressFamily[];
}

function onInvite(context: CallContext, request: SrfRequest, response: SrfResponse): void {
  const { log, live, door, capability, sessionTimer } = context;
  const callId = randomBytes(9).toString('base64url');
  const handlers: { current: DialogHandlers | null } = { current: null };
  const body = request.body ?? '';
  if (body !== '' && !isSdp(request.get('Content-Type'))) {
    log.info({ callId }, 'INVITE with a body that is no session description');
    // RFC 3261 §8.2.3
    sendSafely(log, response, {
      ...{ status: 415, reason: 'Unsupported Media Type' },
      headers: { Accept: 'application/sdp', Reason: reasonOfStatus(415, 'body not understood') },
    });
    return;
  }
  const timer = answerTimer(timerHeadersOf(request), sessionTimer);
  if (timer.kind !== 'accepted') {
    log.info({ callId, timer: timer.kind }, 'session timer refused');
    refuseTimer(response, timer);
    return;
  }
  const entry = door.onInvite(request);
  if ('turnedAway' in entry) {
    const { status, reason, headers } = entry.turnedAway;
    const stated = { Reason: reasonOfStatus(status, reason), ...headers };
    sendSafely(log, response, { status, reason, headers: stated });
    return;
  }
  const { seat } = entry;
  const { trunk, rule, caller, destination } = seat.admission;
  const secure = isSecure(request.protocol);
  const first = startMedia(body, {
    log,
    terms: termsOf(
      { capability, secure, families: context.families, newKey: (bytes) => randomBytes(bytes) },
      trunk,
    ),
    sessionId: randomInt(1, 2 ** 31),
    announce: (inner) => context.announce(inner, request.source_address),
    headers: (changed) => ({ ...answerHeaders, ...timerFieldsFor(changed, sessionTimer) }),
    onChanged: (offer) => handlers.current?.onMediaChanged(offer),
  });
  if (!first.ok) {
    seat.leave();
    log.info({ callId, warning: first.warning }, 'offer refused');
    sendSafely(log, response, {
      ...{ status: 488, reason: 'Not Acceptable Here' },
      headers: { Warning: first.warning, Reason: reasonOfStatus(488, 'media not acceptable') },
    });
    return;
  }
  const cancelled = new AbortController();
  const giveUp: Live = { lost: () => leave() };
  const leave = (): void => {
    live.delete(giveUp);
    seat.leave();
    cancelled.abort();
  };
  live.add(giveUp);
  request.on('cancel', leave);
  const peer = createPeerWatch(request, trunk, caller);
  const { verifier } = context;
  const { from } = peer.current;
  const verification =
    verifier === null
      ? Promise.resolve('absent' as const)
      : verifyCaller(verifier, request, { log, clock: context.clock, callId, from: from.user });
  const call: InboundCall = {
    callId,
    ...peer.current,
    verification,
    trunk: trunk.name,
    destination,
    language: rule?.language ?? trunk.language,
    to: { user: userOf(request.uri) },
    offer: first.media.first,
    cancelled: cancelled.signal,
    reject(status, reason, headers = {}) {
      live.delete(giveUp);
      seat.leave();
      if (cancelled.signal.aborted) return;
      const stated = { Reason: reasonOfStatus(status, reason), ...headers };
      sendSafely(log, response, { status, reason, headers: stated });
    },
    async answer(local, given) {
      if (cancelled.signal.aborted) throw new Error('the caller gave up');
      handlers.current = given;
      try {
        const parts = {
          ...{ context, seat, peer, request, response, timer },
          media: first.media,
          handlers: given,
          signal: cancelled.signal,
        };
        return await answer(parts, local);
      } catch (error) {
        seat.leave();
        throw error;
      } finally {
        live.delete(giveUp);
      }
    },
  };
  context.events.onCall(call);
  return undefined;
}

function isSdp(contentType: string | undefined): boolean {
  return contentType?.split(';')[0]?.trim().toLowerCase() === 'application/sdp';
}

/** The hop to us: what is beyond the proxy in front of us, no header can prove. */
function isSecure(transport: string): boolean {
  return transport === 'tls' || transport === 'wss';
}

interface Answering {
  readonly context: CallContext;
  readonly seat: Seat;
  readonly peer: PeerWatch;
  readonly request: SrfRequest;
  readonly response: SrfResponse;
  readonly media: CallMedia;
  readonly timer: Extract<TimerAnswer, { kind: 'accepted' }>;
  readonly handlers: DialogHandlers;
  readonly signal: AbortSignal;
}

function answer(answering: Answering, local: MediaAddress): Promise<Dialog> {
  const { context, request, response, media, signal, seat, peer } = answering;
  const localSdp = media.describe(local);
  const headers = { ...answerHeaders, ...answering.timer.headers, 'Content-Type': 'application/sdp' };
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error('the caller gave up'));
    // Aborted by a CANCEL and where the SIP server is lost, which then answers nothing any more.
    signal.addEventListener('abort', gone, { once: true });
    // By callback and not by promise: a BYE right behind must find the dialog's listeners in place.
    context.srf.createUAS(request, response, { localSdp, headers }, (error, srfDialog) => {
      signal.removeEventListener('abort', gone);
      if (error || srfDialog === undefined) {
        reject(error instanceof Error ? error : new Error('the answer was not sent'));
        return;
      }
      const { log, clock, live, door, sessionTimer } = context;
      const { handlers, timer } = answering;
      const dialog = attachDialog(
        { log, clock, live, sessionTimer, timer: timer.timer, request, door, seat, peer, media, handlers },
        srfDialog,
      );
      // The CANCEL came when the 200 was on its way: nobody is interested any more.
      if (signal.aborted) dialog.end({ cause: 16, text: 'cancelled' });
      resolve(dialog);
    });
  });
}
