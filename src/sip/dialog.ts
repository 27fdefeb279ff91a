import type { Log } from '../base/log.ts';
import type { CallMedia } from './call-media.ts';
import type { Dialog, DialogHandlers, DialogPeer, SipEnd } from './gateway.ts';
import { partyOf } from './identity.ts';
import { infoDigit } from './info-digit.ts';
import { q850Reason } from './reason.ts';
import { allow, answerOptions, guarded } from './respond.ts';
import type { SrfDialog, SrfRequest } from './srf.ts';

/** What ends with the connection to the SIP server. */
export interface Live {
  lost(): void;
}

export interface Attaching {
  readonly log: Log;
  readonly live: Set<Live>;
  /** The INVITE. */
  readonly request: SrfRequest;
  readonly media: CallMedia;
  readonly handlers: DialogHandlers;
}

/** From here on the call has a dialog; its end is reported exactly once. */
export function attachDialog(
  { log, live, request: invite, media, handlers }: Attaching,
  srfDialog: SrfDialog,
): Dialog {
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

export function peerOf(request: SrfRequest): DialogPeer {
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
