import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { q850Reason } from '../base/q850.ts';
import type { CallMedia } from './call-media.ts';
import { DialogIdentity } from './dialog-identity.ts';
import type { Dialog, DialogHandlers, SipEnd } from './gateway.ts';
import { infoDigit } from './info-digit.ts';
import { allow, answerOptions, guarded } from './respond.ts';
import { keepSession } from './session/keep.ts';
import { refuseTimer, timerHeadersOf } from './session/headers.ts';
import { answerTimer, type SessionTimer, type SessionTimerTerms } from './session/timer.ts';
import type { SrfDialog, SrfMessage, SrfRequest, SrfResponse } from './srf.ts';
import type { Door, Seat } from './trunk/door.ts';
import type { PeerWatch } from './trunk/peer.ts';

/** What ends with the connection to the SIP server. */
export interface Live {
  lost(): void;
}

export interface Attaching {
  readonly log: Log;
  readonly clock: Clock;
  readonly live: Set<Live>;
  readonly sessionTimer: SessionTimerTerms;
  /** As the answer to the INVITE said. */
  readonly timer: SessionTimer | null;
  /** What the peer said of itself when the dialog began: its INVITE, or its 2xx to ours. */
  readonly request: SrfMessage;
  readonly door: Door;
  readonly seat: Seat;
  readonly peer: PeerWatch;
  readonly media: CallMedia;
  readonly handlers: DialogHandlers;
}

/** From here on the call has a dialog; its end is reported exactly once. */
export function attachDialog(attaching: Attaching, srfDialog: SrfDialog): Dialog {
  const { log, clock, live, door, seat, peer, media, handlers } = attaching;
  const identity = new DialogIdentity(srfDialog.sip);
  /** False where the request came from outside the trunk, and is refused. */
  const meet = (request: SrfRequest, response: SrfResponse): boolean => {
    if (!door.knows(request.source_address, seat.admission.trunk)) {
      response.send(403, {});
      return false;
    }
    const now = peer.meet(request);
    if (now !== null) handlers.onPeerChanged(now);
    return true;
  };
  let ended = false;
  const end = (how: SipEnd): void => {
    if (ended) return;
    ended = true;
    session.stop();
    live.delete(entry);
    seat.leave();
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
  const session = keepSession(attaching, srfDialog, {
    ended: () => ended,
    onExpired() {
      if (ended) return;
      log.info('session not refreshed');
      // Q.850: recovery on timer expiry
      hangUp(102, 'session expired');
      end({ by: 'network', reason: 'session-expired' });
    },
  });
  /** A re-INVITE or an UPDATE refreshes the session, whatever else it does (RFC 4028 §7.4). */
  const change = (request: SrfRequest, response: SrfResponse, how: 'onReinvite' | 'onUpdate'): void => {
    if (!identity.matches(request)) {
      // RFC 3261 §12.2.2
      response.send(481, {});
      return;
    }
    if (!meet(request, response)) return;
    const answer = answerTimer(timerHeadersOf(request), attaching.sessionTimer);
    if (answer.kind !== 'accepted') refuseTimer(response, answer);
    else if (media[how](request, response)) session.restart(answer.timer);
  };
  srfDialog.on('destroy', (_request, reason) => end(endOf(reason)));
  srfDialog.on('ack', (ack) => {
    if (ended || media.onAck(ack.body ?? '')) return;
    // RFC 3261 §13.2.1: an answer that cannot be used ends the call.
    hangUp(65, 'answer not usable');
    end({ by: 'us', reason: 'no-media' });
  });
  const onReinvite = guarded(log, (request, response) => change(request, response, 'onReinvite'));
  // drachtio-srf hands an ACK out a turn of the event loop late, and a re-INVITE at once: right behind the ACK with the
  // answer to our offer, it would come first and find that offer still open.
  srfDialog.on('modify', (request, response) => {
    clock.after(0, () => onReinvite(request, response));
  });
  srfDialog.on(
    'update',
    guarded(log, (request, response) => change(request, response, 'onUpdate')),
  );
  srfDialog.on(
    'options',
    guarded(log, (_request, response) => answerOptions(response)),
  );
  srfDialog.on(
    'info',
    guarded(log, (request, response) => {
      if (!meet(request, response)) return;
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

/** drachtio hands the text of the Reason header for ends that the SIP server decided. */
function endOf(reason: string | undefined): SipEnd {
  if (reason === undefined || reason === 'normal release') return { by: 'caller', reason: 'hangup' };
  if (/ack timeout/i.test(reason)) return { by: 'network', reason: 'ack-timeout' };
  if (/session timer/i.test(reason)) return { by: 'network', reason: 'session-expired' };
  return { by: 'network', reason: 'ended-by-server' };
}
