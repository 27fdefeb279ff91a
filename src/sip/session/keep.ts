import { randomInt } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { CallMedia } from '../call-media.ts';
import { allow, supported } from '../respond.ts';
import type { SrfAnswer, SrfDialog, SrfMessage } from '../srf.ts';
import { timerHeadersOf } from './headers.ts';
import { createSessionRefresh, type RefreshAnswer, type SessionRefresh } from './refresh.ts';
import type { SessionTimer, SessionTimerTerms } from './timer.ts';

export interface Keeping {
  readonly clock: Clock;
  readonly sessionTimer: SessionTimerTerms;
  readonly timer: SessionTimer | null;
  readonly request: SrfMessage;
  readonly media: CallMedia;
}

export interface Watch {
  ended(): boolean;
  onExpired(): void;
}

/** A dialog's session timer on drachtio-srf: refreshes go out as requests within the dialog. */
export function keepSession(keeping: Keeping, srfDialog: SrfDialog, watch: Watch): SessionRefresh {
  const { clock, media, request: invite } = keeping;
  const session = createSessionRefresh({
    clock,
    randomInt: (below) => randomInt(below),
    terms: keeping.sessionTimer,
    update: allows(invite, 'UPDATE'),
    onExpired: () => watch.onExpired(),
    send(method, headers, done) {
      const body = method === 'INVITE' ? media.refresh() : null;
      if (watch.ended() || (method === 'INVITE' && body === null)) {
        done(null);
        return;
      }
      const fields = { ...headers, Supported: supported, Allow: allow };
      const sent =
        body === null
          ? { headers: fields }
          : { body, headers: { ...fields, 'Content-Type': 'application/sdp' } };
      try {
        srfDialog.request({ method, ...sent }, (error, response) => onAnswer(error, response));
      } catch (error) {
        onAnswer(error);
      }
      function onAnswer(error: unknown, response?: SrfAnswer): void {
        const answer = error ? null : answerOf(response);
        if (answer !== null && answer.status < 200) return;
        const accepted = answer !== null && answer.status < 300;
        if (body !== null && !media.onRefreshed(accepted ? (response?.body ?? '') : null)) watch.onExpired();
        else done(answer);
      }
    },
  });
  session.restart(keeping.timer);
  return session;
}

function answerOf(response: SrfAnswer | undefined): RefreshAnswer | null {
  return response === undefined ? null : { status: response.status, headers: timerHeadersOf(response) };
}

function allows(message: SrfMessage, method: string): boolean {
  return (message.get('Allow') ?? '').split(',').some((name) => name.trim().toUpperCase() === method);
}
