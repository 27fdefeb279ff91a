import { randomBytes, randomInt } from 'node:crypto';
import Srf from 'drachtio-srf';
import type { Clock } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { LegCodec, MediaAddress } from '../media/leg-state.ts';
import { startMedia, type CallMedia } from './call-media.ts';
import type {
  Dialog,
  DialogHandlers,
  DialogPeer,
  InboundCall,
  SipEnd,
  SipGateway,
  SipGatewayEvents,
} from './gateway.ts';
import { partyOf, userOf } from './identity.ts';
import { infoDigit } from './info-digit.ts';
import { q850Reason, reasonOfStatus } from './reason.ts';
import type { SrfClient, SrfDialog, SrfHandler, SrfRequest, SrfResponse } from './srf.ts';

/** The SIP gateway on drachtio-srf: against the embedded SIP server and a real drachtio-server alike. */
export interface SipGatewayOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly log: Log;
  readonly clock: Clock;
  /** In our order of preference, where the offer is ours. */
  readonly codecs?: readonly LegCodec[];
  readonly events: SipGatewayEvents;
}

const connectTimeoutMs = 10_000;
const reconnectMaxMs = 5_000;
const allow = 'INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, PRACK, UPDATE';
const answerHeaders = { Allow: allow, Supported: '100rel' };

interface Live {
  /** The connection to the SIP server is gone, and with it every call. */
  lost(): void;
}

export function createSipGateway(options: SipGatewayOptions): SipGateway {
  const { log, clock, events } = options;
  const srf = new Srf() as unknown as SrfClient;
  const live = new Set<Live>();
  const context: CallContext = { ...options, codecs: options.codecs ?? ['PCMU', 'PCMA'], srf, live };
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
    if (!stopped) events.onReachable(false);
  };
  const onUp = (): void => {
    if (stopped) {
      disconnect();
      return;
    }
    if (reachable) return;
    reachable = true;
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
        resolve((hostPorts ?? '').split(',').filter((entry) => entry !== ''));
      });
      srf.on('error', () => log.debug({ where }, 'SIP server connection error'));
      srf.on('close', onDown);
      srf.invite(guarded(log, (request, response) => onInvite(context, request, response)));
      srf.options(guarded(log, (_request, response) => answerOptions(response)));
      const { host, port, secret } = options;
      srf.connect({ host, port, secret, reconnect: { retryMaxDelay: reconnectMaxMs } });
    });

  return {
    start,
    stop() {
      stopped = true;
      disconnect();
      onDown();
      return Promise.resolve();
    },
  };
}

/** drachtio-srf rethrows what a handler throws inside its socket callback, which would end the process. */
function guarded(log: Log, handler: SrfHandler): SrfHandler {
  return (request, response) => {
    try {
      handler(request, response);
    } catch (error) {
      log.error({ err: error, method: request.method }, 'SIP handler failed');
      sendSafely(log, response, { status: 500, reason: 'Server Internal Error' });
    }
  };
}

interface Status {
  readonly status: number;
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** drachtio-srf throws on status codes that it does not know, and on a second final response. */
function sendSafely(log: Log, response: SrfResponse, { status, reason, headers = {} }: Status): void {
  try {
    if (!response.finalResponseSent) response.send(status, reason, { headers });
  } catch (error) {
    log.error({ err: error, status }, 'response not sent');
  }
}

function answerOptions(response: SrfResponse): void {
  response.send(200, { headers: { ...answerHeaders, Accept: 'application/sdp, application/dtmf-relay' } });
}

interface CallContext extends Pick<SipGatewayOptions, 'log' | 'events'> {
  readonly codecs: readonly LegCodec[];
  readonly srf: SrfClient;
  readonly live: Set<Live>;
}

function onInvite(context: CallContext, request: SrfRequest, response: SrfResponse): void {
  const { log, live } = context;
  const callId = randomBytes(9).toString('base64url');
  const handlers: { current: DialogHandlers | null } = { current: null };
  const first = startMedia(request.body ?? '', {
    log,
    codecs: context.codecs,
    sessionId: randomInt(1, 2 ** 31),
    headers: answerHeaders,
    onChanged: (offer) => handlers.current?.onMediaChanged(offer),
  });
  if (!first.ok) {
    log.info({ callId, warning: first.warning }, 'offer refused');
    sendSafely(log, response, {
      ...{ status: 488, reason: 'Not Acceptable Here' },
      headers: { Warning: first.warning, Reason: reasonOfStatus(488, 'media not acceptable') },
    });
    return;
  }
  const cancelled = new AbortController();
  const giveUp: Live = { lost: () => cancelled.abort() };
  live.add(giveUp);
  request.on('cancel', () => {
    live.delete(giveUp);
    cancelled.abort();
  });
  const call: InboundCall = {
    callId,
    ...peerOf(request),
    to: { user: userOf(request.uri) },
    offer: first.media.first,
    cancelled: cancelled.signal,
    reject(status, reason, headers = {}) {
      live.delete(giveUp);
      if (cancelled.signal.aborted) return;
      const stated = { Reason: reasonOfStatus(status, reason), ...headers };
      sendSafely(log, response, { status, reason, headers: stated });
    },
    async answer(local, given) {
      if (cancelled.signal.aborted) throw new Error('the caller gave up');
      handlers.current = given;
      try {
        const parts = {
          context,
          request,
          response,
          media: first.media,
          handlers: given,
          signal: cancelled.signal,
        };
        return await answer(parts, local);
      } finally {
        live.delete(giveUp);
      }
    },
  };
  context.events.onCall(call);
  return undefined;
}

interface Answering {
  readonly context: CallContext;
  readonly request: SrfRequest;
  readonly response: SrfResponse;
  readonly media: CallMedia;
  readonly handlers: DialogHandlers;
  readonly signal: AbortSignal;
}

function answer(answering: Answering, local: MediaAddress): Promise<Dialog> {
  const { context, request, response, media, signal } = answering;
  const localSdp = media.describe(local);
  const headers = { ...answerHeaders, 'Content-Type': 'application/sdp' };
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
      const dialog = attach(answering, srfDialog);
      // The CANCEL came when the 200 was on its way: nobody is interested any more.
      if (signal.aborted) dialog.end({ cause: 16, text: 'cancelled' });
      resolve(dialog);
    });
  });
}

/** From here on the call has a dialog; its end is reported exactly once. */
function attach({ context, request: invite, media, handlers }: Answering, srfDialog: SrfDialog): Dialog {
  const { log, live } = context;
  let peer = peerOf(invite);
  const meet = (request: SrfRequest): void => {
    const now = peerOf(request);
    if (samePeer(peer, now)) return;
    peer = now;
    handlers.onPeerChanged(now);
  };
  let ended = false;
  const end = (how: SipEnd): void => {
    if (ended) return;
    ended = true;
    live.delete(entry);
    handlers.onEnded(how);
  };
  const entry: Live = { lost: () => end({ by: 'network', reason: 'sip-down' }) };
  live.add(entry);

  const hangUp = (cause: number, text: string): void => {
    try {
      srfDialog.destroy({ headers: { Reason: q850Reason(cause, text) } }, (error) => {
        if (error) log.debug('BYE not sent: the dialog was gone');
      });
    } catch (error) {
      log.debug({ err: error }, 'BYE not sent');
    }
  };
  const dialog: Dialog = {
    end({ cause, text }) {
      if (ended) return;
      hangUp(cause, text);
      end({ by: 'us', reason: text });
    },
  };
  srfDialog.on('destroy', (_request, reason) => end(endOf(reason)));
  srfDialog.on('ack', (ack) => {
    if (ended || media.onAck(ack.body ?? '')) return;
    // RFC 3261 §13.2.1: an answer that cannot be used ends the call.
    hangUp(65, 'answer not usable');
    end({ by: 'us', reason: 'no-media' });
  });
  srfDialog.on(
    'modify',
    guarded(log, (request, response) => {
      meet(request);
      media.onReinvite(request, response);
    }),
  );
  srfDialog.on(
    'update',
    guarded(log, (request, response) => {
      meet(request);
      media.onUpdate(request, response);
    }),
  );
  srfDialog.on(
    'options',
    guarded(log, (_request, response) => answerOptions(response)),
  );
  srfDialog.on(
    'info',
    guarded(log, (request, response) => {
      const type = request.get('Content-Type') ?? '';
      const body = request.body ?? '';
      const digit = infoDigit(type, body);
      if (digit === null && body !== '') {
        response.send(415, { headers: { Accept: 'application/dtmf-relay, application/dtmf' } });
        return;
      }
      response.send(200, {});
      if (digit !== null && !ended) handlers.onInfoDigit(digit);
    }),
  );
  for (const event of ['refer', 'message', 'notify'] as const) {
    srfDialog.on(
      event,
      guarded(log, (_request, response) => response.send(405, { headers: { Allow: allow } })),
    );
  }
  return dialog;
}

function peerOf(request: SrfRequest): DialogPeer {
  return {
    from: partyOf(request.getParsedHeader('from')),
    source: { address: request.source_address, port: request.source_port, transport: request.protocol },
  };
}

/** A port may change (a connection opened anew), and a display name: both say nothing about who it is. */
function samePeer(a: DialogPeer, b: DialogPeer): boolean {
  return (
    a.from.user === b.from.user &&
    a.source.address === b.source.address &&
    a.source.transport === b.source.transport
  );
}

/** drachtio hands the text of the Reason header for ends that the SIP server decided. */
function endOf(reason: string | undefined): SipEnd {
  if (reason === undefined || reason === 'normal release') return { by: 'caller', reason: 'hangup' };
  if (/ack timeout/i.test(reason)) return { by: 'network', reason: 'ack-timeout' };
  if (/session timer/i.test(reason)) return { by: 'network', reason: 'session-expired' };
  return { by: 'network', reason: 'ended-by-server' };
}
